-- Grants a lease or refuses it, as AcquireDecision says, in one atomic step.
--
-- KEYS  1 the maildrop   2 the bucket's last fencing token   3 the owner of the maildrop's last login, kept for LOGIN-DELAY; only if that is on
-- ARGV  1 owner   2 access and '1' for granted by takeover   3 idle timeout, takeover idle time and lines of the entry   4 expiry
--       and where any of it is asked for:   5 how long the request still waits   6 takeover: 'N' never, 'I' when idle, 'A' always
--       7 protection   8 LOGIN-DELAY   9 maximum of shared leases, 0 for no limit   10 prefix of the process channels
-- Answers the token; or {'U' in use, 'D' LOGIN-DELAY or 'L' limit, retry after, now, '1' when revocation is pending, blocker's entry, its end, its mark}.
--#clock
local owner, value = ARGV[1], redis.pcall('GET', KEYS[1])

local function grant()
  local token = time[1] .. sub('00000' .. time[2], -6)
  local at = sub(token, 1, 13)
  local last = call('SET', KEYS[2], token, 'KEEPTTL', 'GET')
  if not last or sub(last, 1, 5) ~= sub(token, 1, 5) or last >= token then
    -- The last token guards against a clock that was set back. It is kept for 30 days, and this is renewed once a day.
    if last and last >= token then
      token = string.format('%016.0f', last + 1)
    end
    call('SET', KEYS[2], token, 'PX', '2592000000')
  end
  return token, owner .. token .. ARGV[2] .. at .. at .. '0000000000000' .. ARGV[3]
end

if not value and not KEYS[3] then
  local token, entry = grant()
  call('SET', KEYS[1], 'S' .. entry, 'PX', ARGV[4])
  return token
end
--#record
local access, expiry, wait, max_shared = sub(ARGV[2], 1, 1), tonumber(ARGV[4]), tonumber(ARGV[5] or 0), tonumber(ARGV[9] or 0)
local record = read(KEYS[1], value)
if not record then
  return unreadable(KEYS[1])
end
local function free_in(holder)
  local entry = holder[1]
  local update, idle = tonumber(sub(entry, 77, 89)), tonumber(sub(entry, 90, 99))
  if update > now then
    return update - now
  elseif holder[3] == 'T' or holder[3] == 'R' or idle == 0 then
    return holder[2] - now
  end
  return math.max(0, tonumber(sub(entry, 64, 76)) + idle - now)
end

-- A waiter asks each second, and need not write each time.
local function try_reserve()
  for i, reservation in ipairs(record.r) do
    if reservation[1] == owner then
      if (reservation[2] - now) * 2 >= wait then
        return false
      end
      table.remove(record.r, i)
      break
    end
  end
  record.r[#record.r + 1] = {owner, now + wait}
  return true
end

local function try_await_message()
  if record.w and record.w >= now + wait then
    return false
  end
  record.w = now + math.floor(wait * 1.5)
  return true
end

local function refuse(kind, retry, blocker, pending)
  return {kind, string.format('%.0f', retry), string.format('%.0f', now), pending and '1' or '0',
    blocker and blocker[1] or '', blocker and string.format('%.0f', blocker[2]) or '', blocker and blocker[3] or ''}
end

for _, holder in ipairs(record.h) do
  if sub(holder[1], 1, 32) == owner then
    if holder[3] ~= 'T' and holder[3] ~= 'R' and holder[2] < now + expiry then
      holder[2] = now + expiry
      write(KEYS[1], record)
    end
    return sub(holder[1], 33, 48)
  end
end

if KEYS[3] then
  local last = call('GET', KEYS[3])
  if last and last ~= owner then
    return refuse('D', call('PTTL', KEYS[3]))
  end
end

local blockers = {}
for _, holder in ipairs(record.h) do
  local held = sub(holder[1], 49, 49)
  if held == 'E' or access == 'E' or (held == 'P' and access == 'P') then
    blockers[#blockers + 1] = holder
  end
end

if #blockers > 0 then
  local open, allowed, notified = {}, 0, {}
  for _, holder in ipairs(blockers) do
    if holder[3] ~= 'T' and holder[3] ~= 'R' then
      open[#open + 1] = holder
      local entry, until_allowed = holder[1], math.huge
      local idle = tonumber(sub(entry, 100, 109))
      if tonumber(sub(entry, 77, 89)) > now then
        until_allowed = math.huge
      elseif ARGV[6] == 'I' and idle > 0 then
        until_allowed = tonumber(sub(entry, 64, 76)) + idle - now
      elseif ARGV[6] == 'A' then
        until_allowed = sub(entry, 50, 50) == '1' and tonumber(sub(entry, 51, 63)) + tonumber(ARGV[7]) - now or 0
      end
      allowed = math.max(allowed, until_allowed)
    end
  end

  local takes_over = wait > 0 and #open > 0 and allowed <= 0
  if takes_over and ARGV[6] == 'A' then
    drop_proposal(record)
    for _, holder in ipairs(open) do
      holder[3] = 'T'
      notified[#notified + 1] = holder
    end
  elseif takes_over then
    if not record.p or record.p[1] == owner then
      record.p = {owner, now + wait}
    end
    for _, holder in ipairs(open) do
      if holder[3] == '' then
        holder[3] = 'P'
        notified[#notified + 1] = holder
      end
    end
    for _, holder in ipairs(commit(record)) do
      notified[#notified + 1] = holder
    end
  end

  if wait > 0 then
    local reserves = access == 'E' and try_reserve()
    if try_await_message() or reserves or takes_over then
      write(KEYS[1], record)
    end
    for _, holder in ipairs(notified) do
      notify(ARGV[10], holder)
    end
  end

  -- Computed after the takeover, which changes when a lease ends.
  local last = blockers[1]
  for _, holder in ipairs(blockers) do
    if free_in(holder) > free_in(last) then
      last = holder
    end
  end
  local pending = takes_over or #open == 0
  local retry = free_in(last)
  if not pending and allowed < retry then
    retry = allowed
  end
  return refuse('U', retry, last, pending)
end

if access ~= 'E' then
  local waiting = record.p and record.p[1] ~= owner and record.p[2] - now or 0
  for _, reservation in ipairs(record.r) do
    if reservation[1] ~= owner then
      waiting = math.max(waiting, reservation[2] - now)
    end
  end
  if waiting > 0 then
    if wait > 0 and try_await_message() then
      write(KEYS[1], record)
    end
    return refuse('U', waiting)
  end
end

if access == 'S' and max_shared > 0 then
  local count, first = 0, nil
  for _, holder in ipairs(record.h) do
    if sub(holder[1], 49, 49) == 'S' then
      count = count + 1
      if not first or free_in(holder) < free_in(first) then
        first = holder
      end
    end
  end
  if count >= max_shared then
    return refuse('L', free_in(first), first)
  end
end

for i, reservation in ipairs(record.r) do
  if reservation[1] == owner then
    table.remove(record.r, i)
    break
  end
end
if record.p and record.p[1] == owner then
  drop_proposal(record)
end
if KEYS[3] then
  call('SET', KEYS[3], owner, 'PX', ARGV[8])
end
local token, entry = grant()
record.h[#record.h + 1] = {entry, now + expiry, ''}
write(KEYS[1], record)
return token
