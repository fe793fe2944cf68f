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
  call('HINCRBY', P .. 'n:' .. m.r.q, m.r.s, -1)
  count(m.r.q, m.r.s .. '>-')
end

-- The log forgets the purged at its beginning.
local function trim_log(queue, most)
  for _ = 1, most do
    local first = call('LINDEX', P .. 'log:' .. queue, 0)
    if not first or call('EXISTS', P .. 'm:' .. first) == 1 then break end
    call('LPOP', P .. 'log:' .. queue)
  end
end
