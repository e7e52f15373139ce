-- Marks one lease as asked to let go, and tells its holder's process and those who wait.
-- Promises: one atomic step; only the grant that is named, and not in UPDATE, nor twice. The record keeps its expiry.
--
-- KEYS  1 the maildrop
-- ARGV  1 fencing token   2 'R' revoked or 'T' taken over   3 what the channels of processes begin with
--       4 the bucket's channel, where the key is published
-- Answers 1 when this call marked it.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local owner, record = all[i], all[i + 1]
  local token, process = string.match(record, '^(%d+)\n%d+\n([^\n]*)', 42)
  if token == ARGV[1] then
    if tonumber(string.sub(record, 1, 13)) <= now or tonumber(string.sub(record, 27, 39)) > now or string.sub(record, 40, 40) ~= '0' then
      return 0
    end
    redis.call('HSET', KEYS[1], owner, string.sub(record, 1, 39) .. ARGV[2] .. string.sub(record, 41))
    redis.call('PUBLISH', ARGV[3] .. process, ARGV[2] .. owner)
    redis.call('PUBLISH', ARGV[4], KEYS[1])
    return 1
  end
end
return 0
