-- Renews leases of one bucket.
-- Promises: each is renewed only if its very owner has a record in force that was not asked to let go. None is made anew.
--
-- KEYS  the maildrops
-- ARGV  1 expiry, ms   2 how long the session may be in UPDATE from now, ms, or ''   then for each key: owner, ms of silence
-- Answers a letter a key: K renewed, G no such lease, R revoked, T taken over.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local expiry = tonumber(ARGV[1])
local expires = string.format('%013.0f', now + expiry)
local update = ARGV[2] ~= '' and string.format('%013.0f', now + tonumber(ARGV[2]))
local results = {}
for i = 1, #KEYS do
  local owner = ARGV[i * 2 + 1]
  local record = redis.call('HGET', KEYS[i], owner)
  local result = 'G'
  if record and tonumber(string.sub(record, 1, 13)) > now then
    local asked = string.sub(record, 40, 40)
    if asked ~= '0' then
      result = asked
    else
      result = 'K'
      redis.call('HSET', KEYS[i], owner, expires .. string.format('%013.0f', now - tonumber(ARGV[i * 2 + 2]))
        .. (update or string.sub(record, 27, 39)) .. string.sub(record, 40))
      -- Beside others, whose leases may end later, the key lives as long as the longest.
      if string.sub(record, 41, 41) == 'E' or redis.call('PTTL', KEYS[i]) < expiry then
        redis.call('PEXPIRE', KEYS[i], ARGV[1])
      end
    end
  end
  results[i] = result
end
return table.concat(results)
