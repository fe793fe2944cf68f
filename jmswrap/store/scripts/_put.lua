-- Part: a message comes into the store (from a caller, or as the output of a settlement).
--
-- A put block is 14 arguments: id, nonce, body hash, canonical hash or '', header line, body,
-- queue, key or '', route, priority, delay ms, time to live ms (and ':QUEUE' it goes to then), '1' when its id is remembered,
-- JSON list of the keys it waits for (QUEUE:KEY) or ''.

local PUT_BLOCK = 14

-- Tell how an id that was seen before is answered. Both ways to a receipt write, so that WAIT, which answers for
-- its own connection's writes only, covers the first acceptance as well.
local function seen_before(at, known, save_known)
  if known.o == ARGV[at + 1] then
    save_known()
    return {'ACCEPTED', known.a}
  end
  local canonical = ARGV[at + 3]
  if known.b ~= ARGV[at + 2] and (canonical == '' or known.bc ~= canonical) then return {'REUSED', known.a} end
  known.l = NOW
  save_known()
  count(ARGV[at + 6], 'duplicate')
  return {'DUPLICATE', known.a}
end

-- What is delayed alike, or expires alike, does so in the order it came in, also within one millisecond, and what is
-- delayed where the clock steps back a little. The part is for the index only; doubles hold so many of a millisecond.
local PARTS = 2048
local function in_turn()
  local last = call('HGET', P .. 'run', 'turn')
  local ms, part = string.match(last or '0:0', '^(%d+):(%d+)$')
  ms, part = tonumber(ms), tonumber(part) + 1
  if NOW > ms or ms > NOW + STEP_BACK then
    ms, part = NOW, 0
  elseif part == PARTS then
    ms, part = ms + 1, 0
  end
  call('HSET', P .. 'run', 'turn', string.format('%d:%d', ms, part))
  return ms, part / PARTS
end

local function score(ms, part) return string.format('%.17g', ms + part) end

-- Returns status, accepted ms, header line of the first acceptance ('' when it is gone), wake 0 or 1.
-- What was seen before takes no room; for what was not, `refusal` may return another answer.
-- `place` puts it into its key's order where that is not the end; true when it is ready there.
-- What comes of a `parent` may have been sent before if that may have been.
local function put(at, refusal, place, parent)
  local id, queue = ARGV[at], ARGV[at + 6]
  local m = load(id)
  if m then
    local answer = seen_before(at, m.r, function() save(m) end)
    local repeated = answer[1] == 'ACCEPTED' and m.r.s == 'QUEUED'
    return {answer[1], answer[2], string.sub(m.head, 2), repeated and 1 or 0}
  end
  local entry = call('GET', P .. 'd:' .. id)
  if entry then
    local known = cjson.decode(entry)
    local answer = seen_before(at, known, function()
      call('SET', P .. 'd:' .. id, cjson.encode(known), 'KEEPTTL')
    end)
    return {answer[1], answer[2], '', 0}
  end
  local refused = refusal and refusal(queue)
  if refused then return refused end

  local r = {v = 1, s = '-', q = queue, a = NOW, o = ARGV[at + 1], b = ARGV[at + 2]}
  m = {id = id, r = r, head = '\n' .. ARGV[at + 4]}
  if ARGV[at + 3] ~= '' then r.bc = ARGV[at + 3] end
  if ARGV[at + 7] ~= '' then r.k = ARGV[at + 7] end
  if ARGV[at + 8] ~= queue then r.r = ARGV[at + 8] end
  if ARGV[at + 9] ~= '4' then r.p = tonumber(ARGV[at + 9]) end
  if ARGV[at + 12] == '1' then r.u = 1 end
  if parent then
    r.ep = parent.r.ep
  else
    local now_epoch = call('HGET', P .. 'run', 'epoch')
    if now_epoch then r.ep = tonumber(now_epoch) end
  end
  if ARGV[at + 13] ~= '' then r.wf = cjson.decode(ARGV[at + 13]) end
  local delay = tonumber(ARGV[at + 10])
  local live, onward = string.match(ARGV[at + 11], '^(%d+):?(.*)$')
  live = tonumber(live)
  if live > 0 and onward ~= '' then r.xq = onward end
  call('SET', P .. 'b:' .. id, ARGV[at + 5])
  call('SADD', P .. 'queues', queue)
  call('RPUSH', P .. 'log:' .. queue, id)
  local ms, part
  if live > 0 or delay > 0 then ms, part = in_turn() end
  if live > 0 then
    r.e = NOW + live
    call('ZADD', P .. 'expire', score(r.e, part), id)
  end
  local wake = false
  if delay > 0 then
    r.t = ms + delay
    call('ZADD', P .. 'due:' .. queue, score(r.t, part), id)
    move(m, 'SCHEDULED')
  else
    local queued = move(m, 'QUEUED')
    wake = (place or join)(m) and wake_due(queue, queued)
  end
  save(m)
  return {'ACCEPTED', NOW, '', wake and 1 or 0}
end
