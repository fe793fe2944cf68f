-- Part: which server this is, and whether it goes on with the history of the one before.
--
-- A server that took over from another, or a restored copy, may not know the last things that
-- happened: that a message was sent, say. So every record carries the epoch it came in (`ep`; absent:
-- 0), and one of an earlier epoch than now is possibly redelivered. Nothing else needs to be touched.

-- Tokens given by the server before are not given again.
local FENCES_LOST = 1000000

local function new_epoch()
  call('INCRBY', P .. 'fence', FENCES_LOST)
  return call('HINCRBY', P .. 'run', 'epoch', 1)
end

-- The epoch now; a failover is seen here. A server that starts again from its own disk has a new
-- replication id but none before it, and has lost nothing.
local function epoch()
  local known = call('HMGET', P .. 'run', 'repl', 'epoch')
  local info = call('INFO', 'replication')
  local id = string.match(info, 'master_replid:(%w+)')
  if known[1] == id then return tonumber(known[2] or 0) end
  call('HSET', P .. 'run', 'repl', id)
  if not known[1] or string.find(string.match(info, 'master_replid2:(%w+)'), '^0+$') then
    return tonumber(known[2] or 0)
  end
  return new_epoch()
end

local function possibly_sent(m, now) return (m.r.ep or 0) < now end
