-- Leases a slice of one account's limit to one replica.
--
-- KEYS[1] is a hash: a field a replica, "spent spent reserved reserved hold hold until", USD billionths before tokens, until in
-- milliseconds; "gone" is what replicas spent that left; "quiet" is the time until which slices do not grow.
-- ARGV: 1 replica, 2-3 spent, 4-5 reserved, 6-7 keep, 8-9 want, 10-11 need, 12-13 limit (-1: none), 14-15 first slice,
-- 16 replicas, 17 lease in ms, 18 end of the hash in ms, 19 "1": known before, 20 "1": leave.
--
-- What a replica reports is of the whole period, not a difference, so a call whose answer was lost may be repeated.
local id, replicas = ARGV[1], tonumber(ARGV[16])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function amount(i) return {tonumber(ARGV[i]), tonumber(ARGV[i + 1])} end
local spent, reserved, keep, want, need = amount(2), amount(4), amount(6), amount(8), amount(10)
local limit, first = amount(12), amount(14)
local function text(n) return string.format('%.0f', n) end

local fields = redis.call('HGETALL', KEYS[1])
local quiet = 0
if #fields == 0 and ARGV[19] == '1' then -- what was here is lost: first everyone tells again what they have
  quiet = now + 3000
  redis.call('HSET', KEYS[1], 'quiet', text(quiet))
end

local others, pending, held, present = {0, 0}, {0, 0}, {0, 0}, 1
local gone = {0, 0}
for i = 1, #fields, 2 do
  local name, v = fields[i], {}
  for n in string.gmatch(fields[i + 1], '%S+') do v[#v + 1] = tonumber(n) end
  if name == 'quiet' then
    quiet = v[1]
  elseif name == 'gone' then
    gone = {v[1], v[2]}
  elseif name ~= id then
    present = present + 1
    local alive = v[7] > now
    for d = 1, 2 do
      others[d] = others[d] + v[d]
      pending[d] = pending[d] + v[2 + d]
      if alive then -- else what it had reserved counts as spent, and the rest is free again
        held[d] = held[d] + v[4 + d]
      else
        held[d] = held[d] + v[2 + d]
      end
    end
  end
end
for d = 1, 2 do others[d] = others[d] + gone[d] end

if ARGV[20] == '1' then
  if redis.call('HDEL', KEYS[1], id) == 1 then
    redis.call('HSET', KEYS[1], 'gone', text(gone[1] + spent[1]) .. ' ' .. text(gone[2] + spent[2]))
    redis.call('PEXPIREAT', KEYS[1], ARGV[18])
  end
  return {'0', '0', text(others[1]), text(others[2]), text(pending[1]), text(pending[2]), '0'}
end

local hold, contested = {0, 0}, '0'
for d = 1, 2 do
  hold[d] = keep[d]
  if limit[d] >= 0 then
    local free = limit[d] - others[d] - held[d] - spent[d] - math.max(0, replicas - present) * first[d]
    local share = reserved[d] + math.floor((free - reserved[d]) / replicas) -- nobody takes all that is left
    if quiet <= now then
      hold[d] = math.max(keep[d], math.min(want[d], share))
      if need[d] <= free then hold[d] = math.max(hold[d], need[d]) end -- less than that would be of no use
    end
    if limit[d] - others[d] - held[d] - spent[d] - hold[d] < limit[d] / 2 then contested = '1' end
  end
end
redis.call('HSET', KEYS[1], id, table.concat({text(spent[1]), text(spent[2]), text(reserved[1]), text(reserved[2]),
  text(hold[1]), text(hold[2]), text(now + tonumber(ARGV[17]))}, ' '))
redis.call('PEXPIREAT', KEYS[1], ARGV[18])
return {text(hold[1]), text(hold[2]), text(others[1]), text(others[2]), text(pending[1]), text(pending[2]), contested}
