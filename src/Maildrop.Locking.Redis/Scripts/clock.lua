-- The server's time. A script reads it only if needed: it costs as much as another command.
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
