-- What the scripts of the job queue have in common; each is appended to this. A script touches the keys of one queue, and
-- by them one slot. KEYS[1] is the key of the queue's jobs, ARGV[1] and ARGV[2] say whom to wake, and with which word.
-- After the queue's prefix come:
--   j       hash: jobs by id, as `wire.rs` writes them, behind the instant they were added
--   m       hash: what most jobs lack, packed: a tries begun, f failures, c counted in its batch, d when it ended
--   n       the last place in line that was given. Places are microseconds, and ascend whatever the clock does
--   p       zset: priorities that may have ready jobs
--   r<p>    zset: ready jobs of a priority by their place
--   s       zset: scheduled jobs by their time
--   w       hash: blocked jobs with their place; b:<key> zset: the same by key, in order
--   c       hash: how many jobs of a concurrency key run
--   t:<key> when the next start of a rate's key would be on time; u:<key> the holder of a unique key
--   l, z    zsets: processes by the end of their lease, or TAKEN, and those that are gone, by when
--   f       hash: their leases in microseconds. One whose lease has ended comes back with a sign of life, until somebody
--           takes its jobs who has been in touch with this queue for as long as a lease, or GRACE
--   h:<p>   hash: what a process holds: claim (16), kind (1), priority (2), tries (2), place
--   y:<p>   set: those of them that were cancelled; v:<p> set: claims that are void
--   g, o    hashes: progress, results
--   d, k, x zsets: done, cancelled and dead jobs by when they ended; e zset: done ones that are kept longer, until when
--   B:<id>  hash: a batch; S:<id> set: jobs of other queues that were counted in it
--   i       hash: messages to other queues; T hash: the last ticks of schedules; a exists while the queue is paused
local call = redis.call
local jobs = KEYS[1]
local q = string.sub(jobs, 1, -2)
local more = q .. 'm'
local time = call('TIME')
local now = tonumber(time[1]) * 1e6 + tonumber(time[2])
local KEPT, FAILURES = 3600e6, 10
local TAKEN, GRACE, FRESH = 0, 10e6, 1e6
local UNREADABLE = 'a stored row of jobs cannot be read: text is not understood; ' ..
  'retry it once every process has the version that wrote it, or discard it'
-- Kinds of jobs, as bits: one is checked when it starts, or has consequences when it ends.
local GUARDED, TRAILING, TIMED, TRIED = 1, 2, 4, 8
local filled, sent, last = false, 0, nil

local function has(kind, bit)
  return kind % (bit + bit) >= bit
end

local function place()
  last = math.max(now, (last or tonumber(call('GET', q .. 'n') or 0)) + 1)
  return last
end

-- Ends a script.
local function close(answer)
  if last then call('SET', q .. 'n', string.format('%.0f', last)) end
  if filled then call('PUBLISH', ARGV[1], ARGV[2]) end
  return answer
end

-- Nothing that is stored may end a script halfway: what it has done by then stays.
local function unpacked(packed)
  if not packed then return {} end
  local read, what = pcall(cmsgpack.unpack, packed)
  return read and type(what) == 'table' and what or {}
end

local function noted(id)
  return unpacked(call('HGET', more, id))
end

local function note(id, what)
  call('HSET', more, id, cmsgpack.pack(what))
end

local function note_failure(what, attempt, text)
  what.a = attempt
  local failures = what.f or {}
  failures[#failures + 1] = { attempt, now, text }
  if #failures > FAILURES then table.remove(failures, 1) end
  what.f = failures
end

-- A stored job has its kind at 9, a job on its way here at 1.
local function priority(body, at)
  local high, low = string.byte(body, at + 1, at + 2)
  return low and high * 256 + low - 32768 or 0
end

local SHAPES = { u = { 'string', 'string', 'number', 'string' }, c = { 'string', 'number' }, r = { 'string', 'number', 'number' } }
local WORDS = { b = 'string', h = 'string', k = 'number', a = 'number' }

-- Whether what a job says has the shapes that `wire.rs` gives it.
local function sound(what)
  if type(what) ~= 'table' then return false end
  for name, value in pairs(what) do
    local shape = SHAPES[name]
    if shape and type(value) == 'table' then
      for i = 1, #shape do
        if type(value[i]) ~= shape[i] then return false end
      end
    elseif type(value) ~= WORDS[name] then
      return false
    end
  end
  return true
end

-- What most jobs lack; and true when that cannot be read.
local function special(body, at)
  local high, low = string.byte(body or '', at + 7, at + 8)
  local length = low and high * 256 + low or 0
  if length == 0 then return {}, false end
  local read, what = pcall(cjson.decode, string.sub(body, at + 9, at + 8 + length))
  if read and sound(what) then return what, false end
  return {}, true
end

local function kind_of(body)
  return string.byte(body, 9) or 0
end

-- A process gives a sign of life.
local function renew(process, lease)
  call('ZADD', q .. 'l', now + lease, process)
  call('HSET', q .. 'f', process, lease)
end

local function ready(id, prio, at)
  call('ZADD', q .. 'r' .. prio, at, id)
  call('ZADD', q .. 'p', prio, prio)
  filled = true
end

-- The first that waits for a key looks again whether it can start. One too many does no harm: it waits again.
local function let_next(key)
  local found = call('ZPOPMIN', q .. 'b:' .. key)
  if found[1] then
    local id = string.sub(found[1], 9)
    call('HDEL', q .. 'w', id)
    ready(id, tonumber(found[2]), (struct.unpack('>I8', found[1])))
  end
end

local function block(id, prio, at, key)
  call('HSET', q .. 'w', id, at)
  call('ZADD', q .. 'b:' .. key, prio, struct.pack('>I8', tonumber(at)) .. id)
end

-- A job of a concurrency key runs no more.
local function release(key)
  if call('HINCRBY', q .. 'c', key, -1) <= 0 then call('HDEL', q .. 'c', key) end
  let_next(key)
end

local function free_unique(id, key)
  if call('GET', q .. 'u:' .. key) == id then call('DEL', q .. 'u:' .. key) end
end

-- Takes a waiting job out of its place. False when it does not wait.
local function take_out(id, body)
  local prio, kind = priority(body, 9), kind_of(body)
  local limit = has(kind, GUARDED) and special(body, 9).c
  if call('ZREM', q .. 'r' .. prio, id) == 1 then
    if limit then let_next(limit[1]) end
    return true
  end
  if call('ZREM', q .. 's', id) == 1 then return true end
  local at = limit and call('HGET', q .. 'w', id)
  if not at then return false end
  call('HDEL', q .. 'w', id)
  call('ZREM', q .. 'b:' .. limit[1], struct.pack('>I8', tonumber(at)) .. id)
  return true
end

-- Where a job stands that was just added or taken out.
local function stand(id, prio, at)
  if at and at > now then call('ZADD', q .. 's', at, id) else ready(id, prio, place()) end
end

-- Gives a job's payload, priority and version to the holder of its key, whose id, name and limits stay.
local function replaced(old, body)
  local function payload(text, at)
    local high, low = string.byte(text, at + 7, at + 8)
    local next = at + 9 + high * 256 + low
    next = next + (string.byte(text, next) == 1 and 17 or 1)
    return next + 1 + string.byte(text, next)
  end
  return string.sub(old, 1, 9) .. string.sub(body, 2, 3) .. string.sub(old, 12, 13) .. string.sub(body, 6, 7)
    .. string.sub(old, 16, payload(old, 9) - 1) .. string.sub(body, payload(body, 1))
end

-- Adds a job, unless its unique key is held. Gives what became of it, where it was not added: k kept, c changed; and the
-- holder.
local function add(id, body)
  local kind, prio = string.byte(body, 1), priority(body, 1)
  local what = kind > 0 and special(body, 1) or {}
  if what.u then
    local key, scope, period, taken = q .. 'u:' .. what.u[1], what.u[2], what.u[3], what.u[4]
    local holder = call('GET', key)
    if holder then
      local old = taken ~= 'd' and call('HGET', jobs, holder)
      if not old or not take_out(holder, old) then return 'k', holder end
      if taken == 'r' then
        local read, text = pcall(replaced, old, body)
        old = read and text or old
        call('HSET', jobs, holder, old)
      end
      stand(holder, priority(old, 9), what.a)
      return 'c', holder
    end
    if scope == 'p' then call('SET', key, id, 'PX', math.ceil(period / 1000)) else call('SET', key, id) end
  end
  call('HSET', jobs, id, struct.pack('>I8', now) .. body)
  stand(id, prio, what.a)
end

-- Adds the job that follows a batch, once all of the batch has finished.
local function follow(batch)
  local key = q .. 'B:' .. batch
  local b = call('HMGET', key, 'n', 'd', 'f', 'z', 'i', 't')
  if not b[1] or b[4] or b[2] + b[3] < tonumber(b[1]) then return end
  call('HSET', key, 'z', now)
  call('HDEL', key, 'i', 't')
  call('PEXPIRE', key, KEPT / 1000)
  call('PEXPIRE', q .. 'S:' .. batch, KEPT / 1000)
  add(b[5], b[6])
end

local function tally(batch, done)
  local key = q .. 'B:' .. batch
  if call('EXISTS', key) == 0 then return end
  call('HINCRBY', key, done and 'd' or 'f', 1)
  follow(batch)
end

-- Counts the end of a job in its batch, which another queue may keep.
local function count(id, what, into)
  local known = noted(id)
  if known.c then return end
  if into == 'x' then
    known.c = true
    note(id, known)
  end
  if what.h then
    call('HSET', q .. 'i', 'c' .. id, what.h .. ' ' .. (into == 'd' and 'd' or 'f') .. ' ' .. what.b)
    sent = 1
  else
    tally(what.b, into == 'd')
  end
end

-- Ends a job that stands in no place any more: d done, k cancelled, x dead.
local function finish(id, kind, into, result)
  local ends = now
  if has(kind, TRAILING) then
    local what = special(call('HGET', jobs, id), 9)
    if what.u and what.u[2] ~= 'p' then free_unique(id, what.u[1]) end
    if what.b then count(id, what, into) end
    if what.k and into == 'd' then
      if result then call('HSET', q .. 'o', id, result) end
      if what.k > KEPT then
        local known = noted(id)
        known.d = now
        note(id, known)
        into, ends = 'e', now + what.k
      end
    end
  end
  call('ZADD', q .. into, ends, id)
end

-- Takes a job that runs from its process. Gives its kind, tries begun, and whether it was cancelled.
local function take_back(process, id, held)
  local kind = string.byte(held, 17)
  call('HDEL', q .. 'h:' .. process, id)
  call('HDEL', q .. 'g', id)
  local cancelled = call('SREM', q .. 'y:' .. process, id) == 1
  local limit = has(kind, GUARDED) and has(kind, TRAILING) and special(call('HGET', jobs, id), 9).c
  if limit then release(limit[1]) end
  return kind, has(kind, TRIED) and (noted(id).a or 0) + 1 or 1, cancelled
end

-- Notes a failure of a job that was taken back, which runs again unless it was cancelled or its tries are used up.
local function fail(id, held, kind, attempt, cancelled, text, after)
  local known = noted(id)
  note_failure(known, attempt, text)
  note(id, known)
  local high, low, most, least = string.byte(held, 18, 21)
  if cancelled then
    finish(id, kind, 'k')
  elseif attempt >= most * 256 + least or not after then
    finish(id, kind, 'x')
  else
    stand(id, high * 256 + low - 32768, after > 0 and now + after)
  end
end

-- Puts a job that was not started where it stood. The key that it held while it waited is its own again, if it is free.
local function hand_back(process, id, held)
  local kind, attempt, cancelled = take_back(process, id, held)
  if cancelled then
    finish(id, kind, 'k')
  else
    local unique = has(kind, GUARDED) and has(kind, TRAILING) and special(call('HGET', jobs, id), 9).u
    if unique and unique[2] == 'w' then call('SET', q .. 'u:' .. unique[1], id, 'NX') end
    local high, low = string.byte(held, 18, 19)
    ready(id, high * 256 + low - 32768, string.sub(held, 22))
  end
end

