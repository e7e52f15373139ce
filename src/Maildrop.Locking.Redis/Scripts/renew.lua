-- Renews leases of one bucket.
-- Promises: each is renewed only if its very owner has a record in force that was not asked to let go. None is made anew. One that was
-- taken over for its silence, and whose client was not silent after all, loses its mark and is renewed, and those who wait are told;
-- if it was silent, the mark is final from here on.
--
-- KEYS  the maildrops
-- ARGV  1 expiry, ms   2 how long the session may be in UPDATE from now, ms, or ''   3 the silence that a takeover takes, ms
--       4 the bucket's channel   then for each key: owner, ms of silence
-- Answers a letter a key: K renewed, G no such lease, R revoked, T taken over.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local expiry = tonumber(ARGV[1])
local ending = now + expiry
local expires = string.format('%010d%03d', (ending - ending % 1000) / 1000, ending % 1000)
local update = ARGV[2] ~= '' and string.format('%013.0f', now + tonumber(ARGV[2]))
local idle = tonumber(ARGV[3])
local results = {}
for i = 1, #KEYS do
  local owner = ARGV[i * 2 + 3]
  local record = redis.call('HGET', KEYS[i], owner)
  local result = 'G'
  if record and tonumber(string.sub(record, 1, 13)) > now then
    local silence = tonumber(ARGV[i * 2 + 4])
    local asked = string.sub(record, 40, 40)
    local void = asked == 'I' and silence < idle
    if asked ~= '0' and not void then
      result = asked
      if asked == 'I' then
        result = 'T'
        redis.call('HSET', KEYS[i], owner, string.sub(record, 1, 39) .. 'T' .. string.sub(record, 41))
      end
    else
      result = 'K'
      redis.call('HSET', KEYS[i], owner, expires .. string.format('%013.0f', now - silence)
        .. (update or string.sub(record, 27, 39)) .. '0' .. string.sub(record, 41))
      -- Beside others, whose leases may end later, the key lives as long as the longest.
      if string.sub(record, 41, 41) == 'E' or redis.call('PTTL', KEYS[i]) < expiry then
        redis.call('PEXPIREAT', KEYS[i], expires)
      end
      if void then
        redis.call('PUBLISH', ARGV[4], KEYS[i])
      end
    end
  end
  results[i] = result
end
return table.concat(results)
