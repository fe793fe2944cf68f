#!lua flags=allow-oom
-- with: record
-- The raw answer is kept before anybody interprets it.
--
-- Keys:    m:ID r:ID clock
-- ARGV:    prefix, limits, id, fence, raw answer or '' when it is too large to be kept
-- Returns: 1, or 0 when the lease is over or another worker's
local m = load(ARGV[3])
if not m or m.r.s ~= 'IN_FLIGHT' or m.r.f ~= tonumber(ARGV[4]) then return 0 end
if ARGV[5] == '' then return 1 end
call('SET', P .. 'r:' .. m.id, ARGV[5])
m.r.h = 'replied'
save(m)
return 1
