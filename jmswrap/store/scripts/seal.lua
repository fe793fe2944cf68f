#!lua flags=allow-oom
-- with: record
-- Which keys bodies were ever sealed with here.
--
-- Keys:    seal clock
-- ARGV:    prefix, limits, id of a key or '', print of its secret; '' strikes the key out
-- Returns: {id, print, …} of all keys
if ARGV[3] ~= '' then
  if ARGV[4] == '' then call('HDEL', P .. 'seal', ARGV[3]) else call('HSETNX', P .. 'seal', ARGV[3], ARGV[4]) end
end
return call('HGETALL', P .. 'seal')
