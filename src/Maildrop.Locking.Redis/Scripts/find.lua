-- Reads the leases in force of one maildrop. Nothing is written.
--
-- KEYS  1 the maildrop
-- Answers {now, entry, its end, its mark, entry, ...}, oldest grant first.
--#clock
local value = redis.pcall('GET', KEYS[1])
--#record
local record = read(KEYS[1], value)
if not record then
  return unreadable(KEYS[1])
end
local found = {string.format('%.0f', now)}
for _, holder in ipairs(record.h) do
  found[#found + 1] = holder[1]
  found[#found + 1] = string.format('%.0f', holder[2])
  found[#found + 1] = holder[3]
end
return found
