-- ARGV: process, what is left of its lease in microseconds. Gives whether it may claim here.
if call('ZSCORE', q .. 'z', ARGV[3]) then return 0 end
call('ZADD', q .. 'l', 'NX', now + tonumber(ARGV[4]), ARGV[3])
return 1
