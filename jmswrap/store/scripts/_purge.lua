-- Part: a settled record leaves the store.

-- The record was its own duplicate entry; for the rest of the window a small one takes its place.
local function remember(m)
  local left = m.r.a + WINDOW - NOW
  if m.r.u and left > 0 then
    local entry = cjson.encode({a = m.r.a, b = m.r.b, bc = m.r.bc, o = m.r.o})
    call('SET', P .. 'd:' .. m.id, entry, 'PX', left)
  end
end

local function purge(m)
  remember(m)
  clear_tombstone(m)
  call('ZREM', P .. 'settled', m.id)
  call('DEL', P .. 'm:' .. m.id, P .. 'b:' .. m.id, P .. 'a:' .. m.id, P .. 'r:' .. m.id)
  count(m.r.q, m.r.s .. '>-')
  call('HINCRBY', P .. 'n:' .. m.r.q, m.r.s, -1)
end

-- The log forgets the purged: those at its beginning at once, those behind messages that stay (a dead
-- one, say) window by window, so that one that stays for months does not keep all that came after it.
local function trim_log(queue, most)
  local log, popped = P .. 'log:' .. queue, 0
  while popped < most do
    local first = call('LINDEX', log, 0)
    if not first or call('EXISTS', P .. 'm:' .. first) == 1 then break end
    call('LPOP', log)
    popped = popped + 1
  end
  if popped == most then return end
  local from = tonumber(call('HGET', P .. 'trim', queue) or 0)
  local window, gone = call('LRANGE', log, from, from + most - 1), 0
  for at, id in ipairs(window) do
    if call('EXISTS', P .. 'm:' .. id) == 0 then
      call('LSET', log, from + at - 1, '')
      gone = gone + 1
    end
  end
  if gone > 0 then call('LREM', log, gone, '') end
  if #window == most then
    call('HSET', P .. 'trim', queue, from + most - gone)
  elseif from > 0 then
    call('HDEL', P .. 'trim', queue)
  end
end
