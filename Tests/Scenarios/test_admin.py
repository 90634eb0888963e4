"""What the operator sees: health, readiness and metrics, without any secret."""

import re

import pytest


async def test_pages(proxy, provider):
    await proxy.call(provider.user_token())
    health, ready, metrics = [await proxy.ask("GET", page) for page in ("/healthz", "/readyz", "/metrics")]
    assert health.status == ready.status == metrics.status == 200
    assert ready.value("content-type").startswith("application/json") and ready.json()
    assert metrics.value("content-type").startswith("text/plain")
    assert provider.client_secret.encode() not in ready.body + metrics.body


@pytest.mark.parametrize(
    "method, path, statuses",
    [
        ("POST", "/metrics", (405,)),
        ("DELETE", "/healthz", (405,)),
        ("GET", "/unknown", (404,)),
        ("GET", "/tickets", (404,)),
    ],
)
async def test_other_requests(proxy, method, path, statuses):
    assert (await proxy.ask(method, path)).status in statuses


async def test_counters(proxy, provider, upstream):
    token = provider.user_token()
    for _ in range(3):
        await proxy.call(token)
    await proxy.call("{{X}}")
    assert await proxy.metric("obo_requests_total", server="tickets", method="POST", status="200") == 4
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
