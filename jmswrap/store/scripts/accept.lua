#!lua
-- with: record queue put
-- Accept one message: find a duplicate, else store record and body, queue it.
--
-- Keys:    m:ID b:ID d:ID log:QUEUE queues k:QUEUE:KEY q:QUEUE:PRIORITY due:QUEUE expire seq
--          n:QUEUE tot:DAY:QUEUE armed drains:QUEUE bell:QUEUE clock
-- ARGV:    prefix, limits, then one put block
-- Returns: {'ACCEPTED' | 'DUPLICATE' | 'REUSED', accepted ms, header line or '', wake 0 | 1}
-- Repeated with the same nonce it answers ACCEPTED again and writes nothing twice.
return put(3)
