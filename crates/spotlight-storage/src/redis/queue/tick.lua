-- ARGV: schedule, tick in microseconds, id, job, how far it may be ahead. Gives 1 when it was added, 0 when it or a later
-- one was added before, 2 when it is too far ahead.
if tonumber(ARGV[4]) > now + tonumber(ARGV[7]) then return 2 end
local before = call('HGET', q .. 'T', ARGV[3])
if before and tonumber(before) >= tonumber(ARGV[4]) then return 0 end
call('HSET', q .. 'T', ARGV[3], ARGV[4])
add(ARGV[5], ARGV[6])
return close(1)
