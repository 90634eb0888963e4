"""What is remembered of an exchange, for how long, and for whom."""

import time

import pytest
from fixtures import behaviour
from fixtures.refusal import assert_refused


@pytest.mark.parametrize("expires_in", ["3600", 3600, 3600.0, None, "soon"], ids=repr)
async def test_lifetimes_that_are_kept(proxy, provider, expires_in):
    provider.always(provider.minting(expires_in=expires_in))
    token = provider.user_token()
    for _ in range(3):
        assert (await proxy.call(token)).json()["result"]
    assert len(provider.exchanges) == 1


@pytest.mark.parametrize("expires_in", [0, -5, "0"], ids=repr)
async def test_lifetimes_that_are_over_at_once(proxy, provider, upstream, expires_in):
    provider.always(provider.minting(expires_in=expires_in))
    token = provider.user_token()
    for _ in range(3):
        assert (await proxy.call(token)).json()["result"]
    assert len(provider.exchanges) == 3
    assert len({request.token for request in upstream.requests}) == 3


async def test_short_life_is_renewed(proxy, provider):
    """Two seconds are kept for half of it, then exchanged anew, in the background or in the foreground."""
    provider.always(provider.minting(expires_in=2))
    token = provider.user_token()
    began = time.monotonic()
    while len(provider.exchanges) < 2:
        assert (await proxy.call(token)).json()["result"]
        assert time.monotonic() - began < 4
    assert time.monotonic() - began > 0.5


async def test_no_longer_than_the_user_token(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_CLOCK_SKEW="0s")
    token = provider.user_token(exp=int(time.time()) + 3)
    assert (await proxy.call(token)).json()["result"]
    calls, began = 1, time.monotonic()
    while (response := await proxy.call(token)).json().get("result"):
        calls += 1
        assert time.monotonic() - began < 6
    assert_refused(response, "expired_token")
    assert len(upstream.requests) == calls


async def test_rejection_is_remembered_for_that_token_alone(proxy, provider, upstream):
    provider.script(behaviour.json_answer({"error": "invalid_grant"}, 400))
    token = provider.user_token("alice")
    for _ in range(3):
        assert_refused(await proxy.call(token), "exchange_rejected")
    assert len(provider.exchanges) == 1
    assert (await proxy.call(provider.user_token("alice"))).json()["result"], "a fresh login is not blocked"
    assert len(provider.exchanges) == 2 and len(upstream.requests) == 1


async def test_rejection_is_forgotten(start_proxy, provider):
    proxy = await start_proxy(OBO_CACHE_NEGATIVE_TTL="100ms")
    provider.script(behaviour.json_answer({"error": "invalid_grant"}, 400))
    token = provider.user_token()
    assert_refused(await proxy.call(token), "exchange_rejected")
    began = time.monotonic()
    while "error" in (await proxy.call(token)).json():
        assert time.monotonic() - began < 3
    assert len(provider.exchanges) == 2


async def test_nonsense_is_not_remembered(proxy, provider):
    provider.script(provider.minting(token_type="MAC"))
    token = provider.user_token()
    assert_refused(await proxy.call(token), "invalid_exchange_response")
    assert (await proxy.call(token)).json()["result"]


async def test_bounded(start_proxy, provider):
    proxy = await start_proxy(OBO_CACHE_MAX_ENTRIES="2")
    tokens = [provider.user_token(user) for user in ("alice", "bob", "carol")]
    for token in tokens:
        await proxy.call(token)
    assert await proxy.metric("obo_cache_entries") <= 2
    await proxy.call(tokens[2])
    assert len(provider.exchanges) == 3, "the youngest stayed"
    await proxy.call(tokens[0])
    assert len(provider.exchanges) == 4, "the oldest left"


async def test_served_beyond_the_user_token_where_configured(start_proxy, provider, upstream):
    """The same token, after its end, gets what was minted before, and nothing new is minted for it."""
    proxy = await start_proxy(
        OBO_CLOCK_SKEW="0s", OBO_CACHE_AFTER_USER_TOKEN_EXPIRY="serve",
        OBO_SERVER_WIKI_URL=upstream.url, OBO_SERVER_WIKI_SCOPES="api://wiki/access_as_user",
    )  # fmt: skip
    end = int(time.time()) + 3
    token, unseen = provider.user_token(exp=end), provider.user_token(exp=end)
    assert (await proxy.call(token)).json()["result"]
    while time.time() <= end + 0.2:
        assert (await proxy.call(token)).json()["result"]
    for _ in range(3):
        assert (await proxy.call(token)).json()["result"]
    assert_refused(await proxy.call(token, target="/wiki"), "expired_token", server="wiki")
    assert_refused(await proxy.call(unseen), "expired_token")
    assert len(provider.exchanges) == 1
