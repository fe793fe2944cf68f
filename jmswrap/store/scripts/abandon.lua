#!lua flags=allow-oom
-- with: record queue lease
-- A worker is known to be dead: its leases end now, by the same rules as when they run out. Or the process
-- that did one message for it is.
--
-- Keys:    lease m:ID, those of sweep.lua for a lapsed lease, drains:QUEUE q:QUEUE:PRIORITY queues clock
-- ARGV:    prefix, limits, worker, one message's id or ''
-- Returns: {leases ended, queue to wake, …}
local ended, touched, answer, only = 0, {}, {0}, ARGV[4]
for _, id in ipairs(only ~= '' and {only} or call('ZRANGE', P .. 'lease', 0, -1)) do
  local m = load(id)
  if m and m.r.s == 'IN_FLIGHT' and m.r.w == ARGV[3] then
    if lapse(m) == 'QUEUED' then touched[m.r.q] = true end
    ended = ended + 1
  end
end
for _, queue in ipairs(call('SMEMBERS', P .. 'queues')) do
  local drained = only == '' and call('ZREM', P .. 'drains:' .. queue, ARGV[3]) == 1
  if drained or touched[queue] then
    -- The dead drain had armed the queue for itself.
    if live_drains(queue) == 0 then call('HDEL', P .. 'armed', queue) end
    if ready_length(queue) > 0 and wake_due(queue, queue_counts(queue, 'QUEUED')) then
      answer[#answer + 1] = queue
    end
  end
end
answer[1] = ended
return answer
