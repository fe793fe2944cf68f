#!lua flags=allow-oom
-- with: record queue wake free lease expire run
-- Lease the head messages of ready keys, as many as the partner's guards allow now.
--
-- Keys:    q:QUEUE:PRIORITY k:QUEUE:KEY m:ID b:ID lease fence due:QUEUE expire settled pause
--          brk:PARTNER rate:PARTNER slot:PARTNER n:QUEUE tot:DAY:QUEUE armed drains:QUEUE parked park:QUEUE:ROUTE
--          wait:QUEUE:KEY waits:QUEUE free run backup got:WORKER clock
-- ARGV:    prefix, limits, queue, worker, most messages, most body bytes, linger ms,
--          partner or '', concurrency, calls a second, breaker failures, breaker ms,
--          '1' when the worker may take a message that is suspected of killing workers,
--          the partner's maintenance 'from-until,from-until' in ms or '', nonce
-- Returns: {wait ms or -1, ready entries left, id, record, body, id, record, body, …}
-- A claim that comes back empty disarms the queue, unless the drain lingers on its bell.
-- A suspected message comes alone.
-- Repeated with the same nonce, because its answer was lost on the way, it gives the same messages.

local queue, worker = ARGV[3], ARGV[4]
local limit, most_bytes, linger = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local partner = ARGV[8]
local concurrency, rate = tonumber(ARGV[9]), tonumber(ARGV[10])
local breaker_failures, breaker_ms = tonumber(ARGV[11]), tonumber(ARGV[12])
local takes_suspects = ARGV[13] == '1'

-- A restored copy that nobody dealt with: what it holds may have been delivered since.
local function a_copy()
  local mark = call('HMGET', P .. 'backup', 'copy', 'by')
  return mark[1] and mark[2] ~= string.match(call('INFO', 'server'), 'run_id:(%x+)')
end

local function paused()
  if a_copy() then return true end
  local marks = call('HMGET', P .. 'pause', 'q:' .. queue, 'p:' .. partner)
  return marks[1] or (partner ~= '' and marks[2])
end

-- How many calls the breaker lets through, how long to wait when none, and whether the one it
-- lets through is the probe that closes or reopens it.
local function breaker()
  if breaker_failures == 0 then return limit, 0, false end
  local seen = call('HMGET', P .. 'brk:' .. partner, 'failures', 'last', 'until')
  if tonumber(seen[1] or 0) < breaker_failures then return limit, 0, false end
  -- A failure yet to come was seen before the clock went back.
  local last = tonumber(seen[2]) <= NOW and tonumber(seen[2]) or 0
  local open_until = last + breaker_ms
  if NOW < open_until then return 0, open_until - NOW, false end
  local probing_until = tonumber(seen[3] or 0)
  if NOW < probing_until and probing_until <= NOW + LEASE then return 0, math.min(probing_until - NOW, 250), false end
  return 1, 0, true
end

local function slots()
  call('ZREMRANGEBYSCORE', P .. 'slot:' .. partner, '-inf', NOW)
  return concurrency - call('ZCARD', P .. 'slot:' .. partner)
end

-- The rate as a theoretical arrival time (GCRA); a tenth of a second's calls may come at once. It lies
-- no further ahead than they reach: else it was written before the clock went back.
local function theoretical_arrival(interval, burst)
  local kept = tonumber(call('GET', P .. 'rate:' .. partner) or 0)
  if kept > NOW + burst * interval + 1 then return NOW end
  return math.max(kept, NOW)
end

local function tokens()
  if rate == 0 then return limit, 0 end
  local interval = 1000 / rate
  local burst = math.max(1, math.floor(rate / 10))
  local arrival = theoretical_arrival(interval, burst)
  local free = math.floor((NOW + burst * interval - arrival) / interval)
  return free, math.max(1, math.ceil(arrival + interval - NOW - burst * interval))
end

local function spend(calls)
  local interval = 1000 / rate
  local arrival = theoretical_arrival(interval, math.max(1, math.floor(rate / 10))) + calls * interval
  call('SET', P .. 'rate:' .. partner, string.format('%.3f', arrival), 'PX', math.ceil(arrival - NOW) + 1000)
end

-- What may be claimed now: count, wait ms when it is none, and whether it is a breaker's probe.
local function allowance()
  if paused() then return 0, 60000, false end
  if partner == '' then return limit, 0, false end
  local closed = closed_until(ARGV[14])
  if closed then return 0, closed - NOW, false end
  local by_breaker, wait, probe = breaker()
  if by_breaker <= 0 then return 0, wait, false end
  local by_rate
  by_rate, wait = tokens()
  if by_rate <= 0 then return 0, wait, false end
  local by_slots = slots()
  if by_slots <= 0 then return 0, 50, false end
  return math.min(limit, by_breaker, by_rate, by_slots), 0, probe
end

-- Entries and tombstones looked at in one claim: what is over is left to the next one.
local steps = 1000 + limit

-- The message that a ready entry stands for, or nil when the entry was left over.
local function head_of(entry, priority)
  local keyed = string.sub(entry, 1, 1) == '='
  local name = string.sub(entry, 2)
  local list = P .. 'k:' .. queue .. ':' .. name
  while steps > 0 do
    steps = steps - 1
    local id = name
    if keyed then id = call('LINDEX', list, 0) end
    local m = id and load(id)
    if not id then return nil end
    if m and m.r.s == 'QUEUED' then
      -- A message that was answered already does not expire: its answer waits to be read.
      if m.r.e and m.r.e <= NOW and m.r.h ~= 'replied' then
        expire(m)
        m.r.j = nil
        save(m)
      elseif keyed and (m.r.p or 4) < priority then
        -- A cancelled or expired head had stood for a higher priority.
        push_ready(m)
        return nil
      elseif m.r.wf then
        -- It holds its key until the others let it go, and is ready then.
        return nil
      else
        return m
      end
    end
    if not keyed then return nil end
    if m and holds(m) then return nil end
    drop_first(list, m)
  end
  call('RPUSH', P .. 'q:' .. queue .. ':' .. priority, entry)
  return nil
end

local now_epoch = epoch()

local function lease(m, probe)
  local r = m.r
  if possibly_sent(m, now_epoch) then r.rd = 1 end
  r.f = call('INCR', P .. 'fence')
  r.w = worker
  r.h = r.h or 'claimed'
  if r.e then call('ZREM', P .. 'expire', m.id) end
  call('ZADD', P .. 'lease', NOW + LEASE, m.id)
  if partner ~= '' then
    r.g = partner
    call('ZADD', P .. 'slot:' .. partner, NOW + LEASE, m.id)
    if probe then call('HSET', P .. 'brk:' .. partner, 'probe', m.id, 'until', NOW + LEASE) end
  end
  move(m, 'IN_FLIGHT')
  save(m)
end

local answer = {-1, 0}
local claimed, bytes = 0, 0
local function give(m)
  local body = call('GET', P .. 'b:' .. m.id) or ''
  claimed = claimed + 1
  bytes = bytes + #body
  answer[#answer + 1] = m.id
  answer[#answer + 1] = cjson.encode(m.r) .. m.head
  answer[#answer + 1] = body
end

-- One script's tokens follow each other.
local nonce, given, last_given = string.match(call('GET', P .. 'got:' .. worker) or '', '^(%S+) (%d+) (%d+)$')
if nonce == ARGV[15] then
  for _, id in ipairs(call('ZRANGE', P .. 'lease', 0, -1)) do
    local m = load(id)
    local mine = m and m.r.s == 'IN_FLIGHT' and m.r.w == worker
    if mine and tonumber(given) <= m.r.f and m.r.f <= tonumber(last_given) then
      call('ZADD', P .. 'lease', NOW + LEASE, id)
      if m.r.g then call('ZADD', P .. 'slot:' .. m.r.g, NOW + LEASE, id) end
      give(m)
    end
  end
  if claimed > 0 then
    answer[2] = ready_length(queue)
    return answer
  end
end

local paused_routes = {}
for _, mark in ipairs(call('HKEYS', P .. 'pause')) do
  if string.sub(mark, 1, 2) == 'r:' then paused_routes[string.sub(mark, 3)] = true end
end

promote(queue, 2 * limit)
local allowed, wait, probe = allowance()

local first_fence
for priority = 9, 0, -1 do
  local ready = P .. 'q:' .. queue .. ':' .. priority
  local aside, others = {}, {}
  while claimed < allowed and bytes < most_bytes and steps > 0 do
    local entry = call('LPOP', ready)
    if not entry then break end
    local m = head_of(entry, priority)
    local suspect = m and (m.r.kl or 0) >= SUSPECT
    if m and newer(m) then
      others[#others + 1] = entry
    elseif m and paused_routes[route_of(m)] then
      park(m, priority, entry)
    elseif suspect and (claimed > 0 or not takes_suspects) then
      aside[#aside + 1] = entry
      if takes_suspects then steps = 0 end
    elseif m then
      if suspect then allowed = 1 end
      lease(m, probe)
      first_fence = first_fence or m.r.f
      give(m)
    end
  end
  for at = #aside, 1, -1 do call('LPUSH', ready, aside[at]) end
  if #aside > 0 then wait = math.max(wait, 50) end
  -- To the end, so that they do not stand before what this worker can do.
  for _, entry in ipairs(others) do call('RPUSH', ready, entry) end
  if #others > 0 then wait = math.max(wait, 1000) end
end
if claimed > 0 and rate > 0 and partner ~= '' then spend(claimed) end
if claimed > 0 then
  local last_fence = first_fence + claimed - 1
  call('SET', P .. 'got:' .. worker, string.format('%s %d %d', ARGV[15], first_fence, last_fence), 'PX', LEASE)
end

-- Expired messages had held somebody up; other queues' drains are rung by the sweep.
let_on()

local left = ready_length(queue)
answer[2] = left
local due, _, extra, mark = armed(queue)
if claimed > 0 then
  set_armed(queue, NOW + GRACE, 0, extra, 0)
  call('ZADD', P .. 'drains:' .. queue, NOW + LEASE, worker)
elseif left > 0 then
  -- Held by a guard: the next wake-up is due when the guard may have changed its mind.
  answer[1] = wait
  if mark ~= 2 or due < NOW + wait then
    set_armed(queue, NOW + math.max(wait, linger), 0, extra, 2)
    call('ZADD', P .. 'drains:' .. queue, NOW + LEASE, worker)
  end
else
  local next_due = call('ZRANGE', P .. 'due:' .. queue, 0, 0, 'WITHSCORES')
  if next_due[2] then answer[1] = math.max(0, math.ceil(tonumber(next_due[2]) - NOW)) end
  if linger > 0 then
    -- Written ahead and seldom: a drain that polls an empty queue costs the disk next to nothing.
    if mark ~= 1 or due < NOW + linger then
      set_armed(queue, NOW + 2 * linger, 0, extra, 1)
      call('ZADD', P .. 'drains:' .. queue, NOW + LEASE, worker)
    end
  else
    call('ZREM', P .. 'drains:' .. queue, worker)
    call('ZREMRANGEBYSCORE', P .. 'drains:' .. queue, '-inf', NOW)
    if call('ZCARD', P .. 'drains:' .. queue) == 0 then
      call('HDEL', P .. 'armed', queue)
    end
  end
end
return answer
