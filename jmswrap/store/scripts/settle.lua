#!lua flags=allow-oom
-- with: record queue wake free put lease
-- A worker says what became of a message it holds; its outputs are accepted in the same step.
--
-- Keys:    m:ID a:ID r:ID lease slot:PARTNER brk:PARTNER k:QUEUE:KEY q:QUEUE:PRIORITY due:QUEUE
--          dead:QUEUE doubt:QUEUE probe:QUEUE dk:QUEUE dl:QUEUE expire settled n:QUEUE tot:DAY:QUEUE armed clock
--          ans:ID, and those of accept.lua for every output
-- ARGV:    prefix, limits, id, fence, state, wait ms, reason, on_dead, attempt JSON or '',
--          partner's health 'up' | 'down' | '', the answer to keep or '', how many ms it is kept,
--          '1' when somebody may wait for it (channel PREFIX:answered), '1' when WAITING is for the kept answer to be
--          read again, '0' when that says nothing to whoever is IN_DOUBT, then one put block for each output
-- Returns: {1 done | 0 refused, queue to wake, …}
-- The outputs of a DEAD message are its answer: one that was answered and sent again in vain is not answered twice.
-- A second settlement under the same fence is answered "done" and changes nothing; it writes, so that WAIT
-- covers the first. A worker that lost its lease is refused, its attempt recorded; its success wins while no
-- redelivery was sent.

local FIRST_OUTPUT = 15
local CHANNEL = 'answered'
local id, fence, to = ARGV[3], tonumber(ARGV[4]), ARGV[5]
local wait, reason, on_dead, attempt, health = tonumber(ARGV[6]), ARGV[7], ARGV[8], ARGV[9], ARGV[10]

local function repeated(m)
  save(m)
  local answer = {1, m.r.q}
  for at = FIRST_OUTPUT, #ARGV, PUT_BLOCK do answer[#answer + 1] = ARGV[at + 6] end
  return answer
end

-- Bring a message that its worker had lost back into flight, so that the success can settle it.
local function win_back(m)
  local s = m.r.s
  if s == 'IN_FLIGHT' then return m.r.h == 'claimed' end
  if s == 'IN_DOUBT' then
    end_doubt(m)
    forget_release(m)
    m.r.x = nil
    return true
  end
  if s == 'WAITING' then
    call('ZREM', P .. 'due:' .. m.r.q, m.id)
    m.r.t = nil
    move(m, 'QUEUED')
  elseif s == 'QUEUED' then
    leave_behind(m)
  else
    return false
  end
  move(m, 'IN_FLIGHT')
  return true
end

local function partner_health(partner)
  if not partner or health == '' then return end
  local key = P .. 'brk:' .. partner
  if health == 'up' then
    call('DEL', key)
  else
    call('HINCRBY', key, 'failures', 1)
    call('HSET', key, 'last', NOW)
    call('PEXPIRE', key, 3600000)
  end
end

local m = load(id)
if not m then return {0} end
if m.r.z == fence then return repeated(m) end
local from, held = m.r.s, m.r.s == 'IN_FLIGHT' and m.r.f == fence
if attempt ~= '' then
  write_attempt(m, attempt)
  -- A lost lease was counted as an attempt when it lapsed.
  if held then m.r.n = (m.r.n or 0) + 1 end
end
if not held and not (to == 'DELIVERED' and win_back(m)) then
  save(m)
  return {0}
end

local partner = m.r.g
end_lease(m)
partner_health(partner)
m.r.z = fence
m.r.m = reason ~= '' and reason or nil
-- What is not here cannot be read again, and what the partner has is not sent again: a person decides.
local rereads = to == 'WAITING' and ARGV[14] == '1'
if rereads and m.r.h ~= 'replied' then to, wait, rereads = 'IN_DOUBT', 0, false end
local wakes, asked, outputs = {}, {}, true
local function wake(queue)
  if not asked[queue] then
    asked[queue] = true
    wakes[#wakes + 1] = queue
  end
end

if to == 'QUEUED' then
  if wake_due(m.r.q, hand_back(m)) then wake(m.r.q) end
else
  -- In doubt, and nobody will ask the partner: a person may have its answer read again.
  local for_a_person = to == 'IN_DOUBT' and wait == 0 and m.r.h == 'replied' and ARGV[14] ~= '0'
  if not rereads and not for_a_person then forget_answer(m) end
  -- Its worker lives. The count of one that was set aside for killing them stays, for a person to see.
  if (to ~= 'DEAD' and to ~= 'IN_DOUBT') or (m.r.kl or 0) <= SUSPECT then m.r.kl = nil end
  if to == 'DELIVERED' then
    finish(m, 'DELIVERED')
    if from ~= 'QUEUED' then leave_key(m) end
  elseif to == 'WAITING' then
    m.r.t = NOW + wait
    call('ZADD', P .. 'due:' .. m.r.q, m.r.t, id)
    may_expire(m)
    move(m, 'WAITING')
  elseif to == 'DEAD' then
    m.r.x = on_dead
    if #ARGV >= FIRST_OUTPUT then
      outputs, m.r.na = not m.r.na, 1
    end
    call('ZADD', P .. 'dead:' .. m.r.q, NOW, id)
    move(m, 'DEAD')
    if on_dead == 'release' then let_go(m) end
  else
    call('ZADD', P .. 'doubt:' .. m.r.q, NOW, id)
    if wait > 0 then call('ZADD', P .. 'probe:' .. m.r.q, NOW + wait, id) end
    move(m, 'IN_DOUBT')
  end
end
save(m)
if ARGV[11] ~= '' then
  call('SET', P .. 'ans:' .. id, string.format('%d ', NOW) .. ARGV[11], 'PX', ARGV[12])
  if ARGV[13] == '1' then call('PUBLISH', P .. CHANNEL, id) end
end
for at = FIRST_OUTPUT, outputs and #ARGV or 0, PUT_BLOCK do
  if put(at, nil, nil, m)[4] == 1 then wake(ARGV[at + 6]) end
end
for _, queue in ipairs(let_on()) do
  if wake_due(queue, queue_counts(queue, 'QUEUED')) then wake(queue) end
end
return {1, unpack(wakes)}
