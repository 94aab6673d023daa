-- Gives whether the queue is paused, how many jobs are ready, scheduled, blocked and dead, for how many milliseconds the
-- oldest ready one has been (or -1), and what each process holds: process and number each.
local ready_jobs, oldest = 0, nil
for _, prio in ipairs(call('ZRANGE', q .. 'p', 0, -1)) do
  ready_jobs = ready_jobs + call('ZCARD', q .. 'r' .. prio)
  local first = tonumber(call('ZRANGE', q .. 'r' .. prio, 0, 0, 'WITHSCORES')[2])
  if first then oldest = math.min(oldest or first, first) end
end
local held = {}
for _, process in ipairs(call('ZRANGE', q .. 'l', 0, -1)) do
  held[#held + 1] = process
  held[#held + 1] = call('HLEN', q .. 'h:' .. process)
end
local age = oldest and math.max(0, math.floor((now - oldest) / 1000)) or -1
return {
  call('EXISTS', q .. 'a'), ready_jobs, call('ZCARD', q .. 's'), call('HLEN', q .. 'w'), call('ZCARD', q .. 'x'), age, held,
}
