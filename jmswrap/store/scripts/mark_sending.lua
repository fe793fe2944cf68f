#!lua flags=allow-oom
-- with: record
-- The first byte is about to leave: from here on an expired lease means doubt.
--
-- Keys:    m:ID lease clock
-- ARGV:    prefix, limits, id, fence, in-doubt policy 'park' | 'redeliver' | 'probe'
-- Returns: 1, or 0 when the lease is over or another worker's
-- Repeated under the same fence it counts no second delivery; it writes, so that WAIT covers the first mark.
local m = load(ARGV[3])
if not m or m.r.s ~= 'IN_FLIGHT' or m.r.f ~= tonumber(ARGV[4]) then return 0 end
local ends = tonumber(call('ZSCORE', P .. 'lease', m.id) or 0)
if ends <= NOW then return 0 end
if m.r.h ~= 'sending' then
  m.r.h, m.r.y = 'sending', ARGV[5]
  m.r.d = (m.r.d or 0) + 1
end
m.r.m = nil
save(m)
return 1
