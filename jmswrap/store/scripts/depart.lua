#!lua flags=allow-oom
-- with: record queue purge
-- Settled messages that the history holds leave the store; one that changed since it was read stays.
--
-- Keys:    settled m:ID b:ID a:ID r:ID d:ID log:QUEUE trim k:QUEUE:KEY q:QUEUE:PRIORITY n:QUEUE tot:DAY:QUEUE clock
-- ARGV:    prefix, limits, then for each message: id, mark
--          mark: SHA-1 of the record, the number of its attempts, and the last of them, as they were read
-- Returns: how many left
local function is_final(m) return m.r.s == 'DELIVERED' or m.r.s == 'EXPIRED' or m.r.s == 'CANCELLED' end

local left, trimmed = 0, {}
for at = 3, #ARGV, 2 do
  local id = ARGV[at]
  local record = call('GET', P .. 'm:' .. id)
  if not record then
    call('ZREM', P .. 'settled', id)
  else
    local attempts = P .. 'a:' .. id
    local mark = redis.sha1hex(record .. call('LLEN', attempts) .. (call('LINDEX', attempts, -1) or ''))
    local m = mark == ARGV[at + 1] and load(id)
    if m and is_final(m) then
      purge(m)
      left = left + 1
      trimmed[m.r.q] = (trimmed[m.r.q] or 0) + 2
    end
  end
end
for queue, most in pairs(trimmed) do trim_log(queue, most) end
return left
