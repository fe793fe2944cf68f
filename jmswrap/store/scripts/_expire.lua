-- Part: a message's time to live ran out.

local EXPIRED = 'Its time to live ran out.'

-- The header line with two more properties. Quotes inside texts are escaped, so the mark is found at
-- the properties or nowhere; no text of a caller is decoded.
local function with_properties(head, id)
  local given = string.format('"expiredMessage":"%s","expiredReason":"%s"', id, EXPIRED)
  local _, last = string.find(head, '"p":{', 1, true)
  if last then return string.sub(head, 1, last) .. given .. ',' .. string.sub(head, last + 1) end
  local rest = string.sub(head, 3)
  return '\n{"p":{' .. given .. '}' .. (rest == '}' and '' or ',') .. rest
end

-- What it carried goes to the queue that its route names, for whichever route reads that; the sweep rings.
local function send_on(m, queue)
  local id = m.id
  repeat id = string.sub(redis.sha1hex(id .. ':expired'), 1, 26) until call('EXISTS', P .. 'm:' .. id) == 0
  local r = {v = 1, s = '-', q = queue, a = NOW, o = m.r.o, b = m.r.b, k = m.r.k, r = '', p = m.r.p, ep = m.r.ep}
  local n = {id = id, r = r, head = with_properties(m.head, m.id)}
  local body = call('GET', P .. 'b:' .. m.id) or ''
  -- A sealed body stays bound to the id it was sealed for.
  if string.byte(body) == 0 then r.bo = m.r.bo or m.id end
  call('SET', P .. 'b:' .. id, body)
  call('SADD', P .. 'queues', queue)
  call('RPUSH', P .. 'log:' .. queue, id)
  move(n, 'QUEUED')
  join(n)
  save(n)
end

local function expire(m)
  m.r.m = EXPIRED
  finish(m, 'EXPIRED')
  if m.r.xq then
    send_on(m, m.r.xq)
    m.r.m = EXPIRED .. ' What it carried went on to queue ' .. m.r.xq .. '.'
  end
end
