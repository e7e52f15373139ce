-- A maildrop's record, and the functions that scripts share. It goes into each script after that script's own short path.
--
-- The value of a key is 'S' and an entry: one lease and nothing else. The lease ends with the key. Or the value is 'N' and MessagePack (not JSON: Garnet's
-- JSON does not escape a new line):
--   h: leases {entry, ends at, mark}, oldest grant first. A mark is '', 'P' takeover proposed, 'C' confirmed, 'T' taken over, 'R' revoked.
--   r: reservations {owner, ends at}   p: the takeover proposal {owner, ends at}   w: until when a session waits for a message
-- An entry has fields of fixed width: owner 1-32, fencing token 33-48, access 49 ('E', 'S', 'P'), '1' granted by takeover 50, granted at 51-63,
-- last activity 64-76, in UPDATE until 77-89, idle timeout 90-99, takeover idle time 100-109 (0: never); then lines, the first of them the process.
-- Times are in ms: TIME of the server, and durations.
local function is_record(all)
  if type(all) ~= 'table' or type(all.h) ~= 'table' or type(all.r) ~= 'table' then
    return false
  end
  for _, holder in ipairs(all.h) do
    if type(holder) ~= 'table' or type(holder[1]) ~= 'string' or #holder[1] < 109 or type(holder[2]) ~= 'number' or type(holder[3]) ~= 'string' then
      return false
    end
  end
  for _, reservation in ipairs(all.r) do
    if type(reservation) ~= 'table' or type(reservation[2]) ~= 'number' then
      return false
    end
  end
  return (not all.p or (type(all.p) == 'table' and type(all.p[2]) == 'number')) and (not all.w or type(all.w) == 'number')
end

-- Returns nil for a value that is not a record.
local function read(key, value)
  local record = {h = {}, r = {}}
  if not value then
    return record
  end
  if type(value) ~= 'string' then
    return nil
  end
  if sub(value, 1, 1) == 'S' and #value > 109 then
    record.h[1] = {sub(value, 2), now + call('PTTL', key), ''}
    return record
  end
  if sub(value, 1, 1) ~= 'N' then
    return nil
  end
  local readable, all = pcall(cmsgpack.unpack, sub(value, 2))
  if not readable or not is_record(all) then
    return nil
  end
  record.p = all.p and all.p[2] > now and all.p or nil
  record.w = all.w and all.w > now and all.w or nil
  for _, holder in ipairs(all.h) do
    if holder[2] > now then
      if not record.p and (holder[3] == 'P' or holder[3] == 'C') then
        holder[3] = ''
      end
      record.h[#record.h + 1] = holder
    end
  end
  for _, reservation in ipairs(all.r) do
    if reservation[2] > now then
      record.r[#record.r + 1] = reservation
    end
  end
  return record
end

local function unreadable(key)
  return redis.error_reply('MAILDROPUNREADABLE ' .. key)
end

local function write(key, record)
  local first = record.h[1]
  local extra = #record.r > 0 or record.p or record.w
  if not first and not extra then
    call('DEL', key)
  elseif #record.h == 1 and not extra and first[3] == '' then
    call('SET', key, 'S' .. first[1], 'PX', string.format('%.0f', first[2] - now))
  else
    local last = record.w or 0
    for _, holder in ipairs(record.h) do
      last = math.max(last, holder[2])
    end
    for _, reservation in ipairs(record.r) do
      last = math.max(last, reservation[2])
    end
    if record.p then
      last = math.max(last, record.p[2])
    end
    call('SET', key, 'N' .. cmsgpack.pack(record), 'PX', string.format('%.0f', last - now))
  end
end

local function drop_proposal(record)
  record.p = nil
  for _, holder in ipairs(record.h) do
    if holder[3] == 'P' or holder[3] == 'C' then
      holder[3] = ''
    end
  end
end

-- Takes over all holders of the proposal, if the host of each has confirmed the silence. Returns them; none while a confirmation is missing.
local function commit(record)
  local taken = {}
  if not record.p then
    return taken
  end
  for _, holder in ipairs(record.h) do
    if holder[3] == 'P' then
      return {}
    end
    if holder[3] == 'C' then
      taken[#taken + 1] = holder
    end
  end
  for _, holder in ipairs(taken) do
    holder[3] = 'T'
  end
  if #taken > 0 then
    record.p = nil
  end
  return taken
end

local function notify(prefix, holder)
  call('PUBLISH', prefix .. string.match(holder[1], '^[^\n]*', 110), sub(holder[1], 1, 32))
end
