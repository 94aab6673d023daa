-- ARGV: prefix, then a key, or nothing and a tag.
if ARGV[3] then
  redis.call('DEL', prefix .. ':t:' .. ARGV[3])
  number('t' .. ARGV[3])
else
  redis.call('DEL', prefix .. ':v:' .. ARGV[2], prefix .. ':l:' .. ARGV[2])
end
return 1
