-- Gives back what a claim took whose answer did not arrive, and has it take nothing later. ARGV: process, claim.
local process, claim = ARGV[3], ARGV[4]
call('SADD', q .. 'v:' .. process, claim)
call('PEXPIRE', q .. 'v:' .. process, 86400000)
local held = call('HGETALL', q .. 'h:' .. process)
for i = 1, #held, 2 do
  if string.sub(held[i + 1], 1, 16) == claim then hand_back(process, held[i], held[i + 1]) end
end
return close(sent)
