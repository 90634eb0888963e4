-- The load: an MCP tool call with a bearer token, by POST. Two variables steer it:
--   BENCH_TOKENS   a file with one token a line; each request takes one at random
--   BENCH_CONNECTION  close for a connection a call
--   BENCH_RESULT   the file that receives the figures as one JSON object
local body = '{"jsonrpc":"2.0","id":17,"method":"tools/call","params":{"name":"search_tickets",' ..
    '"arguments":{"query":"printer on the third floor","limit":20,"status":["open","waiting"]},' ..
    '"_meta":{"progressToken":"b7f4a1"}}}'

local calls = {}
-- Without the field a connection is kept.
local closing = os.getenv("BENCH_CONNECTION") == "close" and "close" or nil

function init()
    math.randomseed(os.time())
    for token in io.lines(os.getenv("BENCH_TOKENS")) do
        calls[#calls + 1] = wrk.format("POST", nil, {
            ["Authorization"] = "Bearer " .. token,
            ["Accept"] = "application/json, text/event-stream",
            ["Content-Type"] = "application/json",
            ["Mcp-Protocol-Version"] = "2025-06-18",
            ["User-Agent"] = "bench",
            ["Connection"] = closing,
        }, body)
    end
end

function request()
    return calls[math.random(#calls)]
end

function done(summary, latency, _)
    local errors = summary.errors
    local file = io.open(os.getenv("BENCH_RESULT"), "w")
    file:write(string.format(
        '{"requests":%d,"seconds":%f,"p50":%f,"p99":%f,"refused":%d,"broken":%d}',
        summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
        errors.status, errors.connect + errors.read + errors.write + errors.timeout))
    file:close()
end
