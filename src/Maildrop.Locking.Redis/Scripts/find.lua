-- Reads the records in force of one maildrop.
-- Promises: nothing is written.
--
-- KEYS  1 the maildrop
-- Answers {now in ms, owner, record, owner, record, ...}.
local sub = string.sub
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local all = redis.call('HGETALL', KEYS[1])
local found = {string.format('%.0f', now)}
for i = 1, #all, 2 do
  local record = all[i + 1]
  local renewed = sub(record, 28, 28) == '+' and sub(record, 42, 54) or sub(record, 1, 13)
  if #all[i] == 32 and (tonumber(renewed) or 0) + (tonumber(sub(record, 17, 24)) or 0) > now then
    found[#found + 1] = all[i]
    found[#found + 1] = record
  end
end
return found
