#!lua flags=allow-oom
-- with: record
-- Messages in doubt about which the partner is to be asked now. They stay IN_DOUBT; for one lease
-- nobody else asks, and only the answer to the last question counts.
--
-- Keys:    probe:QUEUE m:ID b:ID fence pause brk:PARTNER clock
-- ARGV:    prefix, limits, queue, most messages, partner, breaker failures, breaker ms,
--          the partner's maintenance 'from-until,from-until' in ms or ''
-- Returns: {id, record, body, id, record, body, …}
local queue, partner = ARGV[3], ARGV[5]
local marks = call('HMGET', P .. 'pause', 'q:' .. queue, 'p:' .. partner)
if marks[1] or marks[2] or closed_until(ARGV[8]) then return {} end
local seen = call('HMGET', P .. 'brk:' .. partner, 'failures', 'last')
local breaks = tonumber(ARGV[6])
if breaks > 0 and tonumber(seen[1] or 0) >= breaks and NOW < tonumber(seen[2]) + tonumber(ARGV[7]) then return {} end

local answer = {}
for _, id in ipairs(call('ZRANGEBYSCORE', P .. 'probe:' .. queue, '-inf', NOW, 'LIMIT', 0, tonumber(ARGV[4]))) do
  local m = load(id)
  if m and m.r.s == 'IN_DOUBT' and newer(m) then
    call('ZADD', P .. 'probe:' .. queue, NOW + 1000, id)
  elseif m and m.r.s == 'IN_DOUBT' and call('HEXISTS', P .. 'pause', 'r:' .. (m.r.r or m.r.q)) == 1 then
    call('ZADD', P .. 'probe:' .. queue, NOW + 1000, id)
  elseif m and m.r.s == 'IN_DOUBT' then
    m.r.f = call('INCR', P .. 'fence')
    save(m)
    call('ZADD', P .. 'probe:' .. queue, NOW + LEASE, id)
    answer[#answer + 1] = id
    answer[#answer + 1] = cjson.encode(m.r) .. m.head
    answer[#answer + 1] = call('GET', P .. 'b:' .. id) or ''
  else
    call('ZREM', P .. 'probe:' .. queue, id)
  end
end
return answer
