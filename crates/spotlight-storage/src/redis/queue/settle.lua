-- ARGV: process; how many jobs are just done, each by id and claim; then other ends, each by id, claim, word, pause in
-- microseconds, and result or error. Words: d done, r again after the pause, x dead, k cancelled, b handed back.
-- Gives whether there are messages to other queues, whether jobs became ready, and whether each was accepted.
local process, done = ARGV[3], tonumber(ARGV[4])
local holds = q .. 'h:' .. process
local answer = { 0, 0 }

local function end_well(id, held, result)
  local kind, attempt = take_back(process, id, held)
  if has(kind, TRIED) then
    local known = noted(id)
    known.a = attempt
    note(id, known)
  end
  finish(id, kind, 'd', result)
end

local from = 5
while done > 0 do
  local n = math.min(done, 1000)
  local ids = {}
  for i = 1, n do ids[i] = ARGV[from + 2 * i - 2] end
  local held = call('HMGET', holds, unpack(ids))
  local plain, ends = {}, {}
  for i = 1, n do
    local id, found = ids[i], held[i]
    local mine = found and string.sub(found, 1, 16) == ARGV[from + 2 * i - 1]
    answer[#answer + 1] = mine and 1 or 0
    if mine then
      if string.byte(found, 17) == 0 then
        plain[#plain + 1] = id
        ends[#ends + 1] = now
        ends[#ends + 1] = id
      else
        end_well(id, found)
      end
    end
  end
  if #plain > 0 then
    call('HDEL', holds, unpack(plain))
    call('ZADD', q .. 'd', unpack(ends))
    if call('EXISTS', q .. 'g') == 1 then call('HDEL', q .. 'g', unpack(plain)) end
    if call('EXISTS', q .. 'y:' .. process) == 1 then call('SREM', q .. 'y:' .. process, unpack(plain)) end
  end
  from, done = from + 2 * n, done - n
end

for i = from, #ARGV, 5 do
  local id, claim, word, after, text = ARGV[i], ARGV[i + 1], ARGV[i + 2], tonumber(ARGV[i + 3]), ARGV[i + 4]
  local held = call('HGET', holds, id)
  local mine = held and string.sub(held, 1, 16) == claim
  answer[#answer + 1] = mine and 1 or 0
  if not mine then
  elseif word == 'd' then
    end_well(id, held, text)
  elseif word == 'b' then
    hand_back(process, id, held)
  else
    local kind, attempt, cancelled = take_back(process, id, held)
    if word == 'r' then
      fail(id, held, kind, attempt, cancelled, text, after)
    elseif word == 'x' then
      fail(id, held, kind, attempt, false, text)
    else
      local known = noted(id)
      known.a = attempt
      note(id, known)
      finish(id, kind, 'k')
    end
  end
end
answer[1], answer[2] = sent, filled and 1 or 0
return close(answer)
