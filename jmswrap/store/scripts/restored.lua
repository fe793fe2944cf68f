#!lua flags=allow-oom
-- with: record queue free lease purge run
-- The store is a copy, restored from a backup: what happened since is not known here.
--
-- Keys:    backup pause run fence queues m:ID b:ID a:ID r:ID d:ID lease due:QUEUE dead:QUEUE doubt:QUEUE probe:QUEUE
--          dk:QUEUE dl:QUEUE k:QUEUE:KEY q:QUEUE:PRIORITY expire settled slot:PARTNER brk:PARTNER n:QUEUE tot:DAY:QUEUE
--          parked park:QUEUE:ROUTE wait:QUEUE:KEY waits:QUEUE free seq clock
-- ARGV:    prefix, limits, then 'mark', backup                   for a snapshot that begins: it is of a copy
--          or 'begin', reason, queue, …      pause them and all others, begin an epoch
--          or 'each', reason, then for each message: id, accepted ms, its final state by the history or
--             'doubt' | 'probe' | 'keep', by what its route does with a message that may have arrived
--             What waits for other keys and is in doubt now waits for a person instead.
--          or 'end'                                             it is a store like others from here on
-- Returns: mark, begin, end: 1; each: for each message what became of it: 'SETTLED', 'DOUBT', 'KEPT', or '' where
--          nothing could have happened to it, or all is said already
-- Repeated after a crash it does what is left.
local verb, reason = ARGV[3], ARGV[4]

if verb == 'mark' then
  -- In neither the log nor a replica: whoever takes over from here is no copy.
  redis.set_repl(redis.REPL_NONE)
  call('HSET', P .. 'backup', 'copy', reason, 'by', string.match(call('INFO', 'server'), 'run_id:(%x+)'))
  redis.set_repl(redis.REPL_ALL)
  return 1
end

if verb == 'begin' then
  local queues = call('SMEMBERS', P .. 'queues')
  for at = 5, #ARGV do queues[#queues + 1] = ARGV[at] end
  for _, queue in ipairs(queues) do
    local before = call('HGET', P .. 'pause', 'q:' .. queue)
    local said = before and string.match(before, '^%d+ (.*)$')
    if not said then
      call('HSET', P .. 'pause', 'q:' .. queue, string.format('%d %s', NOW, reason))
    elseif not string.find(said, reason, 1, true) then
      call('HSET', P .. 'pause', 'q:' .. queue, string.format('%d %s (it was paused before: %s)', NOW, reason, said))
    end
  end
  new_epoch()
  return 1
end

if verb == 'end' then
  call('HDEL', P .. 'backup', 'copy', 'by')
  call('HSET', P .. 'backup', 'restored', NOW)
  return 1
end

-- Out of what finds it in its state; a key's list keeps it.
local function take_out(m)
  local s, queue = m.r.s, m.r.q
  if s == 'IN_FLIGHT' then end_lease(m) end
  if s == 'WAITING' or s == 'SCHEDULED' then call('ZREM', P .. 'due:' .. queue, m.id) end
  if s == 'DEAD' then call('ZREM', P .. 'dead:' .. queue, m.id) end
  if s == 'IN_DOUBT' then end_doubt(m) end
  if s == 'DEAD' or s == 'IN_DOUBT' then forget_release(m) end
  if m.r.e then call('ZREM', P .. 'expire', m.id) end
  m.r.t = nil
  if s == 'SCHEDULED' then
    move(m, 'QUEUED')
    join(m)
  end
  stop_waiting(m)
end

-- By moves that a message may make, so that the control totals stay true.
local STEPS = {
  QUEUED = {DELIVERED = {'IN_FLIGHT'}, IN_DOUBT = {'IN_FLIGHT', 'IN_DOUBT'}},
  IN_FLIGHT = {EXPIRED = {'QUEUED'}, CANCELLED = {'QUEUED'}, IN_DOUBT = {'IN_DOUBT'}},
  WAITING = {DELIVERED = {'QUEUED', 'IN_FLIGHT'}, IN_DOUBT = {'QUEUED', 'IN_FLIGHT', 'IN_DOUBT'}},
  DEAD = {DELIVERED = {'QUEUED', 'IN_FLIGHT'}, EXPIRED = {'QUEUED'}},
  IN_DOUBT = {EXPIRED = {'QUEUED'}},
}

local function step_towards(m, to)
  for _, state in ipairs(STEPS[m.r.s][to] or {}) do move(m, state) end
end

-- The history has it, whole: it leaves as what is carried there leaves.
local function settle_as(m, final)
  local listed = holds(m)
  take_out(m)
  if m.r.s == 'QUEUED' then
    leave_behind(m)
    -- It was told to wait for nobody above, when it may have had no entry.
    push_ready(m)
  end
  m.r.h, m.r.x = nil, nil
  step_towards(m, final)
  finish(m, final)
  if listed then leave_key(m) end
  purge(m)
  return 'SETTLED'
end

local function doubt(m, asked)
  take_out(m)
  step_towards(m, 'IN_DOUBT')
  -- A person may have the answer read that the partner gave before the backup.
  if asked or m.r.h ~= 'replied' then m.r.h = nil end
  m.r.m, m.r.f = reason, m.r.f or 0
  call('ZADD', P .. 'doubt:' .. m.r.q, NOW, m.id)
  if asked then call('ZADD', P .. 'probe:' .. m.r.q, NOW, m.id) end
  save(m)
  return 'DOUBT'
end

local function keep(m)
  if m.r.s == 'IN_FLIGHT' then
    end_lease(m)
    hand_back(m)
    save(m)
  end
  return 'KEPT'
end

-- For a person already, who has to know that it may have moved on.
local function noted(m)
  if string.find(m.r.m or '', reason, 1, true) then return '' end
  m.r.m = m.r.m and m.r.m .. (string.match(m.r.m, '[.!?]$') and ' ' or '. ') .. reason or reason
  save(m)
  return 'DOUBT'
end

local function judged(m, verdict)
  local s = m.r.s
  if FINAL[s] then return '' end
  if FINAL[verdict] then return settle_as(m, verdict) end
  if (s == 'SCHEDULED' or s == 'WAITING') and m.r.t > NOW then return '' end
  if s == 'DEAD' or s == 'IN_DOUBT' then return noted(m) end
  if verdict == 'keep' then return keep(m) end
  return doubt(m, verdict == 'probe')
end

local answer = {}
for at = 5, #ARGV, 3 do
  local m = load(ARGV[at])
  answer[#answer + 1] = m and m.r.a == tonumber(ARGV[at + 1]) and judged(m, ARGV[at + 2]) or ''
end
let_on()
return answer
