-- Part: how a lease ends.

-- The worker's right to the message ends, and the partner's slot with it.
local function end_lease(m)
  call('ZREM', P .. 'lease', m.id)
  local partner = m.r.g
  if partner then
    call('ZREM', P .. 'slot:' .. partner, m.id)
    if call('HGET', P .. 'brk:' .. partner, 'probe') == m.id then call('HDEL', P .. 'brk:' .. partner, 'probe', 'until') end
    m.r.g = nil
  end
end

local function write_attempt(m, json)
  call('RPUSH', P .. 'a:' .. m.id, string.format('%d %s', NOW, json))
  call('LTRIM', P .. 'a:' .. m.id, -KEPT, -1)
end

-- Back among those that may expire while they wait.
local function may_expire(m)
  if m.r.e and m.r.h ~= 'replied' then call('ZADD', P .. 'expire', m.r.e, m.id) end
end

-- Nobody knows which of a dead worker's messages killed it: after so many deaths a message runs alone.
local SUSPECT = 2

-- To QUEUED, at the front: it has waited its turn already.
local function hand_back(m)
  if m.r.h ~= 'replied' then m.r.h = nil end
  local queued = move(m, 'QUEUED')
  may_expire(m)
  push_ready(m, true)
  return queued
end

-- What the partner answered is not read again.
local function forget_answer(m)
  m.r.h = nil
  call('DEL', P .. 'r:' .. m.id)
end

-- The doubt is over: nobody needs to be asked any more.
local function end_doubt(m)
  call('ZREM', P .. 'doubt:' .. m.r.q, m.id)
  call('ZREM', P .. 'probe:' .. m.r.q, m.id)
  m.r.pn = nil
end

-- A lease ran out, or its worker is known to be dead; one that lives was not killed by it: its store was away,
-- or it was stopped. Returns what became of the message.
local function lapse(m, lives)
  end_lease(m)
  local phase, worker = m.r.h, m.r.w or '?'
  if not lives then m.r.kl = (m.r.kl or 0) + 1 end
  if phase == 'claimed' then
    hand_back(m)
  elseif phase == 'replied' then
    m.r.m = 'Worker ' .. worker .. ' stopped after the answer came; the stored answer is read again.'
    hand_back(m)
  else
    local sentence = 'Worker ' .. worker .. ' stopped while sending; the target may have the message.'
    m.r.n = (m.r.n or 0) + 1
    write_attempt(m, cjson.encode({n = m.r.n, w = worker, o = 'LEASE_EXPIRED', s = sentence}))
    m.r.m = sentence
    if m.r.y == 'redeliver' then
      hand_back(m)
    else
      m.r.h = nil
      move(m, 'IN_DOUBT')
      call('ZADD', P .. 'doubt:' .. m.r.q, NOW, m.id)
      if m.r.y == 'probe' then call('ZADD', P .. 'probe:' .. m.r.q, NOW, m.id) end
    end
  end
  save(m)
  return m.r.s
end
