"""What the operator sees: health, readiness, metrics and status, without any secret; and the eviction of tokens."""

import asyncio
import re
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from fixtures import behaviour
from fixtures.client import Client
from fixtures.refusal import assert_refused

JSON = [("Content-Type", "application/json")]


async def test_pages(proxy, provider):
    await proxy.call(provider.user_token())
    pages = ("/healthz", "/readyz", "/metrics", "/status", "/")
    health, ready, metrics, status, page = [await proxy.ask("GET", page) for page in pages]
    assert health.status == ready.status == metrics.status == status.status == page.status == 200
    assert ready.value("content-type").startswith("application/json") and ready.json()
    assert metrics.value("content-type").startswith("text/plain")
    assert status.value("content-type") == "application/json" and status.json()
    assert page.value("content-type").startswith("text/html")
    assert provider.client_secret.encode() not in ready.body + metrics.body + status.body + page.body


@pytest.mark.parametrize(
    "method, path, status, allow",
    [
        ("POST", "/metrics", 405, "GET"),
        ("DELETE", "/healthz", 405, "GET"),
        ("HEAD", "/status", 405, "GET"),
        ("POST", "/", 405, "GET"),
        ("GET", "/cache/evict", 405, "POST"),
        ("DELETE", "/cache/evict", 405, "POST"),
        ("GET", "/unknown", 404, None),
        ("GET", "/tickets", 404, None),
        ("GET", "/status/", 404, None),
        ("GET", "//status", 404, None),
        ("GET", "/%73tatus", 404, None),
    ],
)
async def test_other_requests(proxy, method, path, status, allow):
    answer = await proxy.ask(method, path)
    assert (answer.status, answer.value("allow")) == (status, allow)


async def test_counters(proxy, provider, upstream):
    token = provider.user_token()
    for _ in range(3):
        await proxy.call(token)
    await proxy.call("{{X}}")
    # A call is counted a moment after its answer.
    assert await proxy.settles("obo_requests_total", 4, server="tickets", method="POST", status="200") == 4
    assert await proxy.metric("obo_token_lookups_total", server="tickets", result="miss") == 1
    assert await proxy.metric("obo_token_lookups_total", server="tickets", result="hit") == 2
    assert await proxy.metric("obo_exchanges_total", server="tickets") == 1
    assert await proxy.metric("obo_refusals_total", server="tickets", reason="placeholder_token") == 1
    assert await proxy.metric("obo_request_duration_seconds_count", server="tickets") == 4
    assert await proxy.metric("obo_exchange_duration_seconds_count") == 1
    assert await proxy.metric("obo_cache_entries") == 1
    assert await proxy.metric("obo_build_info") == 1
    assert await proxy.metric("process_resident_memory_bytes") > 1 << 20


async def test_labels_are_bounded(proxy, provider):
    """Whoever calls made-up paths and methods must not fill the memory of the metrics."""
    for number in range(20):
        await proxy.call(provider.user_token(), target=f"/made-up-{number}")
        await proxy.request(f"MADEUP{number}", "/tickets")
    text = (await proxy.ask("GET", "/metrics")).body.decode()
    assert "made-up" not in text and "MADEUP" not in text


async def test_exposition_format(proxy, provider):
    await proxy.call(provider.user_token())
    text = (await proxy.ask("GET", "/metrics")).body.decode()
    sample = re.compile(r'\w+(\{(\w+="([^"\\\n]|\\.)*",?)*\})? ([-+]?\d+(\.\d+)?([eE][-+]?\d+)?|\+Inf|NaN)')
    comment = re.compile(r"# (HELP \w+ .*|TYPE \w+ (counter|gauge|histogram|summary|untyped))")
    lines = text.splitlines()
    assert text.endswith("\n") and lines
    for line in lines:
        assert sample.fullmatch(line) or comment.fullmatch(line), line
    names = [line.rpartition(" ")[0] for line in lines if not line.startswith("#")]
    assert len(names) == len(set(names)), "no series twice"


async def status_of(proxy, requests=0):
    """What it says once it has counted so many requests, which it does a moment after the answer."""
    assert await proxy.settles("obo_requests_total", requests) == requests
    return (await proxy.ask("GET", "/status")).json()


async def test_status(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_SERVER_TICKETS_TITLE="Tickets", OBO_SERVER_TICKETS_URL=upstream.url + "?key=hunter4")
    token = provider.user_token()
    for _ in range(3):
        await proxy.call(token)
    refused = await proxy.call(provider.user_token("bob", exp=1))
    status = await status_of(proxy, 4)
    assert status["ready"] and not status["draining"] and status["problems"] == []
    assert 0 <= status["uptime_seconds"] < 60 and status["generation"] == 1
    [server] = status["servers"]
    assert (server["name"], server["title"], server["provider"]) == ("tickets", "Tickets", "default")
    assert server["origin"] == upstream.origin
    assert server["requests"] == 4 and server["by_status"] == {"200": 4} and server["refusals"] == {"expired_token": 1}
    assert server["lookups"] == {"hit": 2, "miss": 1, "joined": 0, "negative": 0, "bypass": 0}
    assert server["reach"]["state"] == "answers"
    assert 0 < server["duration_seconds"]["p50"] <= server["duration_seconds"]["p95"]
    [own] = status["providers"]
    assert own["exchanges"] == {"minted": 1} and own["breaker"] == "closed" and own["last_failure"] is None
    assert own["token_endpoint"] == provider.token_endpoint
    assert own["credential"]["kind"] == "client secret" and own["credential"]["ends"] is None
    [issuer] = status["issuers"]
    assert issuer["issuer"] == provider.issuer and issuer["keys"] == 1 and issuer["fetches"] == {"good": 1, "failed": 0}
    assert status["cache"]["entries"] == 1
    [refusal] = status["refusals"]
    assert refusal["reason"] == "expired_token" and refusal["server"] == "tickets" and refusal["status"] == 200
    assert refusal["request_id"] == refused.json()["error"]["data"]["request_id"] and refusal["advice"]
    text = (await proxy.ask("GET", "/status")).body.decode() + (await proxy.ask("GET", "/")).body.decode()
    assert "hunter4" not in text and token not in text and "alice" not in text


async def test_status_names_the_user_as_the_log_does(proxy, provider):
    provider.always(behaviour.json_answer({"error": "invalid_grant", "error_codes": [65001]}, 400))
    await proxy.call(provider.user_token("carol"))
    [refusal] = (await status_of(proxy, 1))["refusals"]
    await proxy.lines.finds(lambda line: '"event":"request"' in line and refusal["request_id"] in line)
    [line] = [each for each in proxy.records("request") if each["request_id"] == refusal["request_id"]]
    assert refusal["reason"] == "consent_required"
    assert refusal["user"] == line["user"] and len(line["user"]) == 12
    assert refusal["advice"] == proxy.records("exchange")[0]["advice"]


async def test_status_says_what_is_wrong_with_a_provider(proxy, provider):
    provider.always(behaviour.json_answer({"error": "invalid_client", "error_codes": [7000222]}, 401))
    await proxy.call(provider.user_token())
    status = await status_of(proxy, 1)
    [problem] = status["problems"]
    assert problem["severity"] == "fault" and problem["subject"] == "server tickets"
    assert "client_rejected" in problem["happened"] and "expired" in problem["advice"]
    failure = status["providers"][0]["last_failure"]
    assert failure["reason"] == "client_rejected" and failure["aadsts"] == [7000222]
    provider.always(None)
    await proxy.call(provider.user_token("bob"))
    assert (await status_of(proxy, 2))["problems"] == []


async def test_status_says_which_server_fails(proxy, provider, upstream):
    upstream.always(behaviour.close)
    await proxy.call(provider.user_token())
    status = await status_of(proxy, 1)
    assert status["servers"][0]["reach"]["state"] == "fails"
    assert [problem["subject"] for problem in status["problems"]] == ["server tickets"]
    upstream.always(None)
    await proxy.call(provider.user_token())
    status = await status_of(proxy, 2)
    assert status["servers"][0]["reach"]["state"] == "answers" and status["problems"] == []


async def test_status_without_keys(start_proxy, provider):
    provider.keys_answer = behaviour.answer(500)
    proxy = await start_proxy(ready=False)
    assert (await proxy.ask("GET", "/readyz")).status == 503
    status = await status_of(proxy)
    assert not status["ready"] and status["issuers"][0]["keys"] == 0
    assert status["problems"][0]["subject"] == f"issuer {provider.issuer}"


async def test_status_gets_the_keys_itself(start_proxy, provider):
    """Nobody has asked for readiness, and nobody has called."""
    proxy = await start_proxy(ready=False)
    first = await status_of(proxy)
    assert first["ready"] or first["problems"] == []
    await provider.key_fetches.reaches(1)
    async with asyncio.timeout(10):
        while not (await status_of(proxy))["ready"]:
            await asyncio.sleep(0.02)


async def test_status_without_an_issuer_that_answers_comes_at_once(start_proxy, provider):
    provider.discovery_answer = behaviour.hang
    proxy = await start_proxy(ready=False)
    for _ in range(3):
        assert not (await asyncio.wait_for(status_of(proxy), timeout=3))["ready"]


async def test_status_says_that_a_configuration_was_refused(start_proxy, tmp_path):
    proxy = await start_proxy(yaml="limits: {body_bytes: 1MiB}\n")
    (tmp_path / "scenario.yaml").write_text("limits: {body_bytes: much}\n")
    proxy.terminate(signal.SIGHUP)
    await proxy.lines.finds(lambda line: '"outcome":"refused"' in line)
    status = await status_of(proxy)
    assert [problem["subject"] for problem in status["problems"]] == ["configuration"]
    assert status["generation"] == 1 and not status["reload"]["last_good"] and status["reload"]["refused"] >= 1
    (tmp_path / "scenario.yaml").write_text("limits: {body_bytes: 2MiB}\n")
    proxy.terminate(signal.SIGHUP)
    await proxy.lines.finds(lambda line: '"outcome":"applied"' in line)
    status = await status_of(proxy)
    assert status["generation"] == 2 and status["problems"] == []


async def test_refusals_are_the_last_fifty(proxy, provider):
    for number in range(52):
        await proxy.call(provider.user_token(), target=f"/nowhere-{number}")
    last = await proxy.call("{{X}}")
    refusals = (await status_of(proxy, 53))["refusals"]
    assert len(refusals) == 50
    assert refusals[0]["request_id"] == last.json()["error"]["data"]["request_id"]
    assert {each["reason"] for each in refusals[1:]} == {"unknown_server"}


async def test_the_listeners_certificate_has_its_end(start_proxy, authority):
    certificate, key = authority.issue()
    proxy = await start_proxy(OBO_TLS_CERTIFICATE=certificate, OBO_TLS_KEY=key)
    end = x509.load_pem_x509_certificate(Path(certificate).read_bytes()).not_valid_after_utc
    assert await proxy.metric("obo_certificate_end_timestamp_seconds", side="client") == end.timestamp()
    status = await status_of(proxy)
    assert datetime.fromisoformat(status["certificate_ends"]).astimezone(UTC) == end
    assert status["problems"][0]["subject"] == "certificate of the listener", "it lasts a day"


# Eviction


async def evict(proxy, body, fields=JSON):
    lines = [f"{name}: {value}\r\n" for name, value in [*fields, ("Content-Length", len(body))]]
    async with await Client.connect(proxy.admin) as client:
        await client.send(b"POST /cache/evict HTTP/1.1\r\nHost: 127.0.0.1\r\n" + "".join(lines).encode() + b"\r\n" + body)
        return await client.response()


@pytest.fixture
async def two_servers(start_proxy, upstream):
    return await start_proxy(
        OBO_SERVER_WIKI_URL=upstream.url, OBO_SERVER_WIKI_SCOPES="api://wiki/read", OBO_LOG_LEVEL="info")  # fmt: skip


async def test_evicting_one_server(two_servers, provider):
    token = provider.user_token()
    for target in ("/tickets", "/wiki"):
        await two_servers.call(token, target=target)
    answer = await evict(two_servers, b'{"server": "tickets"}')
    assert answer.status == 200 and answer.json() == {"evicted": 1, "server": "tickets"}
    assert await two_servers.metric("obo_cache_entries") == 1
    for target in ("/tickets", "/wiki"):
        await two_servers.call(token, target=target)
    assert len(provider.exchanges) == 3
    [record] = two_servers.records("cache_evicted")
    assert record["server"] == "tickets" and record["tokens"] == "1"


async def test_evicting_all(two_servers, provider):
    for target in ("/tickets", "/wiki"):
        await two_servers.call(provider.user_token(), target=target)
    answer = await evict(two_servers, b"{}")
    assert answer.json() == {"evicted": 2, "server": None}
    assert await two_servers.metric("obo_cache_entries") == 0


async def test_eviction_forgets_rejections_too(proxy, provider):
    provider.always(behaviour.json_answer({"error": "invalid_grant"}, 400))
    token = provider.user_token()
    assert_refused(await proxy.call(token), "exchange_rejected")
    provider.always(None)
    assert_refused(await proxy.call(token), "exchange_rejected")
    await evict(proxy, b"{}")
    assert (await proxy.call(token)).json()["result"]


async def test_an_exchange_under_way_does_not_undo_an_eviction(proxy, provider):
    """Who waits for it is served; nobody after them gets its token."""
    gate = provider.hold()
    token = provider.user_token()
    waiting = asyncio.ensure_future(proxy.call(token))
    await provider.exchanges.reaches(1)
    assert (await evict(proxy, b"{}")).json()["evicted"] == 0
    gate.set()
    assert (await waiting).json()["result"]
    assert await proxy.metric("obo_cache_entries") == 0
    provider.always(None)
    assert (await proxy.call(token)).json()["result"]
    assert len(provider.exchanges) == 2


@pytest.mark.parametrize(
    "body, status",
    [
        (b'{"server": "elsewhere"}', 404),
        (b'{"sever": "tickets"}', 400),
        (b'{"server": null}', 400),
        (b'{"server": "tickets", "server": "tickets"}', 400),
        (b"[]", 400),
        (b"", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b'{"server": "' + b"a" * 5000 + b'"}', 413),
    ],
)
async def test_bad_evictions_evict_nothing(proxy, provider, body, status):
    await proxy.call(provider.user_token())
    answer = await evict(proxy, body)
    assert answer.status == status and answer.json()["error"]
    assert await proxy.metric("obo_cache_entries") == 1


@pytest.mark.parametrize(
    "fields, status",
    [
        ([*JSON, ("Origin", "http://127.0.0.1:9089")], 403),
        ([*JSON, ("Origin", "null")], 403),
        ([("Content-Type", "text/plain"), ("Origin", "https://page.example")], 403),
    ],
)
async def test_no_page_in_a_browser_evicts(proxy, provider, fields, status):
    """A form or a script of any page on this machine could post here; what it can't do is leave its origin out."""
    await proxy.call(provider.user_token())
    assert (await evict(proxy, b"{}", fields)).status == status
    assert await proxy.metric("obo_cache_entries") == 1


@pytest.mark.parametrize("kind", [None, "application/x-www-form-urlencoded", "Application/JSON; charset=utf-8"])
async def test_the_content_type_does_not_matter(proxy, kind):
    """Not everybody's tools name it, and some name another one by themselves."""
    assert (await evict(proxy, b"{}", [("Content-Type", kind)] if kind else [])).status == 200


async def test_a_body_in_pieces(proxy):
    async with await Client.connect(proxy.admin) as client:
        head = b"POST /cache/evict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        await client.send(head + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n")
        await client.send(b"1\r\n}\r\n0\r\n\r\n")
        assert (await client.response()).status == 200
