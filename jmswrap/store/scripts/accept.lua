#!lua
-- with: record queue wake put
-- Accept one message: find a duplicate, else store record and body, queue it.
--
-- Keys:    m:ID b:ID d:ID log:QUEUE queues k:QUEUE:KEY q:QUEUE:PRIORITY due:QUEUE expire seq
--          wait:QUEUE:KEY waits:QUEUE free
--          n:QUEUE tot:DAY:QUEUE armed drains:QUEUE bell:QUEUE run clock
-- ARGV:    prefix, limits, one put block, then most messages and most bytes the queue may hold (0: no cap)
-- Returns: {'ACCEPTED' | 'DUPLICATE' | 'REUSED', accepted ms, header line or '', wake 0 | 1}
--          {'FULL', what is there, 'messages' | 'bytes', the cap}
-- Repeated with the same nonce it answers ACCEPTED again; it writes the record as it is, and nothing else.
local most_messages, most_bytes = tonumber(ARGV[3 + PUT_BLOCK]), tonumber(ARGV[4 + PUT_BLOCK])

-- Messages that are not settled, and their bodies, are the queue's backlog.
local function full(queue)
  local counts = P .. 'n:' .. queue
  if most_messages > 0 then
    local here = 0
    local states = call('HMGET', counts, 'QUEUED', 'SCHEDULED', 'IN_FLIGHT', 'WAITING', 'DEAD', 'IN_DOUBT')
    for _, number in ipairs(states) do here = here + tonumber(number or 0) end
    if here >= most_messages then return {'FULL', here, 'messages', most_messages} end
  end
  if most_bytes > 0 then
    local bytes = tonumber(call('HGET', counts, 'bytes') or 0)
    if bytes >= most_bytes then return {'FULL', bytes, 'bytes', most_bytes} end
  end
  return nil
end

return put(3, full)
