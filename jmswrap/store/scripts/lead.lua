#!lua flags=allow-oom
-- with: record
-- One process does a periodic task at a time. It only saves work: nothing rests on it.
--
-- Keys:    lead:TASK
-- ARGV:    prefix, limits, task, who asks, ms it leads from now on (0: it lets go)
-- Returns: 1 it leads, 0 another does
local key, who, ms = P .. 'lead:' .. ARGV[3], ARGV[4], tonumber(ARGV[5])
local leader = call('GET', key)
if leader and leader ~= who then return 0 end
if ms > 0 then
  call('SET', key, who, 'PX', ms)
  return 1
end
call('DEL', key)
return 0
