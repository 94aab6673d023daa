-- The fleet: which processes there are, and which queues. It decides who may join a queue; what a process holds there is
-- decided by the queue's own note of the lease.
-- KEYS[1] zset: processes by the end of their lease. Beside it: i hash: lease in microseconds and label; q set: queues.
-- ARGV: what to do, and a process where it is about one. Gives a number, the queues, and processes where it lists them.
local call = redis.call
local leases = KEYS[1]
local f = string.sub(leases, 1, -2)
local time = call('TIME')
local now = tonumber(time[1]) * 1e6 + tonumber(time[2])
local act, process = ARGV[1], ARGV[2]
local number, listed = 0, {}

local function lease_of(one)
  return tonumber(string.match(call('HGET', f .. 'i', one) or '', '^%d+') or 0)
end

if act == 'join' then
  call('ZADD', leases, now + tonumber(ARGV[3]), process)
  call('HSET', f .. 'i', process, ARGV[3] .. ' ' .. ARGV[4])
elseif act == 'beat' then
  local ends = tonumber(call('ZSCORE', leases, process) or 0)
  if ends > now then
    number = lease_of(process)
    call('ZADD', leases, now + number, process)
  end
elseif act == 'left' then
  number = math.max(0, tonumber(call('ZSCORE', leases, process) or 0) - now)
elseif act == 'leave' then
  number = call('ZREM', leases, process)
  call('HDEL', f .. 'i', process)
elseif act == 'tidy' then
  -- The queues that the caller knows: they are named anew after the server lost everything.
  if ARGV[3] then call('SADD', f .. 'q', unpack(ARGV, 3)) end
  for _, gone in ipairs(call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, 100)) do
    call('ZREM', leases, gone)
    call('HDEL', f .. 'i', gone)
  end
elseif act == 'list' then
  local found = call('ZRANGE', leases, 0, -1, 'WITHSCORES')
  for i = 1, #found, 2 do
    local label = string.match(call('HGET', f .. 'i', found[i]) or '', '^%d+ (.*)$') or ''
    local silent = now - (tonumber(found[i + 1]) - lease_of(found[i]))
    listed[#listed + 1] = { found[i], label, math.max(0, math.floor(silent / 1000)) }
  end
end
return { number, call('SMEMBERS', f .. 'q'), listed }
