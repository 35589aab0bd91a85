"""Lua scripts, which Redis executes atomically (`RedisConnection.run`), and those of the store's operations.

The text of a record starts with its expiry, which a script reads without parsing the
rest. No script rewrites the JSON of a record: Lua would change an empty list or a
long number. A redeemed record starts with "!", so only `redeem` reads it as a record.

Where a failover is possible, a redeemable record has `history`: the ID of the replication history in which it was
issued. A promoted replica begins another history. The former primary does not know of it for some seconds, but the two
never both redeem the same record (docs/decisions/redis-failover.md).
"""

from hashlib import sha1
from typing import Final


class Script:
    """The text of a script, and the digest by which Redis executes a script that it has loaded (EVALSHA)."""

    __slots__ = ("digest", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.digest = sha1(text.encode(), usedforsecurity=False).hexdigest()


_HISTORY: Final = """
local function present_history()
  return string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
end
"""

PUT_ALL: Final = Script(
    _HISTORY
    + """
local puts, history = (#ARGV - 2) / 4
if ARGV[2] == 'new' and redis.call('EXISTS', KEYS[1]) == 1 then return -1 end
for guard = puts + 1, #KEYS do
  local text = redis.call('GET', KEYS[guard])
  local expires = text and string.match(text, '^{"expires_at":([%d.]+)')
  if not expires or tonumber(expires) <= tonumber(ARGV[1]) then return 0 end
end
for put = 0, puts - 1 do
  local given = put * 4 + 3
  local key, field, lifetime, text = KEYS[put + 1], ARGV[given], ARGV[given + 1], ARGV[given + 2]
  if ARGV[given + 3] == 'history' then
    history = history or present_history()
    text = string.gsub(text, ',', ',"history":"' .. history .. '",', 1)
  end
  if field == '' then
    redis.call('SET', key, text, 'PX', lifetime)
  else
    redis.call('HSET', key, field, text)
    if redis.call('PTTL', key) < tonumber(lifetime) then redis.call('PEXPIRE', key, lifetime) end
  end
end
return 1
"""
)

REPLACE: Final = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[3] == '' then
  redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
else
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
return 1
""")

REDEEM: Final = Script(
    _HISTORY
    + """
local text = redis.call('GET', KEYS[1])
if not text then return false end
local spent = string.sub(text, 1, 1) == '!'
local record = cjson.decode(spent and string.sub(text, 2) or text)
if record.client_id ~= ARGV[1] or record.expires_at <= tonumber(ARGV[2]) then return false end
if not spent then
  if record.history and record.history ~= present_history() then return false end
  local kept = cjson.encode({
    client_id = record.client_id, grant = record.grant, account = record.account, sid = record.sid,
  })
  redis.call('SET', KEYS[1], '!{"expires_at":' .. ARGV[3] .. ',' .. string.sub(kept, 2), 'PX', ARGV[4])
end
return text
"""
)

GET_CHAIN: Final = Script("""
local text = redis.call('GET', KEYS[1])
local answer, found = {text}, {}
for step = 1, #ARGV, 2 do
  if text and string.sub(text, 1, 1) == '{' then table.insert(found, 1, cjson.decode(text)) end
  text = false
  for _, record in ipairs(found) do
    local name = record[ARGV[step + 1]]
    if type(name) == 'string' then
      text = redis.call('GET', ARGV[step] .. ':' .. name)
      break
    end
  end
  answer[#answer + 1] = text
end
return answer
""")
