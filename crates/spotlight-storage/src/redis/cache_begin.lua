-- ARGV: prefix, key, milliseconds of the lease. Gives the fill's number.
local lease = prefix .. ':l:' .. ARGV[2]
if redis.call('EXISTS', lease) == 1 then return false end
local n = text(number('@'))
local name = redis.call('ZRANGE', log, 0, 0)[1]
redis.call('SET', lease, n .. ' ' .. name, 'PX', ARGV[3])
return n
