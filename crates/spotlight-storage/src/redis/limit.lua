-- GCRA in nanoseconds. KEYS[1] says when the key is free again, as "seconds nanoseconds".
-- ARGV: what one request costs, what a burst costs, and the time as seconds and nanoseconds where it is given.
-- Differences of times are below 2^53, as ARGV[2] is, so every number is exact.
local one, all = tonumber(ARGV[1]), tonumber(ARGV[2])
local seconds, rest
if ARGV[3] then
  seconds, rest = tonumber(ARGV[3]), tonumber(ARGV[4])
else
  local time = redis.call('TIME')
  seconds, rest = tonumber(time[1]), tonumber(time[2]) * 1000
end
local before = 0
local stored = redis.call('GET', KEYS[1])
if stored then
  local s, n = string.match(stored, '^(%d+) (%d+)$')
  if s then before = (s - seconds) * 1e9 + (n - rest) end
end
local wait = math.min(math.max(before, 0), all)
local allowed = wait + one <= all
if allowed then wait = wait + one end
if wait > 0 and wait ~= before then
  local n = rest + wait
  local left = math.fmod(n, 1e9)
  local free = string.format('%.0f %.0f', seconds + (n - left) / 1e9, left)
  -- Where the time is given, it need not pass as the server's does: the key stays longer than it counts.
  local longer = ARGV[3] and 600000 or 1
  redis.call('SET', KEYS[1], free, 'PX', math.ceil(wait / 1e6) + longer)
end
return { allowed and 1 or 0, string.format('%.0f', wait) }
