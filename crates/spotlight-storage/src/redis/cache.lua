-- What the scripts of the cache have in common; each is appended to this.
-- ARGV[1] is the prefix of an organization's keys, with a hash tag: all are in one slot.
--   :v:<key>  hash: v the value, f and e until when it is fresh and kept, t its tags with their versions
--   :t:<tag>  the version of a tag. A value is void when a tag of it has another version, or none.
--   :l:<key>  the lease of a fill: its number, and the log it began with
--   :d        the log: tags by the number of their last deletion. Its first member, with number 0, names the log.
-- Numbers ascend by microseconds or by one, whatever the server's clock does.
local prefix = ARGV[1]
local log = prefix .. ':d'
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1e6 + tonumber(time[2])

local function text(number)
  return string.format('%.0f', number)
end

-- Writes what happened to the log and gives it a number. Entries go when they are older than any lease.
local function number(entry)
  local last = redis.call('ZRANGE', log, -1, -1, 'WITHSCORES')[2]
  local n = math.max(now, tonumber(last or 0) + 1)
  if not last then redis.call('ZADD', log, 0, '@' .. text(n)) end
  redis.call('ZADD', log, n, entry)
  redis.call('ZREMRANGEBYSCORE', log, '(0', '(' .. text(n - 600e6))
  redis.call('PEXPIRE', log, 900000)
  return n
end

-- ARGV[from] on: the value, how long it is fresh, how long it is stale, in microseconds, and the tags.
local function keep(key, from)
  local fresh = now + tonumber(ARGV[from + 1])
  local kept = fresh + tonumber(ARGV[from + 2])
  local left = math.ceil((kept - now) / 1000)
  local tags = {}
  for i = from + 3, #ARGV do
    local name = prefix .. ':t:' .. ARGV[i]
    local version = redis.call('GET', name)
    if not version then
      version = text(number('@'))
      redis.call('SET', name, version, 'PX', left)
    elseif redis.call('PTTL', name) < left then
      redis.call('PEXPIRE', name, left)
    end
    tags[#tags + 1] = ARGV[i]
    tags[#tags + 1] = version
  end
  local value = prefix .. ':v:' .. key
  redis.call('HSET', value, 'v', ARGV[from], 'f', text(fresh), 'e', text(kept), 't', cmsgpack.pack(tags))
  redis.call('PEXPIRE', value, left)
end
