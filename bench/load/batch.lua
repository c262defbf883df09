-- wrk: NDJSON batches of 500 redemptions, every line with its own key and claimant.
local thread_count = 0
function setup(thread)
  thread_count = thread_count + 1
  thread:set("id", thread_count)
end
local n = 0
local head = "POST /v1/batch HTTP/1.1\r\nHost: b\r\nContent-Type: application/x-ndjson\r\n"
function request()
  local lines = {}
  for i = 1, 500 do
    n = n + 1
    local who = string.format("b%d-%d-%d", id, run_tag, n)
    lines[i] = '{"domain":"redemptions","stream":"bench","command":"redeem","id":"' .. who ..
               '","body":{"claimant":"' .. who .. '"}}\n'
  end
  local body = table.concat(lines)
  return head .. "Content-Length: " .. #body .. "\r\n\r\n" .. body
end
function init(args) run_tag = tonumber(args[1]) or 0 end
