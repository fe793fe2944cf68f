-- Part: when a wake-up is due, and who rings.
--
-- Armed is "due:rings:extra:mark": the time until which a wake-up is believed under way, how
-- many rang in vain since the last claim, when the last extra one was asked for, and a mark:
-- 1 a drain is blocked on the queue's bell, 2 a guard holds the queue until due, 0 neither.
--
-- Nobody arms a queue for longer than MOST_ARMED, so what lies further ahead was written before the
-- clock went back, and counts for nothing.
local MOST_ARMED = 120000
local function armed(queue)
  local value = call('HGET', P .. 'armed', queue)
  if not value then return 0, 0, 0, 0 end
  local due, rings, extra, mark = string.match(value, '^(%d+):(%d+):(%d+):(%d)$')
  due, extra = tonumber(due), tonumber(extra)
  if due > NOW + MOST_ARMED then due = 0 end
  if extra > NOW then extra = 0 end
  return due, tonumber(rings), extra, tonumber(mark)
end

local function set_armed(queue, due, rings, extra, mark)
  due = math.min(due, NOW + MOST_ARMED)
  call('HSET', P .. 'armed', queue, string.format('%d:%d:%d:%d', due, rings, extra, mark))
end

local function live_drains(queue) return call('ZCOUNT', P .. 'drains:' .. queue, NOW, NOW + LEASE) end

-- Something became ready: true when the caller must enqueue a wake-up. Rings that nobody
-- answers come further and further apart, so that a stopped pool does not drown in them.
local function wake_due(queue, queued)
  local due, rings, extra, mark = armed(queue)
  if mark == 1 and NOW < due then
    call('RPUSH', P .. 'bell:' .. queue, '1')
    call('PEXPIRE', P .. 'bell:' .. queue, GRACE)
    set_armed(queue, NOW + GRACE, 0, extra, 0)
    return false
  end
  if NOW >= due then
    if live_drains(queue) >= DRAINS_MAX then
      set_armed(queue, NOW + GRACE, rings, extra, 0)
      return false
    end
    set_armed(queue, NOW + GRACE * 2 ^ math.min(rings, 4), rings + 1, extra, 0)
    return true
  end
  if queued > PER_DRAIN and NOW - extra >= 1000 then
    local drains = live_drains(queue)
    if drains > 0 and drains < DRAINS_MAX and queued > PER_DRAIN * drains then
      set_armed(queue, due, rings, NOW, 0)
      return true
    end
  end
  return false
end
