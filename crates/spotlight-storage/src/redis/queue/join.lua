-- ARGV: process, what is left of its lease, the lease, in microseconds. Gives whether it may claim here.
if call('ZSCORE', q .. 'z', ARGV[3]) then return 0 end
if call('ZADD', q .. 'l', 'NX', now + tonumber(ARGV[4]), ARGV[3]) == 1 then call('HSET', q .. 'f', ARGV[3], ARGV[5]) end
return 1
