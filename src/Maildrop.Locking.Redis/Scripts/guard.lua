-- Goes before every script that writes, unless an option attests that the server runs a script as one transaction.
-- It ensures that nothing is written on a server that does not by itself run scripts one at a time. That is Garnet: its Lua
-- is newer than the 5.1 of Redis and Valkey.
if _VERSION ~= 'Lua 5.1' then
  return redis.error_reply('MAILDROPNOTATOMIC This server runs ' .. _VERSION)
end
