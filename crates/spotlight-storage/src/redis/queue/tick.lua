-- ARGV: schedule, tick in microseconds, id, job. Gives whether it was added.
local before = call('HGET', q .. 'T', ARGV[3])
if before and tonumber(before) >= tonumber(ARGV[4]) then return 0 end
call('HSET', q .. 'T', ARGV[3], ARGV[4])
add(ARGV[5], ARGV[6])
return close(1)
