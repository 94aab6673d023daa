-- ARGV: what to do, and a job's id where it is about one. Gives 1 when it was done, 0 when not, 2 when another job holds
-- the job's unique key; and whether there are messages to other queues.
local act, id = ARGV[3], ARGV[4]
if act == 'pause' then
  call('SET', q .. 'a', 1)
  return { 1, 0 }
elseif act == 'resume' then
  filled = call('DEL', q .. 'a') == 1
  return close({ 1, 0 })
end
local body = call('HGET', jobs, id)
if not body then return { 0, 0 } end
local kind = kind_of(body)
if act == 'cancel' then
  if take_out(id, body) then
    finish(id, kind, 'k')
    return close({ 1, sent })
  end
  for _, process in ipairs(call('ZRANGE', q .. 'l', 0, -1)) do
    if call('HEXISTS', q .. 'h:' .. process, id) == 1 then
      call('SADD', q .. 'y:' .. process, id)
      return { 1, 0 }
    end
  end
  return { 0, 0 }
end
if not call('ZSCORE', q .. 'x', id) then return { 0, 0 } end
if act == 'retry' then
  local unique = has(kind, TRAILING) and special(body, 9).u
  if unique and unique[2] ~= 'p' then
    local holder = call('GET', q .. 'u:' .. unique[1])
    if holder and holder ~= id then return { 2, 0 } end
    call('SET', q .. 'u:' .. unique[1], id)
  end
  local known = noted(id)
  known.a = 0
  note(id, known)
  ready(id, priority(body, 9), place())
else
  call('HDEL', jobs, id)
  call('HDEL', more, id)
end
call('ZREM', q .. 'x', id)
return close({ 1, 0 })
