-- KEYS: the events of a channel, and what is known of it: the number of its last event, that of its first, the history
-- of the server, and the number of each event that is kept by its key for repetitions.
-- ARGV: that key, the event, how many are kept, for how many milliseconds, and whom to wake.
local events, known = KEYS[1], KEYS[2]
local number = redis.call('HGET', known, ARGV[1])
if number then return number end
local last = redis.call('HGET', known, 'last')
-- It has another name on a replica that took over, which may not have been told the last events of the server before.
local info = redis.pcall('INFO', 'replication')
local history = type(info) == 'string' and string.match(info, 'master_replid:(%x+)') or ''
local next = last and tonumber(last) + 1 or 0
if not last or redis.call('HGET', known, 'history') ~= history then
  -- A channel whose events were lost goes on above every number that it has given.
  local time = redis.call('TIME')
  next = math.max(next, tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))
  redis.call('HSET', known, 'history', history)
end
number = string.format('%.0f', next)
if not last then
  redis.call('DEL', events)
  redis.call('HSET', known, 'first', number)
end
redis.call('XADD', events, number .. '-0', 'k', ARGV[1], 'e', ARGV[2])
redis.call('HSET', known, 'last', number, ARGV[1], number)
local over = redis.call('XLEN', events) - tonumber(ARGV[3])
if over > 0 then
  for _, old in ipairs(redis.call('XRANGE', events, '-', '+', 'COUNT', over)) do
    redis.call('HDEL', known, old[2][2])
    redis.call('XDEL', events, old[1])
  end
end
redis.call('PEXPIRE', events, ARGV[4])
redis.call('PEXPIRE', known, ARGV[4])
redis.call('PUBLISH', ARGV[5], number)
return number
