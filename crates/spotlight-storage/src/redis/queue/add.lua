-- ARGV: whether ids may be known already; a batch, or nothing, with the number of all its jobs, its follower's id and the
-- follower; how many messages to other queues follow, each by name and text; then jobs, each by id and text.
-- Gives those that were not added: index from 0, what became of it, and the job that stands for it.
local known, batch, messages = ARGV[3] == '1', ARGV[4], tonumber(ARGV[8])
local answers = {}
local stamp = struct.pack('>I8', now)
-- Jobs that need nothing but a place in line go together.
local texts, lines, gathered = {}, {}, 0

local function flush()
  if gathered == 0 then return end
  call('HSET', jobs, unpack(texts))
  for prio, line in pairs(lines) do
    call('ZADD', q .. 'r' .. prio, unpack(line))
    call('ZADD', q .. 'p', prio, prio)
  end
  texts, lines, gathered, filled = {}, {}, 0, true
end

if batch ~= '' then
  call('HSET', q .. 'B:' .. batch, 'n', ARGV[5], 'd', 0, 'f', 0, 'i', ARGV[6], 't', ARGV[7])
end
local first = 9 + 2 * messages
for i = 9, first - 1, 2 do
  call('HSET', q .. 'i', ARGV[i], ARGV[i + 1])
end
for i = first, #ARGV, 2 do
  local id, body = ARGV[i], ARGV[i + 1]
  local kind, high, low = string.byte(body, 1, 3)
  local became, holder
  if known and call('HEXISTS', jobs, id) == 1 then
    became, holder = 'k', id
  elseif kind == 0 and not known then
    local prio = high * 256 + low - 32768
    local line = lines[prio]
    if not line then
      line = {}
      lines[prio] = line
    end
    line[#line + 1] = place()
    line[#line + 1] = id
    gathered = gathered + 1
    texts[gathered * 2 - 1] = id
    texts[gathered * 2] = stamp .. body
    if gathered == 1000 then flush() end
  else
    became, holder = add(id, body)
  end
  if became then
    answers[#answers + 1] = { (i - first) / 2, became, holder }
  end
end
flush()
if batch ~= '' then follow(batch) end
return close(answers)
