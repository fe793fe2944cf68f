-- Part: who waited for another key goes on.

-- Most that are let on in one script: a key that thousands wait for must not hold up the server. The
-- sweep does the rest.
local MOST_FREED = 100

-- It is the first of its key, or stands alone.
local function its_turn(m)
  if not m.r.k then return true end
  local first = first_of(m.r.q .. ':' .. m.r.k)
  return first and first.id == m.id
end

-- It waits for this key no longer; true when it is ready.
local function free_one(id, name)
  call('ZREM', P .. 'wait:' .. name, id)
  local m = load(id)
  if not m or not m.r.wf then return nil end
  local left = {}
  for _, other in ipairs(m.r.wf) do
    if other ~= name then left[#left + 1] = other end
  end
  m.r.wf = left
  local ready = false
  if #left == 0 then
    stop_waiting(m)
    ready = its_turn(m) and push_ready(m)
  end
  save(m)
  return ready and m.r.q
end

-- Let those on whose key (QUEUE:KEY) has nothing before them any more; returns how many more may be.
local function free(name, most, ready)
  local waiting = P .. 'wait:' .. name
  local first, unknown, looked = nil, false, false
  while true do
    local next = call('ZRANGE', waiting, 0, 0, 'WITHSCORES')
    if next[1] and not looked then
      first, unknown = first_of(name)
      looked = true
    end
    if unknown or (next[1] and most == 0) then
      call('SADD', P .. 'free', name)
      return most
    end
    if not next[1] or (first and (first.r.i or 0) < tonumber(next[2])) then break end
    local queue = free_one(next[1], name)
    if queue then ready[queue] = true end
    most = most - 1
  end
  return most
end

-- At the end of a script, when all is saved: look at the keys whose first message left or ended. Returns the
-- queues where something became ready.
local function let_on()
  local ready, most = {}, MOST_FREED
  for name in pairs(changed_keys) do most = free(name, most, ready) end
  local queues = {}
  for queue in pairs(ready) do queues[#queues + 1] = queue end
  return queues
end

-- Go on with the keys that earlier scripts left over; true when more is left.
local function let_on_more(most)
  for _, name in ipairs(call('SRANDMEMBER', P .. 'free', 100)) do
    if most == 0 then return true end
    call('SREM', P .. 'free', name)
    most = free(name, most, {})
  end
  return call('EXISTS', P .. 'free') == 1
end
