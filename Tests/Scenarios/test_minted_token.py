"""What is minted is compared with what it was minted for, where it can be read."""

import time

import pytest
from fixtures.refusal import assert_refused


def minting(provider, **changes):
    """A token endpoint whose tokens' claims are changed."""

    async def behave(call):
        exchange = provider.exchange_of(call)
        await call.reply_json(provider.token_answer(exchange, access_token=provider.mint(exchange, **changes)))

    return behave


@pytest.mark.parametrize(
    "changes, mismatch",
    [
        ({"sub": "somebody-else"}, "user"),
        ({"sub": "somebody-else", "oid": "bob-object-id"}, "user"),
        ({"oid": "bob-object-id"}, "user"),
        ({"aud": "api://f2c7d1b0-8e44-4c1b-9a64-77f0c3f5a9d2"}, "audience"),
        ({"aud": ["api://tickets", "f2c7d1b0-8e44-4c1b-9a64-77f0c3f5a9d2"]}, "audience"),
        ({"exp": int(time.time()) - 3600}, "expiry"),
    ],
)
async def test_a_token_for_somebody_or_something_else_goes_nowhere(proxy, provider, upstream, changes, mismatch):
    provider.always(minting(provider, **changes))
    response = await proxy.call(provider.user_token())
    assert_refused(response, "invalid_exchange_response")
    assert len(upstream.requests) == 0
    await proxy.stop()
    (line,) = proxy.records("exchange")
    assert line["outcome"] == "invalid_exchange_response" and line["mismatch"] == mismatch
    assert line["user"] and line["server"] == "tickets"


@pytest.mark.parametrize(
    "changes",
    [{"oid": "alice-object-id", "sub": "pairwise"}, {"sub": None, "oid": None}, {"iss": "https://sts.example/", "sub": "x"}],
    ids=["pairwise sub", "nobody named", "another issuer's sub"],
)  # fmt: skip
async def test_what_does_not_contradict_is_used(proxy, provider, changes):
    provider.always(minting(provider, **changes))
    assert (await proxy.call(provider.user_token())).json()["result"]


@pytest.mark.parametrize("text", ["opaque-token", "a.b.c", "a.b.c.d.e"])
async def test_what_cannot_be_read_is_the_servers_to_judge(proxy, provider, upstream, text):
    provider.always(provider.minting(access_token=text))
    assert (await proxy.call(provider.user_token())).json()["result"]
    assert upstream.requests[0].token == text


async def test_a_server_that_looks_gets_nothing_from_one_that_does_not(start_proxy, provider, upstream):
    """Two servers with the same scopes share what is minted, but not what nobody has looked at."""
    proxy = await start_proxy(
        OBO_SERVER_OTHER_URL=upstream.url, OBO_SERVER_OTHER_SCOPES="api://tickets/access_as_user",
        OBO_SERVER_OTHER_CHECK_MINTED="false")
    provider.always(minting(provider, sub="somebody-else"))
    token = provider.user_token()
    assert (await proxy.call(token, target="/other")).json()["result"]
    assert_refused(await proxy.call(token), "invalid_exchange_response")


async def test_the_check_can_be_turned_off_for_a_server(start_proxy, provider):
    proxy = await start_proxy(OBO_SERVER_TICKETS_CHECK_MINTED="false")
    provider.always(minting(provider, sub="somebody-else"))
    assert (await proxy.call(provider.user_token())).json()["result"]


async def test_a_token_is_not_used_beyond_its_own_end(start_proxy, provider):
    """The response promises an hour, the token itself ends within the early expiry."""
    proxy = await start_proxy(OBO_CLOCK_SKEW="0s", OBO_CACHE_EARLY_EXPIRY="1s")
    provider.always(minting(provider, exp=int(time.time()) + 2))
    token = provider.user_token()
    began = time.monotonic()
    while len(provider.exchanges) < 2:
        await proxy.call(token)
        assert time.monotonic() - began < 5
