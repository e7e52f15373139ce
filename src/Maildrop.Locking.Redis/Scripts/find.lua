-- Reads the records in force of one maildrop.
-- Promises: nothing is written.
--
-- KEYS  1 the maildrop
-- Answers {now in ms, owner, record, owner, record, ...}.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local all = redis.call('HGETALL', KEYS[1])
local found = {string.format('%.0f', now)}
for i = 1, #all, 2 do
  if string.sub(all[i], 1, 1) ~= 'r' and (tonumber(string.sub(all[i + 1], 1, 13)) or 0) > now then
    found[#found + 1] = all[i]
    found[#found + 1] = all[i + 1]
  end
end
return found
