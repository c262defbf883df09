-- wrk: one redemption a request, every one with its own key and claimant.
local thread_count = 0
function setup(thread)
  thread_count = thread_count + 1
  thread:set("id", thread_count)
end
local n = 0
local head = "POST /v1/redemptions/bench/redeem HTTP/1.1\r\nHost: b\r\nContent-Type: application/json\r\n"
function request()
  n = n + 1
  local who = string.format("w%d-%d-%d", id, run_tag, n)
  local body = '{"claimant":"' .. who .. '"}'
  return head .. "Idempotency-Key: " .. who .. "\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
end
function init(args) run_tag = tonumber(args[1]) or 0 end
