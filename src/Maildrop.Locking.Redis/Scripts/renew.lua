-- Renews leases of one bucket.
-- Promises: each is renewed only if its very owner has a record in force that was not asked to let go. None is made anew. One that was
-- taken over for its silence, and whose client was not silent after all, loses its mark and is renewed, and those who wait are told;
-- if it was silent, the mark is final from here on.
--
-- KEYS  the maildrops
-- ARGV  1 expiry, ms   2 how long the session may be in UPDATE from now, ms, or ''   3 the silence that a takeover takes, ms
--       4 the bucket's channel   then for each key: owner, ms of silence
-- Answers a letter a key: K renewed, G no such lease, R revoked, T taken over.
local call, sub, format = redis.call, string.sub, string.format
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local expiry = tonumber(ARGV[1])
local length, since = format('%08d', expiry), format('%010d%03d', (now - now % 1000) / 1000, now % 1000)
local update = ARGV[2] ~= '' and format('%013.0f', now + tonumber(ARGV[2]))
local idle = tonumber(ARGV[3])
local results = {}
for i = 1, #KEYS do
  local owner = ARGV[i * 2 + 3]
  local record = call('HGET', KEYS[i], owner)
  local result = 'G'
  local long = record and sub(record, 28, 28) == '+'
  if record and (tonumber(long and sub(record, 42, 54) or sub(record, 1, 13)) or 0) + (tonumber(sub(record, 17, 24)) or 0) > now then
    local silence = tonumber(ARGV[i * 2 + 4])
    local asked = sub(record, 25, 25)
    local void = asked == 'I' and silence < idle
    if asked ~= '0' and not void then
      result = asked
      if asked == 'I' then
        result = 'T'
        call('HSET', KEYS[i], owner, sub(record, 1, 24) .. 'T' .. sub(record, 26))
      end
    else
      result = 'K'
      call('HSET', KEYS[i], owner, sub(record, 1, 16) .. length .. '0' .. sub(record, 26, 27) .. '+'
        .. (long and sub(record, 29, 41) or sub(record, 1, 13)) .. since .. format('%013.0f', now - silence)
        .. (update or (long and sub(record, 68, 80)) or '0000000000000') .. sub(record, long and 81 or 28))
      -- Beside others, whose leases may end later, the key lives as long as the longest.
      if sub(record, 26, 26) == 'E' or call('PTTL', KEYS[i]) < expiry then
        call('PEXPIRE', KEYS[i], ARGV[1])
      end
      if void then
        call('PUBLISH', ARGV[4], KEYS[i])
      end
    end
  end
  results[i] = result
end
return table.concat(results)
