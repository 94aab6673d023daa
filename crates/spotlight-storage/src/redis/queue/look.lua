-- ARGV: ids. Gives for each nothing, or where the job stands, its text, tries begun, since or until when it stands there,
-- result, progress, and failures: try, when and what each. Behind the word "states" it gives where each stands, alone.
local processes = call('ZRANGE', q .. 'l', 0, -1)

-- The state of a job, and its instant.
local function state(id, body, known)
  if call('ZSCORE', q .. 'r' .. priority(body, 9), id) then return 'ready', '' end
  local at = call('ZSCORE', q .. 's', id)
  if at then return 'scheduled', at end
  if call('HEXISTS', q .. 'w', id) == 1 then return 'blocked', '' end
  at = call('ZSCORE', q .. 'd', id)
  if at then return 'done', at end
  if known.d then return 'done', string.format('%.0f', known.d) end
  at = call('ZSCORE', q .. 'k', id)
  if at then return 'cancelled', at end
  at = call('ZSCORE', q .. 'x', id)
  if at then return 'dead', at end
  for _, process in ipairs(processes) do
    if call('HEXISTS', q .. 'h:' .. process, id) == 1 then return 'running', '' end
  end
end

local function record(id)
  local body = call('HGET', jobs, id)
  if not body then return false end
  local known = noted(id)
  local name, at = state(id, body, known)
  if not name then return false end
  local begun = known.a
  if name == 'running' then
    begun = (begun or 0) + 1
  elseif not begun then
    begun = name == 'done' and 1 or 0
  end
  local failures = {}
  for _, one in ipairs(known.f or {}) do
    failures[#failures + 1] = one[1]
    failures[#failures + 1] = string.format('%.0f', one[2])
    failures[#failures + 1] = one[3]
  end
  return { name, body, begun, at, call('HGET', q .. 'o', id), call('HGET', q .. 'g', id), failures }
end

local function stands(id)
  local body = call('HGET', jobs, id)
  return body and state(id, body, noted(id)) or false
end

local answer = {}
if ARGV[3] == 'states' then
  for i = 4, #ARGV do answer[i - 3] = stands(ARGV[i]) end
  return answer
end
for i = 3, #ARGV do answer[i - 2] = record(ARGV[i]) end
return answer
