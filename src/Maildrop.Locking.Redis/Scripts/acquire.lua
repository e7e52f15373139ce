-- Grants a lease if no record in force is incompatible.
-- Promises: one atomic step. The same owner asking again is given the lease that it has. A refused attempt changes nobody's
-- record, but for the marks of a takeover: all that are in the way are asked to let go, once each of them may be. The fencing token
-- is above that of every grant before, and not below the server's microseconds since 1970. Unreadable records are in the way until
-- their key ends.
--
-- KEYS  1 the maildrop: a hash of records by owner, and of reservations by 'r' and owner   2 the bucket's last fencing token
--       3 the owner of the maildrop's last login, for as long as LOGIN-DELAY; only where that is on
-- ARGV  1 owner   2 'E' or 'S'   3 expiry, ms   4 reservation, ms   5 the rest of the record; and only where one of them is needed:
--       6 takeover: 'N' never, 'I' from the silent, 'A' always   7 the silence that it takes, ms   8 '1' when holders were asked to
--       let go for this request before, or '0'   9 LOGIN-DELAY, ms, or 0   10 what the channels of processes begin with
-- A record: expires, last activity, update until (13 digits each, ms), '0' or 'R', 'T' or 'I' for asked to let go (revoked, taken
-- over, taken over for its silence), access, '1' when granted after a takeover, then lines: fencing token, granted at (ms), and the
-- rest, of which scripts read the first, the holder's process.
-- Answers the token; or {retry after in ms or '', now, the blocker's owner, its record, how many were asked to let go now, or 'D' for
-- LOGIN-DELAY, or '' when not all have been}; owner and record are empty where no lease is in the way.
local time = redis.call('TIME')
local microseconds = string.format('%06d', time[2])
local since = time[1] .. string.sub(microseconds, 1, 3)
local now = tonumber(since)
local owner, access, expiry = ARGV[1], ARGV[2], tonumber(ARGV[3])
local takeover, idle = ARGV[6] or 'N', tonumber(ARGV[7] or 0)
local all = redis.call('HGETALL', KEYS[1])
local ends, blocker, record, reserved, lasts, own = 0, '', '', 0, 0, false
local allowed, unasked = 0, {}
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
    elseif (access == 'E' or string.sub(value, 41, 41) ~= 'S') then
      if expires > ends then
        ends, blocker, record = expires, field, value
      end
      local asked = string.sub(value, 40, 40)
      if asked ~= 'R' and asked ~= 'T' and asked ~= 'I' then
        unasked[#unasked + 1] = i
        local at = math.huge
        if (tonumber(string.sub(value, 27, 39)) or math.huge) <= now then
          if takeover == 'I' then
            at = (tonumber(string.sub(value, 14, 26)) or math.huge) + idle
          elseif takeover == 'A' then
            at = string.sub(value, 42, 42) == '1' and (tonumber(string.match(value, '^%d+\n(%d+)\n', 43)) or math.huge) + idle or now
          end
        end
        if at > allowed then
          allowed = at
        end
      end
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
  return tonumber(string.match(own, '^(%d+)\n', 43))
end

if KEYS[3] then
  local rest = redis.call('PTTL', KEYS[3])
  if rest > 0 then
    return {string.format('%.0f', rest), since, '', '', 'D'}
  end
end

local letting = ''
if ends > 0 then
  if #unasked == 0 then
    letting = '0'
  elseif allowed <= now then
    letting = tostring(#unasked)
    local mark = takeover == 'I' and 'I' or 'T'
    for _, i in ipairs(unasked) do
      redis.call('HSET', KEYS[1], all[i], string.sub(all[i + 1], 1, 39) .. mark .. string.sub(all[i + 1], 41))
      redis.call('PUBLISH', ARGV[10] .. string.match(all[i + 1], '^%d+\n%d+\n([^\n]*)', 43), 'T' .. all[i])
    end
  end
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
  if letting == '' and allowed > now and allowed < math.huge then
    ends = allowed
  end
  local retry = ''
  if ends < math.huge then
    retry = string.format('%.0f', ends - now)
  end
  return {retry, since, blocker, record, letting}
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
redis.call('HSET', KEYS[1], owner, string.format('%013.0f', now + expiry) .. since .. '00000000000000' .. access .. (ARGV[8] or '0') .. digits .. '\n' .. since .. '\n' .. ARGV[5])
if KEYS[3] then
  redis.call('SET', KEYS[3], owner, 'PX', ARGV[9])
end
if #all > 0 then
  redis.call('HDEL', KEYS[1], 'r' .. owner)
end
if now + expiry >= lasts then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return token
