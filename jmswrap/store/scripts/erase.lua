#!lua flags=allow-oom
-- with: record
-- What settled messages carried is blanked: bodies, headers, properties, answers, sentences. That they
-- were there, when, and what became of them, stays. Of one that left the store, an answer may still be kept: that goes.
--
-- Keys:    m:ID b:ID a:ID r:ID ans:ID clock
-- ARGV:    prefix, limits, then ids
-- Returns: how many were blanked; messages that still move are left alone
local function blank_attempts(key)
  for at = 0, call('LLEN', key) - 1 do
    local ended, json = string.match(call('LINDEX', key, at), '^(%d+) (.*)$')
    local attempt = cjson.decode(json)
    attempt.r, attempt.rs, attempt.s, attempt.f = nil, nil, nil, nil
    call('LSET', key, at, ended .. ' ' .. cjson.encode(attempt))
  end
end

local blanked = 0
for at = 3, #ARGV do
  local id = ARGV[at]
  local m = load(id)
  if m and (m.r.s == 'DELIVERED' or m.r.s == 'EXPIRED' or m.r.s == 'CANCELLED') then
    local header = cjson.decode(string.sub(m.head, 2))
    header.p, header.h = nil, nil
    m.head = '\n' .. cjson.encode(header)
    m.r.m = nil
    m.r.er = NOW
    save(m)
    call('SET', P .. 'b:' .. id, '')
    call('DEL', P .. 'r:' .. id)
    call('DEL', P .. 'ans:' .. id)
    blank_attempts(P .. 'a:' .. id)
    blanked = blanked + 1
  elseif not m then
    call('DEL', P .. 'ans:' .. id)
  end
end
return blanked
