-- Revokes one lease, as RevokeDecision says, in one atomic step. Then notifies its process and waiting sessions.
--
-- KEYS  1 the maildrop
-- ARGV  1 fencing token, 16 digits   2 prefix of the process channels   3 the bucket's channel
-- Answers 1 when this call revoked it.
--#clock
local value = redis.pcall('GET', KEYS[1])
--#record
local record = read(KEYS[1], value)
if not record then
  return unreadable(KEYS[1])
end
for _, holder in ipairs(record.h) do
  if sub(holder[1], 33, 48) == ARGV[1] then
    if holder[3] == 'T' or holder[3] == 'R' or tonumber(sub(holder[1], 77, 89)) > now then
      return 0
    end
    holder[3] = 'R'
    write(KEYS[1], record)
    notify(ARGV[2], holder)
    call('PUBLISH', ARGV[3], KEYS[1])
    return 1
  end
end
return 0
