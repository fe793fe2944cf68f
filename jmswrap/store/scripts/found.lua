#!lua flags=allow-oom
-- with: record queue wake free lease
-- What the partner said about a message in doubt.
--
-- Keys:    m:ID a:ID doubt:QUEUE probe:QUEUE k:QUEUE:KEY q:QUEUE:PRIORITY dk:QUEUE dl:QUEUE expire settled
--          n:QUEUE tot:DAY:QUEUE armed drains:QUEUE bell:QUEUE clock
-- ARGV:    prefix, limits, id, fence, 'DELIVERED' | 'QUEUED' | 'IN_DOUBT', for IN_DOUBT ms until the
--          next question (0: no other), reason, attempt JSON or ''
-- Returns: {1, queue to wake, …}, {0} when somebody decided meanwhile, or asks again
local m = load(ARGV[3])
if not m or m.r.s ~= 'IN_DOUBT' or m.r.f ~= tonumber(ARGV[4]) then return {0} end
local to, wait = ARGV[5], tonumber(ARGV[6])
-- Later messages of its key were let pass: what it means that it came or did not is for a person to say.
if m.r.x == 'release' then to, wait = 'IN_DOUBT', 0 end
if ARGV[8] ~= '' then write_attempt(m, ARGV[8]) end
m.r.m = ARGV[7]
if to == 'IN_DOUBT' then
  m.r.pn = (m.r.pn or 0) + 1
  if wait > 0 then
    call('ZADD', P .. 'probe:' .. m.r.q, NOW + wait, m.id)
  else
    call('ZREM', P .. 'probe:' .. m.r.q, m.id)
  end
  save(m)
  return {1}
end
end_doubt(m)
local answer = {1}
if to == 'DELIVERED' then
  finish(m, 'DELIVERED')
  leave_key(m)
  if ready_length(m.r.q) > 0 and wake_due(m.r.q, queue_counts(m.r.q, 'QUEUED')) then answer[2] = m.r.q end
elseif wake_due(m.r.q, hand_back(m)) then
  answer[2] = m.r.q
end
save(m)
for _, queue in ipairs(let_on()) do
  if wake_due(queue, queue_counts(queue, 'QUEUED')) then answer[#answer + 1] = queue end
end
return answer
