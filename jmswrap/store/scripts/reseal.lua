#!lua flags=allow-oom
-- with: record
-- What a message carries is replaced by the same under another key, unless it changed meanwhile.
--
-- Keys:    m:ID b:ID r:ID a:ID n:QUEUE clock
-- ARGV:    prefix, limits, id, SHA-1 of the body as it was read, body or '', SHA-1 of the raw answer,
--          raw answer or '', then for each attempt: as it was read, as it is to be; '' leaves what is there
-- Returns: how many parts were replaced
local m = load(ARGV[3])
if not m then return 0 end
local body, reply, attempts = P .. 'b:' .. m.id, P .. 'r:' .. m.id, P .. 'a:' .. m.id
local replaced = 0

if ARGV[5] ~= '' then
  local there = call('GET', body)
  if there and redis.sha1hex(there) == ARGV[4] then
    call('SET', body, ARGV[5])
    if not FINAL[m.r.s] then call('HINCRBY', P .. 'n:' .. m.r.q, 'bytes', #ARGV[5] - #there) end
    replaced = replaced + 1
  end
end
if ARGV[7] ~= '' then
  local there = call('GET', reply)
  if there and redis.sha1hex(there) == ARGV[6] then
    call('SET', reply, ARGV[7])
    replaced = replaced + 1
  end
end
for at = 8, #ARGV, 2 do
  for index, entry in ipairs(call('LRANGE', attempts, 0, -1)) do
    if entry == ARGV[at] then
      call('LSET', attempts, index - 1, ARGV[at + 1])
      replaced = replaced + 1
    end
  end
end
return replaced
