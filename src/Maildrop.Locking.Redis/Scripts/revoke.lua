-- Marks one lease as revoked, and tells its holder's process and those who wait.
-- Promises: one atomic step; only the grant that is named, not in UPDATE, and not one that was asked to let go before, unless that was
-- for its silence, which could come to nothing. The record keeps its expiry.
--
-- KEYS  1 the maildrop
-- ARGV  1 fencing token   2 what the channels of processes begin with   3 the bucket's channel, where the key is published
-- Answers 1 when this call marked it.
local sub = string.sub
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local owner, record = all[i], all[i + 1]
  if #owner == 32 and tonumber(sub(record, 1, 16)) == tonumber(ARGV[1]) then
    local long = sub(record, 28, 28) == '+'
    local asked = sub(record, 25, 25)
    local over = (tonumber(long and sub(record, 42, 54) or sub(record, 1, 13)) or 0) + (tonumber(sub(record, 17, 24)) or 0) <= now
    if over or (long and tonumber(sub(record, 68, 80)) > now) or (asked ~= '0' and asked ~= 'I') then
      return 0
    end
    redis.call('HSET', KEYS[1], owner, sub(record, 1, 24) .. 'R' .. sub(record, 26))
    redis.call('PUBLISH', ARGV[2] .. string.match(record, '^\n([^\n]*)', long and 81 or 28), 'R' .. owner)
    redis.call('PUBLISH', ARGV[3], KEYS[1])
    return 1
  end
end
return 0
