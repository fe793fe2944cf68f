#!lua flags=allow-oom
-- with: record
-- A synchronous call is over: its place is free, and what it said about the partner counts for the breaker.
--
-- Keys:    brk:PARTNER slot:PARTNER clock
-- ARGV:    prefix, limits, the call's id, partner, 'up' | 'down' | ''
-- Returns: 1
call('ZREM', P .. 'slot:' .. ARGV[4], ARGV[3])
local key = P .. 'brk:' .. ARGV[4]
if call('HGET', key, 'probe') == ARGV[3] then call('HDEL', key, 'probe', 'until') end
if ARGV[5] == 'up' then
  call('DEL', key)
elseif ARGV[5] == 'down' then
  call('HINCRBY', key, 'failures', 1)
  call('HSET', key, 'last', NOW)
  call('PEXPIRE', key, 3600000)
end
return 1
