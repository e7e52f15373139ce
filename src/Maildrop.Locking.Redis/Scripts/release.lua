-- Removes an owner's lease, reservation, proposal and undelivered login, as ReleaseDecision says, in one atomic step. Then notifies waiting sessions.
--
-- KEYS  1 the maildrop   2 the owner of its last login; only if the grant was not delivered
-- ARGV  1 owner   2 the bucket's channel
-- Answers 1 when it removed something.
local value, owner, removed = redis.pcall('GET', KEYS[1]), ARGV[1], false
if KEYS[2] and call('GET', KEYS[2]) == owner then
  call('DEL', KEYS[2])
  removed = true
end
if not value then
  return removed and 1 or 0
end
if type(value) == 'string' and sub(value, 2, 33) == owner and sub(value, 1, 1) == 'S' then
  call('DEL', KEYS[1])
  return 1
end
--#clock
--#record
local record = read(KEYS[1], value)
if not record then
  return unreadable(KEYS[1])
end
for _, list in ipairs({record.h, record.r}) do
  for i, item in ipairs(list) do
    if sub(item[1], 1, 32) == owner then
      table.remove(list, i)
      removed = true
      break
    end
  end
end
if record.p and record.p[1] == owner then
  drop_proposal(record)
  removed = true
end
if not removed then
  return 0
end
write(KEYS[1], record)
call('PUBLISH', ARGV[2], KEYS[1])
return 1
