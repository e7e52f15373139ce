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
--
-- Most maildrops have nothing there: what that grant needs is kept short. Times are written as seconds and milliseconds, since a number
-- of 13 digits takes three times as long, and keys are ended at a time, since PEXPIRE is rewritten to that.
local call, sub, format = redis.call, string.sub, string.format
local time = call('TIME')
local microseconds = sub('00000' .. time[2], -6)
local since = time[1] .. sub(microseconds, 1, 3)
local now = tonumber(since)
local owner, access, ending = ARGV[1], ARGV[2], now + ARGV[3]
local expires = format('%010d%03d', (ending - ending % 1000) / 1000, ending % 1000)
local takeover, idle = ARGV[6] or 'N', tonumber(ARGV[7] or 0)
local all = call('HGETALL', KEYS[1])
local ends, blocker, record, reserved, lasts, own = 0, '', '', 0, 0, false
local allowed, unasked = 0, #all > 0 and {}
for i = 1, #all, 2 do
  local field, value = all[i], all[i + 1]
  local over = tonumber(sub(value, 1, 13)) or math.huge
  if over <= now then
    call('HDEL', KEYS[1], field)
  else
    if field == owner then
      own = value
    elseif sub(field, 1, 1) == 'r' then
      if access == 'S' and field ~= 'r' .. owner and over > reserved then
        reserved = over
      end
    elseif (access == 'E' or sub(value, 41, 41) ~= 'S') then
      if over > ends then
        ends, blocker, record = over, field, value
      end
      local asked = sub(value, 40, 40)
      if asked ~= 'R' and asked ~= 'T' and asked ~= 'I' then
        unasked[#unasked + 1] = i
        local at = math.huge
        if (tonumber(sub(value, 27, 39)) or math.huge) <= now then
          if takeover == 'I' then
            at = (tonumber(sub(value, 14, 26)) or math.huge) + idle
          elseif takeover == 'A' then
            at = sub(value, 42, 42) == '1' and (tonumber(string.match(value, '^%d+\n(%d+)\n', 43)) or math.huge) + idle or now
          end
        end
        if at > allowed then
          allowed = at
        end
      end
    end
    if over > lasts then
      lasts = over
    end
  end
end

if own then
  call('HSET', KEYS[1], owner, expires .. sub(own, 14))
  if ending >= lasts then
    call('PEXPIREAT', KEYS[1], expires)
  end
  return tonumber(string.match(own, '^(%d+)\n', 43))
end

if KEYS[3] then
  local rest = call('PTTL', KEYS[3])
  if rest > 0 then
    return {format('%.0f', rest), since, '', '', 'D'}
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
      call('HSET', KEYS[1], all[i], sub(all[i + 1], 1, 39) .. mark .. sub(all[i + 1], 41))
      call('PUBLISH', ARGV[10] .. string.match(all[i + 1], '^%d+\n%d+\n([^\n]*)', 43), 'T' .. all[i])
    end
  end
end

ends = ends > 0 and ends or reserved
if ends > 0 then
  local reserve = tonumber(ARGV[4])
  if reserve > 0 then
    call('HSET', KEYS[1], 'r' .. owner, format('%013.0f', now + reserve))
    if now + reserve >= lasts then
      call('PEXPIRE', KEYS[1], ARGV[4])
    end
  end
  if letting == '' and allowed > now and allowed < math.huge then
    ends = allowed
  end
  local retry = ''
  if ends < math.huge then
    retry = format('%.0f', ends - now)
  end
  return {retry, since, blocker, record, letting}
end

-- The last token is kept for 29 to 30 days: it is for a clock that was set back. Its end is put off once a day.
local digits = time[1] .. microseconds
local token, day = tonumber(digits), 86400000000
local last = tonumber(call('SET', KEYS[2], digits, 'KEEPTTL', 'GET') or 0) or 0
if last >= token then
  token = last + 1
  digits = format('%.0f', token)
  call('SET', KEYS[2], digits, 'PX', 2592000000)
elseif last - last % day < token - token % day then
  call('PEXPIRE', KEYS[2], 2592000000)
end
call('HSET', KEYS[1], owner, expires .. since .. '00000000000000' .. access .. (ARGV[8] or '0') .. digits .. '\n' .. since .. '\n' .. ARGV[5])
if KEYS[3] then
  call('SET', KEYS[3], owner, 'PX', ARGV[9])
end
if #all > 0 then
  call('HDEL', KEYS[1], 'r' .. owner)
end
if ending >= lasts then
  call('PEXPIREAT', KEYS[1], expires)
end
return token
