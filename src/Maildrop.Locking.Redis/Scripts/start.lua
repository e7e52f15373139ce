-- The beginning of every script.
local call, sub = redis.call, string.sub
