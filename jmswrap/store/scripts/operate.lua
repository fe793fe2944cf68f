#!lua flags=allow-oom
-- with: record queue lease
-- A person moves one message: replay, cancel, bury, resolve.
--
-- Keys:    m:ID dead:QUEUE doubt:QUEUE probe:QUEUE due:QUEUE dk:QUEUE dl:QUEUE k:QUEUE:KEY q:QUEUE:PRIORITY
--          expire settled n:QUEUE tot:DAY:QUEUE armed clock
-- ARGV:    prefix, limits, verb, id, reason, option
--          option: replay '1' stale_ok | ''; resolve 'QUEUED' | 'DELIVERED' | 'DEAD:hold' | 'DEAD:release'
-- Returns: {'OK', queue, wake 0 | 1} · {'UNKNOWN'} · {'STATE', state} · {'STALE', later id}
local verb, reason, option = ARGV[3], ARGV[5], ARGV[6]
local m = load(ARGV[4])
if not m then return {'UNKNOWN'} end
local from = m.r.s

-- It had let its key go: count it out of those a later delivery is remembered for.
local function forget_release()
  if m.r.k and m.r.x == 'release' and call('HINCRBY', P .. 'dk:' .. m.r.q, m.r.k, -1) <= 0 then
    call('HDEL', P .. 'dk:' .. m.r.q, m.r.k)
    call('HDEL', P .. 'dl:' .. m.r.q, m.r.k)
  end
end

-- The id of a later message of its key that was delivered, or is under way; nil when none.
local function overtaken_by()
  if not m.r.k or m.r.x ~= 'release' then return nil end
  local last = call('HGET', P .. 'dl:' .. m.r.q, m.r.k)
  if last then
    local place, id = string.match(last, '^(%d+):(.*)$')
    if tonumber(place) > m.r.i then return id end
  end
  local first = call('LINDEX', key_list(m), 0)
  local head = first and load(first)
  return head and holds(head) and head.r.i > m.r.i and first or nil
end

-- Back to its place in the key's order; never before a head that holds the key.
local function take_place()
  local list = key_list(m)
  local first = call('LINDEX', list, 0)
  if not first then
    call('RPUSH', list, m.id)
    return push_ready(m)
  end
  local head = load(first)
  local at = 0
  if head and holds(head) then at = 1 end
  local behind = call('LINDEX', list, at)
  while behind do
    local other = load(behind)
    if other and other.r.i > m.r.i then
      call('LINSERT', list, 'BEFORE', behind, m.id)
      return
    end
    at = at + 1
    behind = call('LINDEX', list, at)
  end
  call('RPUSH', list, m.id)
end

local function requeue()
  -- A person asks for another try of what killed its workers: it is made alone.
  if (m.r.kl or 0) > SUSPECT then m.r.kl = SUSPECT end
  m.r.n, m.r.e, m.r.h, m.r.m = nil, nil, nil, reason ~= '' and reason or nil
  move(m, 'QUEUED')
end

local function ended(state)
  m.r.t = nil
  m.r.m = reason ~= '' and reason or nil
  finish(m, state)
end

local verbs = {}

function verbs.replay()
  if from ~= 'DEAD' then return {'STATE', from} end
  local later = overtaken_by()
  if later and option ~= '1' then return {'STALE', later} end
  local placed = not m.r.k or m.r.x == 'hold'
  call('ZREM', P .. 'dead:' .. m.r.q, m.id)
  forget_release()
  requeue()
  m.r.x = nil
  if placed then push_ready(m) else take_place() end
end

function verbs.cancel()
  if from ~= 'SCHEDULED' and from ~= 'QUEUED' and from ~= 'WAITING' then return {'STATE', from} end
  if from ~= 'QUEUED' then call('ZREM', P .. 'due:' .. m.r.q, m.id) end
  ended('CANCELLED')
  if from == 'WAITING' then leave_key(m) end
end

function verbs.bury()
  if from ~= 'DEAD' then return {'STATE', from} end
  call('ZREM', P .. 'dead:' .. m.r.q, m.id)
  forget_release()
  ended('CANCELLED')
  if m.r.x == 'hold' then leave_key(m) end
end

function verbs.resolve()
  if from ~= 'IN_DOUBT' then return {'STATE', from} end
  end_doubt(m)
  if option == 'QUEUED' then
    requeue()
    push_ready(m)
  elseif option == 'DELIVERED' then
    ended('DELIVERED')
    leave_key(m)
  else
    m.r.x = string.sub(option, 6)
    m.r.m = reason ~= '' and reason or nil
    call('ZADD', P .. 'dead:' .. m.r.q, NOW, m.id)
    move(m, 'DEAD')
    if m.r.k and m.r.x == 'release' then
      call('HINCRBY', P .. 'dk:' .. m.r.q, m.r.k, 1)
      leave_key(m)
    end
  end
end

local refused = verbs[verb]()
if refused then return refused end
save(m)
local wake = ready_length(m.r.q) > 0 and wake_due(m.r.q, queue_counts(m.r.q, 'QUEUED'))
return {'OK', m.r.q, wake and 1 or 0}
