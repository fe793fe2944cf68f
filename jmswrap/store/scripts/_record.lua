-- Part: the server's clock, records, moves and control totals.
--
-- Every script gets ARGV[1] = prefix and ARGV[2] = limits joined by ':' (see keys.py and
-- calls.py); its own arguments begin at ARGV[3]. Scripts compute their keys from the
-- prefix: jmswrap does not run on Redis Cluster (neither does RQ).
--
-- The state line's fields: v schema, s state, q queue, k key, r route (absent: named as the
-- queue), p priority (absent: 4), a accepted, c changed (absent: a), t due, e expires (all ms),
-- d deliveries, n attempts, h phase, f fence, z fence that was settled last, w worker,
-- g partner whose slot is held, y in-doubt policy, x on_dead as decided (IN_DOUBT with release: skipped), i place in the key's
-- order, j 1 when it ended while QUEUED and was left behind in its key's list, m reason, o nonce,
-- wf names (QUEUE:KEY) of the keys it still waits for, b body hash, bc canonical hash, u 1 when its id is remembered after the purge, l last seen,
-- er when what it carried was erased, xq queue it goes to when it expires, pn how often the partner was asked about it in vain, kl how many workers in a row died while they had it,
-- ep the epoch it came in (absent: 0), rd 1 when it was claimed in a later one and so was possibly sent before,
-- bo the id that its sealed body is bound to (absent: its own), na 1 when its sender was sent a negative answer.
-- Numbers are whole milliseconds below 14 digits, which is what cjson writes exactly.

local call = redis.call
local P = ARGV[1] .. ':'
local LEASE, GRACE, PER_DRAIN, DRAINS_MAX, RETENTION, WINDOW, KEPT
do
  local limits = {}
  for number in string.gmatch(ARGV[2], '%d+') do limits[#limits + 1] = tonumber(number) end
  LEASE, GRACE, PER_DRAIN, DRAINS_MAX, RETENTION, WINDOW, KEPT = unpack(limits)
end

local NOW
do
  local time = call('TIME')
  NOW = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(call('GET', P .. 'clock') or 0)
end

-- When the maintenance ends that is under way, of spans "from-until,from-until"; nil when there is none.
local function closed_until(spans)
  for from, till in string.gmatch(spans, '(%d+)%-(%d+)') do
    if tonumber(from) <= NOW and NOW < tonumber(till) then return tonumber(till) end
  end
  return nil
end

-- yyyymmdd of a time in ms, UTC (days to civil date, as Hinnant describes it).
local function day_of(ms)
  local floor = math.floor
  local days = floor(ms / 86400000) + 719468
  local era = floor(days / 146097)
  local doe = days - era * 146097
  local yoe = floor((doe - floor(doe / 1460) + floor(doe / 36524) - floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + floor(yoe / 4) - floor(yoe / 100))
  local mp = floor((5 * doy + 2) / 153)
  local day = doy - floor((153 * mp + 2) / 5) + 1
  local month = mp < 10 and mp + 3 or mp - 9
  local year = yoe + era * 400 + (month <= 2 and 1 or 0)
  return string.format('%04d%02d%02d', year, month, day)
end

-- The day of what is counted now. A clock that steps back over midnight, by no more than this, does not begin the
-- day before again: its books are closed.
local STEP_BACK = 120000
local DAY
local function today()
  if DAY then return DAY end
  local began = call('HGET', P .. 'run', 'day')
  DAY = day_of(NOW)
  if began and DAY < began and began <= day_of(NOW + STEP_BACK) then
    DAY = began
  elseif began ~= DAY then
    call('HSET', P .. 'run', 'day', DAY)
  end
  return DAY
end

-- Counted before the queue's own counts change: the day's first event writes down what the day began with.
local function count(queue, event)
  local totals = P .. 'tot:' .. today() .. ':' .. queue
  if call('HINCRBY', totals, event, 1) > 1 then return end
  call('EXPIRE', totals, 34560000)
  if call('HSETNX', totals, '=at', NOW) == 0 then return end
  local counts = call('HGETALL', P .. 'n:' .. queue)
  for at = 1, #counts, 2 do call('HSET', totals, '=' .. counts[at], counts[at + 1]) end
end

-- A message in a script: id, r (the state line), head (newline and header line, never touched).
local function load(id)
  local raw = call('GET', P .. 'm:' .. id)
  if not raw then return nil end
  local line_end = string.find(raw, '\n', 1, true)
  return {id = id, r = cjson.decode(string.sub(raw, 1, line_end - 1)), head = string.sub(raw, line_end)}
end

-- Written by a later version, which knows what its fields mean: only that one works on it. Housekeeping goes on.
local SCHEMA = 1
local function newer(m) return (m.r.v or 1) > SCHEMA end

local function save(m)
  call('SET', P .. 'm:' .. m.id, cjson.encode(m.r) .. m.head)
end

local FINAL = {DELIVERED = true, EXPIRED = true, CANCELLED = true}

-- The one place where a state changes; counts and totals change with it. Returns the new
-- state's count in the queue. From '-' the message comes into the store, its body is there already.
local function move(m, to)
  local r = m.r
  local counts = P .. 'n:' .. r.q
  count(r.q, r.s .. '>' .. to)
  if r.s == '-' then
    call('HINCRBY', counts, 'bytes', call('STRLEN', P .. 'b:' .. m.id))
  else
    call('HINCRBY', counts, r.s, -1)
    r.c = NOW
    if FINAL[to] then call('HINCRBY', counts, 'bytes', -call('STRLEN', P .. 'b:' .. m.id)) end
  end
  local now_there = call('HINCRBY', counts, to, 1)
  r.s = to
  return now_there
end

local function queue_counts(queue, state)
  return tonumber(call('HGET', P .. 'n:' .. queue, state) or 0)
end
