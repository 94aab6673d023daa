-- ARGV: process, claim, how many at most.
-- Gives 0 when the process is not known here, 1 when it was given up, else 2 and for each job id, text and try.
local SHORTEST = 19 -- bytes of a text with nothing in it but the instant, numbers and lengths
local process, claim, room = ARGV[3], ARGV[4], tonumber(ARGV[5])
local ends = call('ZSCORE', q .. 'l', process)
if not ends then return { call('ZSCORE', q .. 'z', process) and 1 or 0 } end
if tonumber(ends) == TAKEN then return { 1 } end
if tonumber(ends) <= now then
  -- Nothing was taken from it yet.
  local lease = tonumber(call('HGET', q .. 'f', process) or 0)
  if lease == 0 then return { 1 } end
  renew(process, lease)
end
if call('EXISTS', q .. 'a') == 1 or call('SISMEMBER', q .. 'v:' .. process, claim) == 1 then return { 2 } end

-- Whether the start of a key would be too early, and until when; counts the start if not. Those that are too early
-- together wait for one turn after the other: each would only find the one before it there.
local early_ones = {}
local function too_early(rate)
  local key, each = q .. 't:' .. rate[1], math.floor(rate[3] / rate[2])
  local tolerance = each * (rate[2] - 1)
  local due = math.max(now, tonumber(call('GET', key) or 0))
  if due - tolerance > now then
    local before = early_ones[key] or 0
    early_ones[key] = before + 1
    return due - tolerance + before * each
  end
  call('SET', key, string.format('%.0f', due + each), 'PX', math.ceil((due + each - now) / 1000) + 1)
end

-- A job that cannot be read is dead: nobody could do more with it, and it would be claimed again and again.
local function bury(id)
  local known = noted(id)
  note_failure(known, (known.a or 0) + 1, UNREADABLE)
  note(id, known)
  call('ZADD', q .. 'x', now, id)
end

-- Whether a job that was taken out may start. If not, it waits elsewhere, or is dead.
local function starts(id, body, at)
  local what, broken = special(body, 9)
  if broken then
    bury(id)
    return false
  end
  local limit = what.c
  if limit and tonumber(call('HGET', q .. 'c', limit[1]) or 0) >= limit[2] then
    block(id, priority(body, 9), at, limit[1])
    return false
  end
  local early = what.r and too_early(what.r)
  if early then
    call('ZADD', q .. 's', early, id)
    if limit then let_next(limit[1]) end
    return false
  end
  if limit then call('HINCRBY', q .. 'c', limit[1], 1) end
  if what.u and what.u[2] == 'w' then free_unique(id, what.u[1]) end
  return true
end

-- Jobs that turn out to be blocked are looked at too, but not for ever.
local answer, looks = { 2 }, 2 * room + 100
while room > 0 and looks > 0 do
  local prio = call('ZRANGE', q .. 'p', 0, 0)[1]
  if not prio then break end
  local want = math.min(room, 1000)
  local popped = call('ZPOPMIN', q .. 'r' .. prio, want)
  local n = #popped / 2
  looks = looks - n
  if n < want then call('ZREM', q .. 'p', prio) end
  if n > 0 then
    local ids, held = {}, {}
    for i = 1, n do ids[i] = popped[2 * i - 1] end
    local bodies, notes = call('HMGET', jobs, unpack(ids)), call('HMGET', more, unpack(ids))
    for i = 1, n do
      local id, body, at = ids[i], bodies[i], popped[2 * i]
      local kind = body and string.byte(body, 9)
      if body and #body < SHORTEST then
        bury(id)
      elseif body and (kind % 2 == 0 or starts(id, body, at)) then
        local attempt = notes[i] and (unpacked(notes[i]).a or 0) + 1 or 1
        held[#held + 1] = id
        if kind < TIMED and not notes[i] then
          held[#held + 1] = claim .. string.sub(body, 9, 13) .. at
        else
          held[#held + 1] = claim .. string.char(kind % TIMED + (notes[i] and TRIED or 0)) .. string.sub(body, 10, 13) .. at
        end
        answer[#answer + 1] = id
        answer[#answer + 1] = body
        answer[#answer + 1] = attempt
        room = room - 1
      end
    end
    if #held > 0 then call('HSET', q .. 'h:' .. process, unpack(held)) end
  end
end
return close(answer)
