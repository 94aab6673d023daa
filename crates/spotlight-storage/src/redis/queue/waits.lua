-- Gives whether a job could be claimed.
if call('EXISTS', q .. 'a') == 1 then return 0 end
for _, prio in ipairs(call('ZRANGE', q .. 'p', 0, -1)) do
  if call('EXISTS', q .. 'r' .. prio) == 1 then return 1 end
end
return 0
