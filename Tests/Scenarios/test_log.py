"""One JSON object a line: an access record for each request, an audit record for each exchange."""

import json

from fixtures import behaviour
from fixtures.client import encode


CORRELATION = "c0000000-0000-4000-8000-000000000001"
TRACE = "70000000-0000-4000-8000-000000000002"


async def run(proxy, provider, upstream):
    token = provider.user_token()
    await proxy.call(token)
    await proxy.call(token, target="/tickets?a=b")
    await proxy.call("{{X}}")
    await proxy.call(token, target="/unknown")
    refusal = {"error": "invalid_grant", "error_codes": [50013], "correlation_id": CORRELATION, "trace_id": TRACE}
    provider.script(behaviour.json_answer(refusal, 400))
    await proxy.call(provider.user_token("bob"))
    assert await proxy.stop() == 0


async def test_every_line_is_json(proxy, provider, upstream):
    await run(proxy, provider, upstream)
    for line in proxy.lines:
        record = json.loads(line)
        assert isinstance(record, dict) and {"time", "level"} <= record.keys(), line


async def test_access_records(proxy, provider, upstream):
    await run(proxy, provider, upstream)
    records = proxy.records("request")
    assert len(records) == 5
    first, second, placeholder, unknown, rejected = records
    for record in records:
        assert record["method"] == "POST" and str(record["request_id"]).isalpha()
        assert float(record["duration_ms"]) >= 0
    assert len({record["request_id"] for record in records}) == 5
    assert (first["server"], int(first["status"]), int(first["upstream_status"])) == ("tickets", 200, 200)
    assert (first["token"], second["token"]) == ("miss", "hit")
    assert int(first["bytes_in"]) > 0 and int(first["bytes_out"]) > 0
    assert len(first["user"]) == 12 and int(first["user"], 16) >= 0
    assert first["user"] == second["user"] != rejected["user"]
    assert int(unknown["status"]) == 404 and not unknown.get("upstream_status")
    assert "placeholder_token" in json.dumps(placeholder), "a refusal is logged with its request id"


async def test_requests_that_nobody_could_read_have_their_record(proxy):
    for text in (b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"):
        async with await proxy.connect() as client:
            await client.send(text)
            answer = await client.response()
            assert answer.status == 400
    await proxy.stop()
    records = proxy.records("request")
    assert [(record["status"], record["reason"], record["server"]) for record in records] == [(400, "bad_request", "")] * 2
    assert all(record["request_id"].isalpha() for record in records)
    (known,) = [set(record) for record in records[:1]]
    assert known == {
        "time", "level", "event", "request_id", "server", "method", "path", "status", "upstream_status", "token",
        "exchange_ms", "duration_ms", "bytes_in", "bytes_out", "user", "reason",
    }


async def test_audit_records(proxy, provider, upstream):
    await run(proxy, provider, upstream)
    good, bad = proxy.records("exchange")
    assert good["server"] == bad["server"] == "tickets"
    assert "api://tickets/access_as_user" in json.dumps(good["scopes"])
    assert good["outcome"] != bad["outcome"]
    text = json.dumps(bad)
    assert "invalid_grant" in text and "50013" in text and CORRELATION in text and TRACE in text
    assert good["attempts"] == 1 and good["duration_ms"] >= 0, "numbers are numbers"
    assert bad["aadsts"] == [50013] and bad["provider_status"] == 400
    assert bad["category"] == "assertion_invalid" and "OPENID_SCOPE" in bad["advice"]
    assert len(good["user"]) == 12 and good["user"] != bad["user"]


async def test_the_refusals_request_id_is_the_logs(proxy, provider):
    response = await proxy.call("{{X}}")
    await proxy.stop()
    assert response.json()["error"]["data"]["request_id"] in {r["request_id"] for r in proxy.records("request")}


async def test_log_that_nobody_reads_holds_nothing_up(start_proxy):
    proxy = await start_proxy(OBO_LOG_LEVEL="info")
    pipe = proxy._process._transport.get_pipe_transport(2)
    pipe.pause_reading()
    request = encode("GET", "/" + "/".join(["x" * 29] * 6))
    async with await proxy.connect() as client:
        for _ in range(35):
            await client.send(request * 200)
            for _ in range(200):
                assert (await client.response()).status == 404
    assert await proxy.settles("obo_log_lines_dropped_total", 1) > 0
    pipe.resume_reading()
    await proxy.lines.finds(lambda line: "log_dropped" in line)
    assert await proxy.stop() == 0
    for line in proxy.lines:
        json.loads(line)
    told = sum(int(record["lines"]) for record in proxy.records("log_dropped"))
    assert len(proxy.records("request")) + told == 7000
