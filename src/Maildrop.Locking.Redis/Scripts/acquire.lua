-- Grants a lease if no record in force is incompatible.
-- Promises: one atomic step. The same owner asking again is given the lease that it has. A refused attempt changes nobody's
-- record. The fencing token is above that of every grant before, and not below the server's microseconds since 1970.
-- Unreadable records are in the way until their key ends.
--
-- KEYS  1 the maildrop: a hash of records by owner, and of reservations by 'r' and owner   2 the bucket's last fencing token
-- ARGV  1 owner   2 'E' or 'S'   3 expiry, ms   4 reservation, ms   5 the rest of the record
-- A record: expires, last activity, update until (13 digits each, ms), '0' or 'R' or 'T' for asked to let go, access,
-- then lines: fencing token, granted at (ms), and the rest, which only clients read.
-- Answers the token, or {retry after in ms or '', now, the blocker's owner, its record}; the last two are empty for a reservation.
local time = redis.call('TIME')
local microseconds = string.format('%06d', time[2])
local since = time[1] .. string.sub(microseconds, 1, 3)
local now = tonumber(since)
local owner, access, expiry = ARGV[1], ARGV[2], tonumber(ARGV[3])
local all = redis.call('HGETALL', KEYS[1])
local ends, blocker, record, reserved, lasts, own = 0, '', '', 0, 0, false
for i = 1, #all, 2 do
  local field, value = all[i], all[i + 1]
  local expires = tonumber(string.sub(value, 1, 13)) or math.huge
  if expires <= now then
    redis.call('HDEL', KEYS[1], field)
  else
    if field == owner then
      own = value
    elseif string.sub(field, 1, 1) == 'r' then
      if access == 'S' and field ~= 'r' .. owner and expires > reserved then
        reserved = expires
      end
    elseif (access == 'E' or string.sub(value, 41, 41) ~= 'S') and expires > ends then
      ends, blocker, record = expires, field, value
    end
    if expires > lasts then
      lasts = expires
    end
  end
end

if own then
  redis.call('HSET', KEYS[1], owner, string.format('%013.0f', now + expiry) .. string.sub(own, 14))
  if now + expiry >= lasts then
    redis.call('PEXPIRE', KEYS[1], ARGV[3])
  end
  return tonumber(string.match(own, '^(%d+)\n', 42))
end

ends = ends > 0 and ends or reserved
if ends > 0 then
  local reserve = tonumber(ARGV[4])
  if reserve > 0 then
    redis.call('HSET', KEYS[1], 'r' .. owner, string.format('%013.0f', now + reserve))
    if now + reserve >= lasts then
      redis.call('PEXPIRE', KEYS[1], ARGV[4])
    end
  end
  local retry = ''
  if ends < math.huge then
    retry = string.format('%.0f', ends - now)
  end
  return {retry, since, blocker, record}
end

-- The last token is kept for 29 to 30 days: it is for a clock that was set back. Its end is put off once a day.
local digits = time[1] .. microseconds
local token, day = tonumber(digits), 86400000000
local last = tonumber(redis.call('SET', KEYS[2], digits, 'KEEPTTL', 'GET') or 0) or 0
if last >= token then
  token = last + 1
  digits = string.format('%.0f', token)
  redis.call('SET', KEYS[2], digits, 'PX', 2592000000)
elseif math.floor(last / day) < math.floor(token / day) then
  redis.call('PEXPIRE', KEYS[2], 2592000000)
end
redis.call('HSET', KEYS[1], owner, string.format('%013.0f', now + expiry) .. since .. '00000000000000' .. access .. digits .. '\n' .. since .. '\n' .. ARGV[5])
if #all > 0 then
  redis.call('HDEL', KEYS[1], 'r' .. owner)
end
if now + expiry >= lasts then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return token
