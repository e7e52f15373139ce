-- Removes what this owner has at a maildrop, its record and its reservation, and nothing else; then tells those who wait.
-- Promises: one atomic step; nothing happens when this owner has nothing there.
--
-- KEYS  1 the maildrop   2 the owner of its last login; only where the grant was none
-- ARGV  1 owner   2 what the connection puts before channels   3 '1' when there may be a reservation; both only where one is not as usual
-- Answers how many fields went.
local key, owner = KEYS[1], ARGV[1]
local gone, told
if ARGV[3] == '1' then
  gone = redis.call('HDEL', key, owner, 'w' .. owner, 'r' .. owner)
  told = gone > 0
else
  -- Two went: there was a mark, and somebody waits.
  gone = redis.call('HDEL', key, owner, 'w' .. owner)
  told = gone > 1
end
if KEYS[2] and redis.call('GET', KEYS[2]) == owner then
  redis.call('DEL', KEYS[2])
end
if told then
  redis.call('PUBLISH', (ARGV[2] or '') .. string.match(key, '^.-}'), key)
end
return gone
