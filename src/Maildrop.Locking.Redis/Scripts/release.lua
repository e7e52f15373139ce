-- Removes what this owner has at a maildrop, its record and its reservation, and nothing else; then tells those who wait.
-- Promises: one atomic step; nothing happens when this owner has nothing there.
--
-- KEYS  1 the maildrop   2 the owner of its last login; only where the grant was none
-- ARGV  1 owner   2 the bucket's channel, where the key is published
-- Answers how many fields went.
local gone = redis.call('HDEL', KEYS[1], ARGV[1], 'r' .. ARGV[1])
if KEYS[2] and redis.call('GET', KEYS[2]) == ARGV[1] then
  redis.call('DEL', KEYS[2])
end
if gone > 0 then
  redis.call('PUBLISH', ARGV[2], KEYS[1])
end
return gone
