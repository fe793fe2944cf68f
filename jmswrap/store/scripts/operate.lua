#!lua flags=allow-oom
-- with: record queue wake free put lease
-- A person moves one message: replay, cancel, bury, resolve, skip, replace.
--
-- Keys:    m:ID r:ID dead:QUEUE doubt:QUEUE probe:QUEUE due:QUEUE dk:QUEUE dl:QUEUE k:QUEUE:KEY
--          q:QUEUE:PRIORITY expire settled n:QUEUE tot:DAY:QUEUE armed clock; for replace those of accept.lua, too
-- ARGV:    prefix, limits, verb, id, reason, option, for replace one put block
--          option: replay, replace '1' stale_ok | ''
--                  resolve 'QUEUED:' | 'QUEUED:1' stale_ok | 'DELIVERED:' | 'DEAD:hold' | 'DEAD:release'
--                          'ANSWERED:' the answer that was kept is read again, and nothing is sent
-- Returns: {'OK', queue, wake 0 | 1, another queue to wake, …} · {'UNKNOWN'} · {'STATE', state}
--          {'STALE', later id} · {'NEWER', version of the record} · {'ANSWERED'}: the partner has it, its answer waits to be read
--          {'NO_ANSWER'}: there is none to be read
local verb, reason, option = ARGV[3], ARGV[5], ARGV[6]
local FIRST_PUT = 7
local m = load(ARGV[4])
if not m then return {'UNKNOWN'} end
if newer(m) then return {'NEWER', m.r.v} end
local from = m.r.s

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
local function take_place(m)
  local list = key_list(m)
  local first = call('LINDEX', list, 0)
  if not first then
    call('RPUSH', list, m.id)
    return push_ready(m)
  end
  local head = load(first)
  local low, high = head and holds(head) and 1 or 0, call('LLEN', list)
  while low < high do
    local middle = math.floor((low + high) / 2)
    local other = load(call('LINDEX', list, middle))
    if other and other.r.i > m.r.i then high = middle else low = middle + 1 end
  end
  local behind = call('LINDEX', list, low)
  if behind then call('LINSERT', list, 'BEFORE', behind, m.id) else call('RPUSH', list, m.id) end
  -- The key had no entry while its first message waited for others, or it was put aside with that one's route.
  if low == 0 and head and (head.r.wf or route_paused(route_of(head))) then push_ready(m) end
end

local function requeue()
  -- A person asks for another try of what killed its workers: it is made alone.
  if (m.r.kl or 0) > SUSPECT then m.r.kl = SUSPECT end
  m.r.n, m.r.e, m.r.m = nil, nil, reason ~= '' and reason or nil
  -- What the partner answered is read again, not sent again.
  if m.r.h ~= 'replied' then m.r.h = nil end
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
  forget_release(m)
  requeue()
  m.r.x = nil
  if placed then push_ready(m) else take_place(m) end
end

function verbs.cancel()
  if from ~= 'SCHEDULED' and from ~= 'QUEUED' and from ~= 'WAITING' then return {'STATE', from} end
  if m.r.h == 'replied' then return {'ANSWERED'} end
  if from ~= 'QUEUED' then call('ZREM', P .. 'due:' .. m.r.q, m.id) end
  ended('CANCELLED')
  if from == 'WAITING' then leave_key(m) end
end

function verbs.bury()
  if from ~= 'DEAD' then return {'STATE', from} end
  call('ZREM', P .. 'dead:' .. m.r.q, m.id)
  forget_release(m)
  ended('CANCELLED')
  if m.r.x == 'hold' then leave_key(m) end
end

function verbs.resolve()
  if from ~= 'IN_DOUBT' then return {'STATE', from} end
  local to, how = string.match(option, '^([A-Z]+):(.*)$')
  local skipped = m.r.x == 'release'
  if to == 'QUEUED' then
    local later = overtaken_by()
    if later and how ~= '1' then return {'STALE', later} end
  end
  if to == 'ANSWERED' and m.r.h ~= 'replied' then return {'NO_ANSWER'} end
  if to ~= 'ANSWERED' then forget_answer(m) end
  end_doubt(m)
  if to == 'DEAD' then
    m.r.m = reason ~= '' and reason or nil
    call('ZADD', P .. 'dead:' .. m.r.q, NOW, m.id)
    move(m, 'DEAD')
    if skipped then return end
    m.r.x = how
    if how == 'release' then let_go(m) end
    return
  end
  forget_release(m)
  m.r.x = nil
  if to ~= 'DELIVERED' then
    requeue()
    if skipped then take_place(m) else push_ready(m) end
  else
    ended('DELIVERED')
    if not skipped then leave_key(m) end
  end
end

-- The message that holds its key lets it go and stays for a person. A retry that came after later
-- messages would be stale, so there is none: WAITING becomes DEAD. One that waits for other keys goes on
-- without them.
function verbs.skip()
  if from == 'QUEUED' and stop_waiting(m) then
    m.r.m = reason
    if its_turn(m) then push_ready(m) end
    return
  end
  local first = m.r.k and holds(m) and first_of(m.r.q .. ':' .. m.r.k)
  if from == 'IN_FLIGHT' or not first or first.id ~= m.id then return {'STATE', from} end
  if from == 'WAITING' then
    call('ZREM', P .. 'due:' .. m.r.q, m.id)
    call('ZREM', P .. 'expire', m.id)
    call('ZADD', P .. 'dead:' .. m.r.q, NOW, m.id)
    m.r.t = nil
    move(m, 'DEAD')
  end
  local before = m.r.m
  m.r.m = before and before .. (string.match(before, '[.!?]$') and ' ' or '. ') .. reason or reason
  let_go(m)
end

-- Another message comes in for this one, which ends. In the same queue and key it takes the place;
-- elsewhere it comes last. It keeps the not-before time and has no time to live.
local woken = {}
function verbs.replace()
  local new, queue, key = ARGV[FIRST_PUT], ARGV[FIRST_PUT + 6], ARGV[FIRST_PUT + 7]
  local repeated = from == 'CANCELLED' and load(new)
  if not repeated and (from == 'IN_FLIGHT' or FINAL[from]) then return {'STATE', from} end
  if not repeated and m.r.h == 'replied' and from ~= 'IN_DOUBT' then return {'ANSWERED'} end
  local place = nil
  if not repeated then
    local listed = m.r.k and (from == 'QUEUED' or holds(m))
    if queue == m.r.q and key == m.r.k and from ~= 'SCHEDULED' then
      local later = overtaken_by()
      if later and option ~= '1' then return {'STALE', later} end
      place = function(n)
        n.r.i = m.r.i
        look(n)
        if not listed then return take_place(n) end
        local list = key_list(m)
        call('LSET', list, call('LPOS', list, m.id), n.id)
        m.r.j = nil
        if from ~= 'QUEUED' then push_ready(n) end
      end
    end
    if from == 'SCHEDULED' then ARGV[FIRST_PUT + 10] = math.max(0, m.r.t - NOW) end
    for _, index in ipairs({'due:', 'dead:', 'doubt:', 'probe:'}) do call('ZREM', P .. index .. m.r.q, m.id) end
    forget_release(m)
    forget_answer(m)
    ended('CANCELLED')
    if listed and not place and from ~= 'QUEUED' then leave_key(m) end
    -- The new one looks who is before it in the keys it waits for: this one is not.
    save(m)
  end
  if put(FIRST_PUT, nil, place, m)[4] == 1 then woken[1] = queue end
end

local refused = verbs[verb]()
if refused then return refused end
save(m)
for _, queue in ipairs(let_on()) do
  if queue ~= m.r.q and wake_due(queue, queue_counts(queue, 'QUEUED')) then woken[#woken + 1] = queue end
end
local wake = ready_length(m.r.q) > 0 and wake_due(m.r.q, queue_counts(m.r.q, 'QUEUED'))
return {'OK', m.r.q, wake and 1 or 0, unpack(woken)}
