-- Renews leases of one bucket, as RenewDecision says, each in a step of its own.
--
-- KEYS  the maildrops
-- ARGV  1 expiry   2 how long the session may be in UPDATE from now, 0 when it leaves UPDATE, '' for no change   3 prefix of the process channels
--       4 the bucket's channel   then for each key: owner, ms of silence
-- Answers a letter a key: K renewed, G no such lease, R revoked, T taken over, U the record cannot be read.
--#clock
local keys, argv, try = KEYS, ARGV, redis.pcall
local expiry, update = argv[1], argv[2]
local results, slow = {}, nil
for i = 1, #keys do
  local key, owner = keys[i], argv[i * 2 + 3]
  local value = try('GET', key)
  if not value then
    results[i] = 'G'
  elseif type(value) == 'string' and sub(value, 2, 33) == owner and sub(value, 1, 1) == 'S' then
    -- One lease and nothing else: it ends with the key. Its last activity is written when it moved by a second.
    local active = now - argv[i * 2 + 4]
    local moved = active - sub(value, 65, 77)
    if moved >= 1000 or moved <= -1000 then
      -- A full server may refuse this: only people read it, and takeovers, which ask the host again.
      try('SETRANGE', key, 64, string.format('%013.0f', active))
    end
    if update ~= '' then
      call('SETRANGE', key, 77, update == '0' and '0000000000000' or string.format('%013.0f', now + tonumber(update)))
    end
    call('PEXPIRE', key, expiry)
    results[i] = 'K'
  else
    slow = true
    results[i] = ''
  end
end
if not slow then
  return table.concat(results)
end
--#record
-- A user's sharers are one record, which is read and written once.
local records, owners, changed = {}, {}, {}
for i = 1, #keys do
  if results[i] == '' and not records[keys[i]] then
    local key = keys[i]
    records[key], owners[key] = read(key, try('GET', key)), {}
    for _, holder in ipairs(records[key] and records[key].h or {}) do
      owners[key][sub(holder[1], 1, 32)] = holder
    end
  end
end

local function renew(key, holder, silence)
  if holder[3] == 'T' or holder[3] == 'R' then
    return holder[3]
  end
  local record, entry, ends = records[key], holder[1], holder[2]
  local idle = tonumber(sub(entry, 100, 109))
  local active = silence < idle or idle == 0 or (update ~= '' and update ~= '0')
  local till = sub(entry, 77, 89)
  if update ~= '' then
    till = update == '0' and '0000000000000' or string.format('%013.0f', now + tonumber(update))
  end
  holder[1] = sub(entry, 1, 63) .. string.format('%013.0f', now - silence) .. till .. sub(entry, 90)
  holder[2] = now + tonumber(expiry)
  changed[key] = true
  if holder[3] == '' then
    return 'K'
  end
  holder[3] = 'C'
  if active then
    drop_proposal(record)
    call('PUBLISH', argv[4], key)
    return 'K'
  end
  local taken = commit(record)
  for _, other in ipairs(taken) do
    if other ~= holder then
      notify(argv[3], other)
    end
  end
  if #taken > 0 then
    -- A lease that is taken over is not renewed.
    holder[2] = ends
    return 'T'
  end
  return 'K'
end

for i = 1, #keys do
  if results[i] == '' then
    local holder = owners[keys[i]][argv[i * 2 + 3]]
    results[i] = holder and renew(keys[i], holder, tonumber(argv[i * 2 + 4])) or records[keys[i]] and 'G' or 'U'
  end
end
for key in pairs(changed) do
  write(key, records[key])
end
return table.concat(results)
