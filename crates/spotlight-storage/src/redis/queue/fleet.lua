-- The fleet: which processes there are, and which queues. It decides who may join a queue; what a process holds there is
-- decided by the queue's own note of the lease.
-- KEYS[1] zset: processes by the end of their lease. Beside it: i hash: lease in microseconds and label; q set: queues.
-- ARGV: what to do, and a process where it is about one. Gives a number, the queues, and processes where it lists them.
-- A process whose lease has ended is given up when somebody says so who has been in touch with this server for as long as
-- a lease, or GRACE; until then a sign of life brings it back.
local call = redis.call
local leases = KEYS[1]
local f = string.sub(leases, 1, -2)
local time = call('TIME')
local now = tonumber(time[1]) * 1e6 + tonumber(time[2])
local act, process = ARGV[1], ARGV[2]
local GRACE, FRESH = 10e6, 1e6
local number, listed = 0, {}

local function lease_of(one)
  return tonumber(string.match(call('HGET', f .. 'i', one) or '', '^%d+') or 0)
end

if act == 'join' then
  call('ZADD', leases, now + tonumber(ARGV[3]), process)
  call('HSET', f .. 'i', process, ARGV[3] .. ' ' .. ARGV[4])
elseif act == 'beat' then
  if call('ZSCORE', leases, process) then
    number = lease_of(process)
    call('ZADD', leases, now + number, process)
  end
elseif act == 'left' then
  -- What is left of its lease, and the lease.
  local ends = tonumber(call('ZSCORE', leases, process) or 0)
  local lease = lease_of(process)
  if ends > 0 and ends <= now then
    ends = now + lease
    call('ZADD', leases, ends, process)
  end
  number, listed = math.max(0, ends - now), { lease }
elseif act == 'leave' then
  number = call('ZREM', leases, process)
  call('HDEL', f .. 'i', process)
elseif act == 'overdue' then
  -- ARGV: for how long the caller has been in touch, and the queues that it knows: they are named anew after the server
  -- lost everything. Gives the time too.
  if ARGV[3] then call('SADD', f .. 'q', unpack(ARGV, 3)) end
  number = now
  for _, one in ipairs(call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, 100)) do
    if tonumber(ARGV[2]) >= math.min(lease_of(one), GRACE) then listed[#listed + 1] = one end
  end
elseif act == 'drop' then
  -- ARGV: when it was found that these are overdue, and processes. A call that was long on its way drops nobody.
  for i = 3, #ARGV do
    local ends = tonumber(call('ZSCORE', leases, ARGV[i]) or now + 1)
    if ends <= now and now - tonumber(ARGV[2]) <= FRESH then
      call('ZREM', leases, ARGV[i])
      call('HDEL', f .. 'i', ARGV[i])
    end
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
