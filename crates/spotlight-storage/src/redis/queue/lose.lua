-- Takes jobs from a process that is gone: one whose lease has ended, or that leaves.
-- ARGV: process, 1 when it leaves, and else when its lease was found to have ended: a call that was long on its way takes
-- nothing. Gives how many jobs were taken, whether there are more, and whether there are messages.
local process, leaves = ARGV[3], ARGV[4] == '1'
local ends = tonumber(call('ZSCORE', q .. 'l', process) or nil)
-- One that leaves does not come back, also with a claim that is still on its way.
if leaves and not ends then call('ZADD', q .. 'z', now, process) end
if not ends then return { 0, 0, 0 } end
if not leaves and ends ~= TAKEN and (ends > now or now - tonumber(ARGV[5]) > FRESH) then return { 0, 0, 0 } end
call('ZADD', q .. 'l', TAKEN, process)
local holds = q .. 'h:' .. process
local found, held = call('HRANDFIELD', holds, 1000, 'WITHVALUES'), {}
for i = 1, #found, 2 do
  held[#held + 1] = { found[i], found[i + 1], tonumber(string.sub(found[i + 1], 22)) }
end
table.sort(held, function(left, right) return left[3] < right[3] end)
for _, one in ipairs(held) do
  local kind, attempt, cancelled = take_back(process, one[1], one[2])
  fail(one[1], one[2], kind, attempt, cancelled, 'the process that ran it ended or lost its lease', 0)
end
local left = call('EXISTS', holds)
if left == 0 then
  call('ZREM', q .. 'l', process)
  call('HDEL', q .. 'f', process)
  call('ZADD', q .. 'z', now, process)
  call('DEL', q .. 'y:' .. process, q .. 'v:' .. process)
end
return close({ #held, left, sent })
