-- Grants a lease if no record in force is incompatible.
-- Promises: one atomic step. The same owner asking again is given the lease that it has. A refused attempt changes nobody's
-- record, but for the marks of a takeover: all that are in the way are asked to let go, once each of them may be. The fencing token
-- is above that of every grant before, and not below the server's microseconds since 1970. Unreadable records are in the way until
-- their key ends.
--
-- KEYS  1 the maildrop: a hash of records by owner, of reservations by 'r' and owner, and of marks by 'w' and owner: somebody waits
--       until that one lets go   2 the bucket's last fencing token   3 the owner of the maildrop's last login, for as long as
--       LOGIN-DELAY; only where that is on
-- ARGV  1 owner   2 its record without the token   3 expiry, ms; and only where one of them is needed:
--       4 reservation, ms   5 takeover: 'N' never, 'I' from the silent, 'A' always   6 the silence that it takes, ms
--       7 LOGIN-DELAY, ms, or 0   8 what the channels of processes begin with   9 '1' when the asker waits for a message, or '0'
-- A record: fencing token (16 digits), expiry (8 digits, ms), '0' or 'R', 'T' or 'I' for asked to let go (revoked, taken over, taken
-- over for its silence), access, '1' when granted after a takeover. Then, where these are not all the token's time, '+', granted at,
-- renewed at, last activity, update until (13 digits each, ms). Then lines, of which scripts read the first, the holder's process.
-- Answers the token; or {retry after in ms or '', now, the blocker's owner, its record, how many were asked to let go now, or 'D' for
-- LOGIN-DELAY, or '' when not all have been}; owner and record are empty where no lease is in the way.
--
-- Most maildrops have nothing there: what that grant needs is kept short, and numbers stay in the texts that they came in.
local call, sub = redis.call, string.sub
local time = call('TIME')
local seconds = time[1]
if #seconds < 10 then
  seconds = sub('000000000' .. seconds, -10)
end
local digits = seconds .. sub('00000' .. time[2], -6)
local all = call('HGETALL', KEYS[1])
local outlived = false

if #all > 0 or KEYS[3] then
  local owner, access, since, format, huge = ARGV[1], sub(ARGV[2], 10, 10), sub(digits, 1, 13), string.format, math.huge
  local now = tonumber(since)
  local ending = now + ARGV[3]
  local takeover, idle = ARGV[5] or 'N', tonumber(ARGV[6] or 0)
  local function read(record)
    if sub(record, 28, 28) ~= '+' then
      local at = tonumber(sub(record, 1, 13))
      return at or huge, at or huge, at or huge, at and 0 or huge
    end
    return tonumber(sub(record, 29, 41)) or huge, tonumber(sub(record, 42, 54)) or huge, tonumber(sub(record, 55, 67)) or huge, tonumber(sub(record, 68, 80)) or huge
  end
  local ends, blocker, record, reserved, lasts, own = 0, '', '', 0, 0, false
  local allowed, unasked, blocking, marked = 0, {}, {}, {}
  for i = 1, #all, 2 do
    local field, value = all[i], all[i + 1]
    local kind = #field == 33 and sub(field, 1, 1) or ''
    if kind == 'w' then
      marked[sub(field, 2)] = true
    else
      local reserves = kind == 'r'
      local of = reserves and sub(field, 2) or field
      local granted, renewed, active, update = read(value)
      local over = reserves and (tonumber(value) or huge) or renewed + (tonumber(sub(value, 17, 24)) or huge)
      if over <= now then
        call('HDEL', KEYS[1], field, 'w' .. of)
      else
        if field == owner then
          own = value
        elseif reserves then
          if access == 'S' and of ~= owner then
            blocking[#blocking + 1] = of
            if over > reserved then
              reserved = over
            end
          end
        elseif (access == 'E' or sub(value, 26, 26) ~= 'S') then
          blocking[#blocking + 1] = of
          if over > ends then
            ends, blocker, record = over, field, value
          end
          local asked = sub(value, 25, 25)
          if asked ~= 'R' and asked ~= 'T' and asked ~= 'I' then
            unasked[#unasked + 1] = i
            local may = huge
            if update <= now then
              if takeover == 'I' then
                may = active + idle
              elseif takeover == 'A' then
                may = sub(value, 27, 27) == '1' and granted + idle or now
              end
            end
            if may > allowed then
              allowed = may
            end
          end
        end
        if over > lasts then
          lasts = over
        end
      end
    end
  end
  outlived = ending < lasts

  if own then
    local granted, _, active, update = read(own)
    local rest = sub(own, sub(own, 28, 28) == '+' and 81 or 28)
    call('HSET', KEYS[1], owner, sub(own, 1, 16) .. sub(ARGV[2], 1, 8) .. sub(own, 25, 27) .. '+'
      .. format('%013.0f', granted) .. since .. format('%013.0f%013.0f', active, update) .. rest)
    if not outlived then
      call('PEXPIRE', KEYS[1], ARGV[3])
    end
    return tonumber(sub(own, 1, 16))
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
        local value = all[i + 1]
        call('HSET', KEYS[1], all[i], sub(value, 1, 24) .. mark .. sub(value, 26))
        call('PUBLISH', ARGV[8] .. string.match(value, '^\n([^\n]*)', sub(value, 28, 28) == '+' and 81 or 28), 'T' .. all[i])
      end
    end
  end

  ends = ends > 0 and ends or reserved
  if ends > 0 then
    if ARGV[9] == '1' then
      for _, of in ipairs(blocking) do
        if #of == 32 and not marked[of] then
          call('HSET', KEYS[1], 'w' .. of, '')
        end
      end
    end
    local reserve = tonumber(ARGV[4] or 0)
    if reserve > 0 then
      call('HSET', KEYS[1], 'r' .. owner, format('%.0f', now + reserve))
      if now + reserve >= lasts then
        call('PEXPIRE', KEYS[1], ARGV[4])
      end
    end
    if letting == '' and allowed > now and allowed < huge then
      ends = allowed
    end
    local retry = ''
    if ends < huge then
      retry = format('%.0f', ends - now)
    end
    return {retry, since, blocker, record, letting}
  end

  if KEYS[3] then
    call('SET', KEYS[3], owner, 'PX', ARGV[7])
  end
  if #all > 0 then
    call('HDEL', KEYS[1], 'r' .. owner)
  end
end

-- The last token is kept for 28 to 30 days: it is for a clock that was set back. Its end is put off about once a day.
local token, tail = seconds * 1000000 + time[2], ARGV[2]
local last = call('SET', KEYS[2], digits, 'KEEPTTL', 'GET')
if last and last >= digits then
  local since = sub(digits, 1, 13)
  token = math.max(token, (tonumber(last) or 0) + 1)
  digits = string.format('%.0f', token)
  tail = sub(tail, 1, 11) .. '+' .. since .. since .. since .. '0000000000000' .. sub(tail, 12)
  call('SET', KEYS[2], digits, 'PX', 2592000000)
elseif not last or sub(last, 1, 5) < sub(digits, 1, 5) then
  call('PEXPIRE', KEYS[2], 2592000000)
end
call('HSET', KEYS[1], ARGV[1], digits .. tail)
if not outlived then
  call('PEXPIRE', KEYS[1], ARGV[3])
end
return token
