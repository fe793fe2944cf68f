#!lua flags=allow-oom
-- with: record queue wake lease
-- A worker is known to be dead: its leases end now, by the same rules as when they run out. Or the process
-- that did one message for it is.
--
-- Keys:    lease m:ID, those of sweep.lua for a lapsed lease, drains:QUEUE q:QUEUE:PRIORITY queues present clock
-- ARGV:    prefix, limits, worker (without a '~' and what follows: whoever has that beginning), one message's id or '',
--          the connections (RUN:CLIENT, a line each) that it was missed by, or ''
-- Returns: {leases ended, queue to wake, …}
-- Nothing ends when it was missed by its connections and has come back with another since.
local ended, touched, answer, only = 0, {}, {0}, ARGV[4]
local function dead(worker)
  return worker == ARGV[3] or string.sub(worker or '', 1, #ARGV[3] + 1) == ARGV[3] .. '~'
end
local written = only == '' and call('HGETALL', P .. 'present') or {}
if ARGV[5] ~= '' then
  local missed = {}
  for entry in string.gmatch(ARGV[5], '[^\n]+') do missed[entry] = true end
  for at = 1, #written, 2 do
    if dead(written[at + 1]) and not missed[written[at]] then return answer end
  end
end
for _, id in ipairs(only ~= '' and {only} or call('ZRANGE', P .. 'lease', 0, -1)) do
  local m = load(id)
  if m and m.r.s == 'IN_FLIGHT' and dead(m.r.w) then
    if lapse(m) == 'QUEUED' then touched[m.r.q] = true end
    ended = ended + 1
  end
end
for _, queue in ipairs(call('SMEMBERS', P .. 'queues')) do
  local drained = false
  for _, drain in ipairs(only == '' and call('ZRANGE', P .. 'drains:' .. queue, 0, -1) or {}) do
    if dead(drain) then drained = call('ZREM', P .. 'drains:' .. queue, drain) == 1 end
  end
  if drained or touched[queue] then
    -- The dead drain had armed the queue for itself.
    if live_drains(queue) == 0 then call('HDEL', P .. 'armed', queue) end
    if ready_length(queue) > 0 and wake_due(queue, queue_counts(queue, 'QUEUED')) then
      answer[#answer + 1] = queue
    end
  end
end
for at = 1, #written, 2 do
  if dead(written[at + 1]) then call('HDEL', P .. 'present', written[at]) end
end
answer[1] = ended
return answer
