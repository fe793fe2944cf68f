#!lua flags=allow-oom
-- with: record
-- A worker writes down which connection is its own, or deletes that.
--
-- Keys:    present
-- ARGV:    prefix, limits, RUN:CLIENT, worker or ''
-- Returns: 1
if ARGV[4] ~= '' then
  call('HSET', P .. 'present', ARGV[3], ARGV[4])
else
  call('HDEL', P .. 'present', ARGV[3])
end
return 1
