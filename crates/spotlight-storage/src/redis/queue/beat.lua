-- ARGV: process, lease in microseconds, and progress: id, claim, text each.
-- Gives whether the process lives here (also when it never claimed anything), whether the queue is paused, and which of
-- its jobs were cancelled.
local process = ARGV[3]
local paused = call('EXISTS', q .. 'a')
local ends = call('ZSCORE', q .. 'l', process)
if not ends then return { call('ZSCORE', q .. 'z', process) and 0 or 1, paused, {} } end
if tonumber(ends) == TAKEN then return { 0, paused, {} } end
renew(process, tonumber(ARGV[4]))
for i = 5, #ARGV, 3 do
  local held = call('HGET', q .. 'h:' .. process, ARGV[i])
  if held and string.sub(held, 1, 16) == ARGV[i + 1] then call('HSET', q .. 'g', ARGV[i], ARGV[i + 2]) end
end
return { 1, paused, call('SMEMBERS', q .. 'y:' .. process) }
