#!lua flags=allow-oom
-- with: record
-- Lengthen a worker's leases.
--
-- Keys:    m:ID lease slot:PARTNER drains:QUEUE clock
-- ARGV:    prefix, limits, worker, then id, fence for every hold
-- Returns: the positions (from 0) of the holds that are lost
local lost, queues = {}, {}
for at = 4, #ARGV, 2 do
  local m = load(ARGV[at])
  if m and m.r.s == 'IN_FLIGHT' and m.r.f == tonumber(ARGV[at + 1]) then
    call('ZADD', P .. 'lease', NOW + LEASE, m.id)
    if m.r.g then call('ZADD', P .. 'slot:' .. m.r.g, NOW + LEASE, m.id) end
    queues[m.r.q] = true
  else
    lost[#lost + 1] = (at - 4) / 2
  end
end
for queue in pairs(queues) do call('ZADD', P .. 'drains:' .. queue, 'XX', NOW + LEASE, ARGV[3]) end
return lost
