-- Counts ends of jobs of another queue in batches of this one. ARGV: batch, id, and d or f each.
for i = 3, #ARGV, 3 do
  local key = q .. 'B:' .. ARGV[i]
  if call('HEXISTS', key, 't') == 1 and call('SADD', q .. 'S:' .. ARGV[i], ARGV[i + 1]) == 1 then
    tally(ARGV[i], ARGV[i + 2] == 'd')
  end
end
return close(1)
