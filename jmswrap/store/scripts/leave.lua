#!lua flags=allow-oom
-- with: record queue wake
-- A drain ends before its queue is empty (time, shutdown).
--
-- Keys:    drains:QUEUE q:QUEUE:PRIORITY armed pause clock
-- ARGV:    prefix, limits, queue, worker
-- Returns: 1 when work is left and another wake-up is due
local queue = ARGV[3]
call('ZREM', P .. 'drains:' .. queue, ARGV[4])
if ready_length(queue) == 0 then
  -- Nobody is left to hear the bell: the next message asks for a wake-up.
  if live_drains(queue) == 0 then call('HDEL', P .. 'armed', queue) end
  return 0
end
if call('HEXISTS', P .. 'pause', 'q:' .. queue) == 1 then return 0 end
local due, rings, extra, mark = armed(queue)
-- A guard holds the queue: the sweeper rings when its time has come.
if mark == 2 and NOW < due then return 0 end
set_armed(queue, NOW + GRACE, rings, extra, 0)
return 1
