#!lua flags=allow-oom
-- with: record
-- A synchronous call asks for its place among the calls to a partner.
--
-- Keys:    pause brk:PARTNER slot:PARTNER clock
-- ARGV:    prefix, limits, the call's id, route, partner, concurrency, breaker failures, breaker ms,
--          the partner's maintenance 'from-until,from-until' in ms or '', how many ms the place is kept
-- Returns: {'IN'} | {'PAUSED'} | {'CLOSED', until ms} | {'BROKEN', until ms} | {'FULL', calls under way}
-- One call at a time may try an open breaker when its time is over; what comes of it closes or reopens it.
local id, route, partner = ARGV[3], ARGV[4], ARGV[5]
local marks = call('HMGET', P .. 'pause', 'r:' .. route, 'p:' .. partner)
if marks[1] or marks[2] then return {'PAUSED'} end
local closed = closed_until(ARGV[9])
if closed then return {'CLOSED', closed} end
local seen = call('HMGET', P .. 'brk:' .. partner, 'failures', 'last', 'until')
local breaks = tonumber(ARGV[7])
local open = breaks > 0 and tonumber(seen[1] or 0) >= breaks
if open then
  local again = tonumber(seen[2]) + tonumber(ARGV[8])
  if NOW < again and tonumber(seen[2]) <= NOW then return {'BROKEN', again} end
  local trying = tonumber(seen[3] or 0)
  if NOW < trying and trying <= NOW + LEASE then return {'BROKEN', trying} end
end
call('ZREMRANGEBYSCORE', P .. 'slot:' .. partner, '-inf', NOW)
local under_way = call('ZCARD', P .. 'slot:' .. partner)
if under_way >= tonumber(ARGV[6]) then return {'FULL', under_way} end
call('ZADD', P .. 'slot:' .. partner, NOW + tonumber(ARGV[10]), id)
if open then call('HSET', P .. 'brk:' .. partner, 'probe', id, 'until', NOW + math.min(LEASE, tonumber(ARGV[10]))) end
return {'IN'}
