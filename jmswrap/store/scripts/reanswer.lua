#!lua flags=allow-oom
-- with: record
-- An answer kept for a caller is replaced by the same under another key, unless it changed meanwhile.
--
-- Keys:    ans:ID clock
-- ARGV:    prefix, limits, id, SHA-1 of the answer as it was read, the answer
-- Returns: 1, or 0 when it changed or went
local there = call('GET', P .. 'ans:' .. ARGV[3])
if not there or redis.sha1hex(there) ~= ARGV[4] then return 0 end
call('SET', P .. 'ans:' .. ARGV[3], ARGV[5], 'KEEPTTL')
return 1
