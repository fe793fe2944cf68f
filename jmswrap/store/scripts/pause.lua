#!lua flags=allow-oom
-- with: record queue wake
-- Hold or release a queue's, a partner's or a route's deliveries.
--
-- Keys:    pause armed queues q:QUEUE:PRIORITY n:QUEUE parked park:QUEUE:ROUTE clock
-- ARGV:    prefix, limits, 'pause' | 'resume', mark 'q:QUEUE' | 'p:PARTNER' | 'r:ROUTE', reason
-- Returns: {queue to wake, …} (after a resume)
local mark = ARGV[4]
if ARGV[3] == 'pause' then
  call('HSET', P .. 'pause', mark, string.format('%d %s', NOW, ARGV[5]))
  return {}
end
call('HDEL', P .. 'pause', mark)
-- The sweep goes on with what is left.
unpark(1000)
local answer = {}
for _, queue in ipairs(call('SMEMBERS', P .. 'queues')) do
  -- A claim had armed the queue for as long as the pause seemed to last. Which queues a partner
  -- or route has is not known here; a wake-up too many is harmless.
  if (mark == 'q:' .. queue or string.sub(mark, 1, 2) ~= 'q:') and ready_length(queue) > 0 then
    call('HDEL', P .. 'armed', queue)
    if wake_due(queue, queue_counts(queue, 'QUEUED')) then answer[#answer + 1] = queue end
  end
end
return answer
