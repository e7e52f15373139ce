-- What every script begins with.
local call, sub = redis.call, string.sub
