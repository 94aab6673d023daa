-- ARGV: prefix, key, number of the fill, then as keep, or nothing when it is given up.
local lease = prefix .. ':l:' .. ARGV[2]
local n, name = string.match(redis.call('GET', lease) or '', '^(%d+) (.+)$')
if n ~= ARGV[3] then return 0 end
redis.call('DEL', lease)
if not ARGV[4] then return 0 end
-- With another log, nobody knows what was deleted since.
if not redis.call('ZSCORE', log, name) then return 0 end
for i = 7, #ARGV do
  local deleted = redis.call('ZSCORE', log, 't' .. ARGV[i])
  if deleted and tonumber(deleted) > tonumber(n) then return 0 end
end
keep(ARGV[2], 4)
return 1
