-- ARGV: prefix, key, then as keep.
redis.call('DEL', prefix .. ':l:' .. ARGV[2])
keep(ARGV[2], 3)
return 1
