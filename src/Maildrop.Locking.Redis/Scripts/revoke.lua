-- Marks one lease as revoked, and tells its holder's process and those who wait.
-- Promises: one atomic step; only the grant that is named, not in UPDATE, and not one that was asked to let go before, unless that was
-- for its silence, which could come to nothing. The record keeps its expiry.
--
-- KEYS  1 the maildrop
-- ARGV  1 fencing token   2 what the channels of processes begin with   3 the bucket's channel, where the key is published
-- Answers 1 when this call marked it.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local owner, record = all[i], all[i + 1]
  local token, process = string.match(record, '^(%d+)\n%d+\n([^\n]*)', 43)
  if token == ARGV[1] then
    local asked = string.sub(record, 40, 40)
    if tonumber(string.sub(record, 1, 13)) <= now or tonumber(string.sub(record, 27, 39)) > now or (asked ~= '0' and asked ~= 'I') then
      return 0
    end
    redis.call('HSET', KEYS[1], owner, string.sub(record, 1, 39) .. 'R' .. string.sub(record, 41))
    redis.call('PUBLISH', ARGV[2] .. process, 'R' .. owner)
    redis.call('PUBLISH', ARGV[3], KEYS[1])
    return 1
  end
end
return 0
