#!lua flags=allow-oom
-- with: record queue wake free lease purge expire run
-- Housekeeping, idempotent and bounded: what is due, whose lease ran out, what expired, what may
-- be purged, and which queues have work that nobody was woken for.
--
-- Keys:    queues due:QUEUE lease expire settled log:QUEUE trim run m:ID b:ID a:ID r:ID d:ID pause armed
--          k:QUEUE:KEY q:QUEUE:PRIORITY doubt:QUEUE probe:QUEUE slot:PARTNER brk:PARTNER n:QUEUE tot:DAY:QUEUE drains:QUEUE
--          parked park:QUEUE:ROUTE wait:QUEUE:KEY waits:QUEUE free fence clock
-- ARGV:    prefix, limits, most messages of each sort, '1' when settled records are purged here,
--          workers known to be alive, a line each
-- Returns: {promoted, leases lapsed, of these in doubt, expired, purged, 1 when more is left, queue to wake, …}
local limit = tonumber(ARGV[3])
local queues = call('SMEMBERS', P .. 'queues')
local promoted, lapsed, in_doubt, expired, purged, more = 0, 0, 0, 0, 0, 0

for _, queue in ipairs(queues) do
  if promoted < limit then promoted = promoted + promote(queue, limit - promoted) end
end
if promoted >= limit then more = 1 end

-- After a restart or failover workers need a lease's length to renew what they hold.
local run_id = string.match(call('INFO', 'server'), 'run_id:(%x+)')
local run = call('HMGET', P .. 'run', 'id', 'since')
if run[1] ~= run_id or NOW < tonumber(run[2]) then
  run = {run_id, tostring(NOW)}
  call('HSET', P .. 'run', 'id', run[1], 'since', run[2])
end
epoch()
if NOW >= tonumber(run[2]) + LEASE then
  local alive = {}
  for worker in string.gmatch(ARGV[5] or '', '[^\n]+') do alive[worker] = true end
  local over = call('ZRANGEBYSCORE', P .. 'lease', '-inf', NOW, 'LIMIT', 0, limit)
  for _, id in ipairs(over) do
    local m = load(id)
    if m and m.r.s == 'IN_FLIGHT' then
      lapsed = lapsed + 1
      if lapse(m, alive[m.r.w]) == 'IN_DOUBT' then in_doubt = in_doubt + 1 end
    else
      call('ZREM', P .. 'lease', id)
    end
  end
  if #over >= limit then more = 1 end
end

local old = call('ZRANGEBYSCORE', P .. 'expire', '-inf', NOW, 'LIMIT', 0, limit)
for _, id in ipairs(old) do
  call('ZREM', P .. 'expire', id)
  local m = load(id)
  local from = m and m.r.s
  if from == 'QUEUED' or from == 'SCHEDULED' or from == 'WAITING' then
    if from ~= 'QUEUED' then call('ZREM', P .. 'due:' .. m.r.q, id) end
    m.r.t = nil
    expire(m)
    save(m)
    if from == 'WAITING' then leave_key(m) end
    expired = expired + 1
  end
end
if #old >= limit then more = 1 end

-- With a history they wait for it instead, and leave by depart.lua.
local gone = ARGV[4] == '1' and call('ZRANGEBYSCORE', P .. 'settled', '-inf', NOW, 'LIMIT', 0, limit) or {}
local trimmed = {}
for _, id in ipairs(gone) do
  local m = load(id)
  if m then
    purge(m)
    trimmed[m.r.q] = true
    purged = purged + 1
  else
    call('ZREM', P .. 'settled', id)
  end
  if looked_at > MOST_LOOKED_AT then break end
end
if #gone >= limit or looked_at > MOST_LOOKED_AT then more = 1 end
for queue in pairs(trimmed) do trim_log(queue, 2 * limit) end

if unpark(limit) then more = 1 end

if let_on_more(limit) then more = 1 end
let_on()

local answer = {promoted, lapsed, in_doubt, expired, purged, more}
for _, queue in ipairs(queues) do
  local work = ready_length(queue) > 0 or call('ZCOUNT', P .. 'probe:' .. queue, '-inf', NOW) > 0
  if work and call('HEXISTS', P .. 'pause', 'q:' .. queue) == 0 then
    local _, rings, _, mark = armed(queue)
    -- Armed by a drain, not by a ring, and the drain is no more: nobody is on the way.
    if rings == 0 and mark ~= 2 and live_drains(queue) == 0 then call('HDEL', P .. 'armed', queue) end
    if wake_due(queue, queue_counts(queue, 'QUEUED')) then answer[#answer + 1] = queue end
  end
end
return answer
