-- Part: a queue's ready lists and its keys' lists.
--
-- A key's list is sorted by `i`. Only its head may hold it (IN_FLIGHT, WAITING, or IN_DOUBT and DEAD
-- that did not let it go); all others are QUEUED. What let its key go is not in the list. Cancelled
-- and expired messages stay in the list as tombstones until the head comes to them or they are
-- purged, so that ending a message is O(1). An entry too many in a ready list is harmless: a claim that
-- finds the key held drops it. A list that is not empty has its head holding the key or waiting for
-- another key, or the key's entry in a ready list or put aside.
--
-- A route may let its messages wait for keys of other queues. Such a message gets a place `i` like those
-- of keys, all of them from the one counter `seq`, and waits for a key (`wf`) as long as the first message
-- of that key's list that has not ended has a smaller place. So all that came before it has left the key,
-- or ended, and what comes later never counts. It is QUEUED meanwhile, has no entry in a ready list, and
-- stands in wait:QUEUE:KEY by its place.
--
-- Nobody can wait in a circle, whatever the routes declare: who waits, waits for the first of a list (its
-- own key's, or another's). The first of a list waits for nobody of its own list, and only for firsts of
-- other lists with a smaller place than its own. From one to the next the place falls, so it never comes
-- back. That a message is looked at once, when it joins, and is free for ever once its keys let it go,
-- keeps this true when messages are replayed, handed back or replaced in their old places.

local function key_list(m) return P .. 'k:' .. m.r.q .. ':' .. m.r.k end

local function holds(m)
  local s = m.r.s
  return s == 'IN_FLIGHT' or s == 'WAITING' or ((s == 'IN_DOUBT' or s == 'DEAD') and m.r.x ~= 'release')
end

-- What waits for another key is not ready; true when it is.
local function push_ready(m, front)
  if m.r.wf then return false end
  local entry = m.r.k and ('=' .. m.r.k) or ('~' .. m.id)
  call(front and 'LPUSH' or 'RPUSH', P .. 'q:' .. m.r.q .. ':' .. (m.r.p or 4), entry)
  return true
end

-- Ready entries of a paused route are put aside, so that those of other routes on its queue go on.
local function route_of(m) return m.r.r or m.r.q end

local function route_paused(route) return call('HEXISTS', P .. 'pause', 'r:' .. route) == 1 end

local function park(m, priority, entry)
  local name = m.r.q .. ':' .. route_of(m)
  call('RPUSH', P .. 'park:' .. name, priority .. ':' .. entry)
  call('SADD', P .. 'parked', name)
end

-- What was put aside comes back to the front once its route goes on; true when more is left.
local function unpark(most)
  for _, name in ipairs(call('SMEMBERS', P .. 'parked')) do
    local queue, route = string.match(name, '^([^:]*):(.*)$')
    while not route_paused(route) do
      local put_aside = call('RPOP', P .. 'park:' .. name)
      if not put_aside then
        call('SREM', P .. 'parked', name)
        break
      end
      if most == 0 then
        call('RPUSH', P .. 'park:' .. name, put_aside)
        return true
      end
      most = most - 1
      local priority, entry = string.match(put_aside, '^(%d):(.*)$')
      call('LPUSH', P .. 'q:' .. queue .. ':' .. priority, entry)
    end
  end
  return false
end

local function ready_length(queue)
  local length = 0
  for priority = 0, 9 do length = length + call('LLEN', P .. 'q:' .. queue .. ':' .. priority) end
  return length
end

-- Drop the first of a key's list, a tombstone; at its purge nobody needs to look for it any more.
local function drop_first(list, m)
  call('LPOP', list)
  if m and m.r.j then
    m.r.j = nil
    save(m)
  end
end

-- The first message of a key (QUEUE:KEY) that has not ended, or nil; tombstones before it are dropped, so
-- what it meets must be saved. Bounded: nil and true when there are more of them.
local function first_of(name)
  local list = P .. 'k:' .. name
  for _ = 1, 1000 do
    local id = call('LINDEX', list, 0)
    if not id then return nil, false end
    local m = load(id)
    if m and (m.r.s == 'QUEUED' or holds(m)) then return m, false end
    drop_first(list, m)
  end
  return nil, true
end

-- Of the keys that its route lets it wait for, those that hold an earlier message stay with it.
local function look(m)
  if not m.r.wf then return end
  local place, left = m.r.i or call('INCR', P .. 'seq'), {}
  local own = m.r.k and m.r.q .. ':' .. m.r.k
  for _, name in ipairs(m.r.wf) do
    local first, unknown
    -- In its own key it waits for its turn anyway.
    if name ~= own then first, unknown = first_of(name) end
    if unknown then call('SADD', P .. 'free', name) end
    if unknown or (first and (first.r.i or 0) < place) then
      left[#left + 1] = name
      call('ZADD', P .. 'wait:' .. name, place, m.id)
    end
  end
  if #left == 0 then
    m.r.wf = nil
  else
    m.r.i, m.r.wf = place, left
    call('ZADD', P .. 'waits:' .. m.r.q, NOW, m.id)
  end
end

-- It ended, or goes on by itself: true when it had waited for other keys.
local function stop_waiting(m)
  if not m.r.wf then return false end
  for _, name in ipairs(m.r.wf) do call('ZREM', P .. 'wait:' .. name, m.id) end
  call('ZREM', P .. 'waits:' .. m.r.q, m.id)
  m.r.wf = nil
  return true
end

-- Keys whose first message may be another one now; at the end of the script `let_on` looks who waited for it.
local changed_keys = {}
local function first_changed(m)
  if m.r.k then changed_keys[m.r.q .. ':' .. m.r.k] = true end
end

-- The message takes its place at the end of its key (or stands alone); true when it is ready.
local function join(m)
  if not m.r.k then
    look(m)
    return push_ready(m)
  end
  m.r.i = call('INCR', P .. 'seq')
  look(m)
  if call('RPUSH', key_list(m), m.id) > 1 then return false end
  return push_ready(m)
end

-- After the head left: drop tombstones and make the next message ready. Bounded: a long run
-- of tombstones is left to the next claim, which drops them as it finds them.
local function advance(m)
  local list = key_list(m)
  for _ = 1, 1000 do
    local id = call('LINDEX', list, 0)
    if not id then return end
    local head = load(id)
    if head and head.r.s == 'QUEUED' then return push_ready(head) end
    if head and holds(head) then return end
    drop_first(list, head)
  end
  push_ready(m)
end

-- The message that held its key leaves it. (A QUEUED one is left behind as a tombstone.)
local function leave_key(m)
  if not m.r.k then return end
  first_changed(m)
  local list = key_list(m)
  if call('LINDEX', list, 0) == m.id then call('LPOP', list) else call('LREM', list, 1, m.id) end
  advance(m)
end

-- It stays for a person, and later messages of its key go on; counted, so that their deliveries are
-- remembered: what comes back after them would be stale.
local function let_go(m)
  m.r.x = 'release'
  if not m.r.k then return end
  call('HINCRBY', P .. 'dk:' .. m.r.q, m.r.k, 1)
  leave_key(m)
end

-- It had let its key go: count it out of those a later delivery is remembered for.
local function forget_release(m)
  if m.r.k and m.r.x == 'release' and call('HINCRBY', P .. 'dk:' .. m.r.q, m.r.k, -1) <= 0 then
    call('HDEL', P .. 'dk:' .. m.r.q, m.r.k)
    call('HDEL', P .. 'dl:' .. m.r.q, m.r.k)
  end
end

-- A QUEUED message stays behind in its key's list as a tombstone. (An entry of one that stands alone is dropped
-- by the claim that finds it.)
local function leave_behind(m)
  local waited = stop_waiting(m)
  if not m.r.k then return end
  m.r.j = 1
  first_changed(m)
  -- Its key may have no entry: it waited for others, or the entry was put aside with its route, and the
  -- next message may be another route's.
  if waited or route_paused(route_of(m)) then push_ready(m) end
end

-- Nothing leaves this state: the record stays visible for the retention time.
local function finish(m, state)
  if m.r.s == 'QUEUED' then leave_behind(m) else stop_waiting(m) end
  if m.r.e then call('ZREM', P .. 'expire', m.id) end
  call('ZADD', P .. 'settled', NOW + RETENTION, m.id)
  if state == 'DELIVERED' and m.r.k and call('HEXISTS', P .. 'dk:' .. m.r.q, m.r.k) == 1 then
    local last = call('HGET', P .. 'dl:' .. m.r.q, m.r.k)
    if not last or tonumber(string.match(last, '^%d+')) < m.r.i then
      call('HSET', P .. 'dl:' .. m.r.q, m.r.k, string.format('%d:%s', m.r.i, m.id))
    end
  end
  move(m, state)
end

-- Entries of keys' lists that one script may look through, some 15 ms: then it leaves the rest to the next.
local MOST_LOOKED_AT = 500000
local looked_at = 0

-- Before a record is purged: its id may come again, and must not meet its own tombstone.
local function clear_tombstone(m)
  if not m.r.j then return end
  looked_at = looked_at + call('LLEN', key_list(m))
  call('LREM', key_list(m), 1, m.id)
end

-- Due messages of a queue become QUEUED; returns how many and whether one became ready.
local function promote(queue, limit)
  local due = call('ZRANGEBYSCORE', P .. 'due:' .. queue, '-inf', NOW, 'LIMIT', 0, limit)
  local any_ready = false
  for _, id in ipairs(due) do
    call('ZREM', P .. 'due:' .. queue, id)
    local m = load(id)
    if m and (m.r.s == 'SCHEDULED' or m.r.s == 'WAITING') then
      local from = m.r.s
      move(m, 'QUEUED')
      m.r.t = nil
      m.r.m = nil
      if from == 'SCHEDULED' then
        any_ready = join(m) or any_ready
      else
        any_ready = push_ready(m) or any_ready
      end
      save(m)
    end
  end
  return #due, any_ready
end
