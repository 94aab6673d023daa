-- KEYS: up to which number each reader of a channel has acknowledged.
-- ARGV: the reader, the number, and for how many milliseconds readers are kept.
local last = redis.call('HGET', KEYS[1], ARGV[1])
-- Both are below 2^53.
if not last or tonumber(last) < tonumber(ARGV[2]) then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
