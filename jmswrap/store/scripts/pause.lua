#!lua flags=allow-oom
-- with: record queue
-- Hold or release a queue's or a partner's deliveries.
--
-- Keys:    pause armed queues q:QUEUE:PRIORITY n:QUEUE clock
-- ARGV:    prefix, limits, 'pause' | 'resume', mark 'q:QUEUE' | 'p:PARTNER', reason
-- Returns: {queue to wake, …} (after a resume)
local mark = ARGV[4]
if ARGV[3] == 'pause' then
  call('HSET', P .. 'pause', mark, string.format('%d %s', NOW, ARGV[5]))
  return {}
end
call('HDEL', P .. 'pause', mark)
local answer = {}
for _, queue in ipairs(call('SMEMBERS', P .. 'queues')) do
  -- A claim had armed the queue for as long as the pause seemed to last. Which queues a partner
  -- serves is not known here; a wake-up too many is harmless.
  if (mark == 'q:' .. queue or string.sub(mark, 1, 2) == 'p:') and ready_length(queue) > 0 then
    call('HDEL', P .. 'armed', queue)
    if wake_due(queue, queue_counts(queue, 'QUEUED')) then answer[#answer + 1] = queue end
  end
end
return answer
