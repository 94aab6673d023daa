-- ARGV: how many scheduled jobs become ready at most, how many old ones are removed at most, and for how many microseconds
-- the caller has been in touch with this queue.
-- Gives how many did and were, whether there are messages to other queues, processes that are overdue, and the time.
local promoted, removed = 0, 0
local most = tonumber(ARGV[3])
while promoted < most do
  local n = math.min(most - promoted, 1000)
  local ids = call('ZRANGEBYSCORE', q .. 's', '-inf', now, 'LIMIT', 0, n)
  if #ids == 0 then break end
  local bodies = call('HMGET', jobs, unpack(ids))
  for i, id in ipairs(ids) do
    if bodies[i] then ready(id, priority(bodies[i], 9), place()) end
  end
  call('ZREM', q .. 's', unpack(ids))
  promoted = promoted + #ids
end

local function forget(name, until_when)
  local n = math.min(tonumber(ARGV[4]) - removed, 1000)
  local ids = n > 0 and call('ZRANGEBYSCORE', q .. name, '-inf', until_when, 'LIMIT', 0, n) or {}
  if #ids == 0 then return end
  call('ZREM', q .. name, unpack(ids))
  call('HDEL', jobs, unpack(ids))
  call('HDEL', more, unpack(ids))
  call('HDEL', q .. 'o', unpack(ids))
  removed = removed + #ids
end
forget('d', now - KEPT)
forget('k', now - KEPT)
forget('e', now)
call('ZREMRANGEBYSCORE', q .. 'z', '-inf', now - KEPT)
local overdue = {}
for _, process in ipairs(call('ZRANGEBYSCORE', q .. 'l', '-inf', now, 'LIMIT', 0, 100)) do
  local lease = tonumber(call('HGET', q .. 'f', process) or GRACE)
  if tonumber(ARGV[5]) >= math.min(lease, GRACE) or tonumber(call('ZSCORE', q .. 'l', process)) == TAKEN then
    overdue[#overdue + 1] = process
  end
end
return close({ promoted, removed, call('EXISTS', q .. 'i'), overdue, now })
