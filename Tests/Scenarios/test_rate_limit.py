"""`limits.requests_per_user`: whoever asks too often is refused, before anything is spent on it; the others are not."""

import asyncio
import signal

from fixtures.client import message
from fixtures.refusal import assert_http_refused, assert_refused
from fixtures.upstream import result


async def test_every_form_of_a_refusal(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_LIMITS_REQUESTS_PER_USER="2/h")
    token = provider.user_token()
    for _ in range(2):
        assert (await proxy.call(token)).json() == result(1)
    assert_refused(await proxy.call(token, request_id="x"), "rate_limited", "x")
    refused = [
        await proxy.call(token, "initialize"),
        await proxy.call(token, "notifications/initialized", None),
        await proxy.request("GET", "/tickets", token=token),
        await proxy.request("DELETE", "/tickets", token=token),
    ]
    for response in refused:
        assert_http_refused(response, 503, "rate_limited")
        assert 1700 <= int(response.value("retry-after")) <= 1801
    assert len(upstream.requests) == 2
    assert await proxy.settles("obo_refusals_total", 5, server="tickets", reason="rate_limited") == 5
    assert await proxy.hits("limits.requests_per_user", 5) == 5


async def test_users_and_not_tokens(start_proxy, provider):
    """Another token does not help, and another user is another matter."""
    proxy = await start_proxy(OBO_LIMITS_REQUESTS_PER_USER="1/h")
    assert (await proxy.call(provider.user_token("alice"))).json() == result(1)
    assert_refused(await proxy.call(provider.user_token("alice")), "rate_limited")
    assert (await proxy.call(provider.user_token("bob"))).json() == result(1)


async def test_nothing_is_spent_on_it(start_proxy, provider, upstream):
    proxy = await start_proxy(
        OBO_LIMITS_REQUESTS_PER_USER="1/h", OBO_SERVER_WIKI_URL=upstream.url, OBO_SERVER_WIKI_SCOPES="api://wiki/read"
    )
    token = provider.user_token()
    assert (await proxy.call(token)).json() == result(1)
    assert_refused(await proxy.call(token, target="/wiki"), "rate_limited", server="wiki")
    assert len(provider.exchanges) == 1
    assert len(upstream.requests) == 1


async def test_one_limit_for_all_workers(start_proxy, provider):
    proxy = await start_proxy(OBO_LIMITS_REQUESTS_PER_USER="5/h", OBO_WORKERS="4")
    token = provider.user_token()
    answers = await asyncio.gather(*(proxy.call(token) for _ in range(20)))
    assert sum(answer.json() == result(1) for answer in answers) == 5


async def test_it_passes(start_proxy, provider):
    proxy = await start_proxy(OBO_LIMITS_REQUESTS_PER_USER="1/s")
    token = provider.user_token()
    async with await proxy.connect() as client:
        while (refused := await client.request("GET", "/tickets", token=token)).status != 503:
            pass
        assert refused.value("retry-after") == "1"
        async with asyncio.timeout(10):
            while (await client.request("POST", "/tickets", message(), token=token)).json() != result(1):
                await asyncio.sleep(0.05)


async def test_strict(start_proxy, provider):
    proxy = await start_proxy(OBO_LIMITS_REQUESTS_PER_USER="1/h", OBO_SERVER_TICKETS_ERRORS="strict")
    token = provider.user_token()
    assert (await proxy.call(token)).json() == result(1)
    response = await proxy.call(token)
    assert_http_refused(response, 503, "rate_limited")
    assert int(response.value("retry-after")) > 3000


async def test_opaque_tokens(start_proxy, provider):
    """Whose they are nobody knows before the exchange: each is a user."""
    proxy = await start_proxy(OBO_LIMITS_REQUESTS_PER_USER="1/h", OBO_IDENTITY_TOKENS=None, OBO_TOKENS="opaque")
    token = provider.user_token()
    assert (await proxy.call(token)).json() == result(1)
    assert_refused(await proxy.call(token), "rate_limited")
    assert (await proxy.call(provider.user_token())).json() == result(1)


async def test_who_is_not_known_takes_nothing(start_proxy, provider):
    """A forged token of somebody else's does not use up what is theirs."""
    proxy = await start_proxy(OBO_LIMITS_REQUESTS_PER_USER="1/h")
    forged = provider.user_token("alice")[:-6] + "AAAAAA"
    for _ in range(3):
        assert_refused(await proxy.call(forged), "invalid_signature")
    assert (await proxy.call(provider.user_token("alice"))).json() == result(1)


async def test_it_can_be_changed_while_serving(start_proxy, provider, tmp_path):
    """A reload puts another rate in force, with full buckets; one that leaves it as it was does not."""
    proxy = await start_proxy(yaml="limits: {requests_per_user: 1/h}\n")
    token = provider.user_token()
    assert (await proxy.call(token)).json() == result(1)
    (tmp_path / "scenario.yaml").write_text("limits: {requests_per_user: 1/h, body_bytes: 1MiB}\n")
    proxy.terminate(signal.SIGHUP)
    await proxy.lines.until(lambda: len(proxy.records("reload")) == 1)
    assert_refused(await proxy.call(token), "rate_limited")
    (tmp_path / "scenario.yaml").write_text("limits: {requests_per_user: 2/h}\n")
    proxy.terminate(signal.SIGHUP)
    await proxy.lines.until(lambda: len(proxy.records("reload")) == 2)
    assert (await proxy.call(token)).json() == result(1)
    assert {record["outcome"] for record in proxy.records("reload")} == {"applied"}
