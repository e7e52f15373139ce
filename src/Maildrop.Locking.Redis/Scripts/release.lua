-- Removes what this owner has at a maildrop, its record and its reservation, and nothing else; then tells those who wait.
-- Promises: one atomic step; nothing happens when this owner has nothing there.
--
-- KEYS  1 the maildrop
-- ARGV  1 owner   2 the bucket's channel, where the key is published
-- Answers how many fields went.
local gone = redis.call('HDEL', KEYS[1], ARGV[1], 'r' .. ARGV[1])
if gone > 0 then
  redis.call('PUBLISH', ARGV[2], KEYS[1])
end
return gone
