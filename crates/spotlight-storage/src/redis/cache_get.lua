-- ARGV: prefix, key.
local value = prefix .. ':v:' .. ARGV[2]
local found = redis.call('HMGET', value, 'v', 'f', 'e', 't')
if not found[1] or now >= tonumber(found[3]) then return false end
local tags = cmsgpack.unpack(found[4])
for i = 1, #tags, 2 do
  if redis.call('GET', prefix .. ':t:' .. tags[i]) ~= tags[i + 1] then
    redis.call('DEL', value)
    return false
  end
end
return { found[1], now < tonumber(found[2]) and 1 or 0 }
