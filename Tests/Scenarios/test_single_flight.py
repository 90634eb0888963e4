"""A burst of one user's calls on a cold cache asks the provider once."""

import asyncio

import pytest
from conftest import SCOPE
from fixtures import behaviour
from fixtures.client import encode, message
from fixtures.refusal import assert_refused

BURST = 50


async def burst(proxy, provider, token, gate, count=BURST):
    """`count` calls at once, each on its own connection; the provider answers when all have come."""
    calls = asyncio.gather(*(proxy.call(token, request_id=number) for number in range(count)))
    await provider.exchanges.reaches(1)
    await proxy.settles("obo_token_lookups_total", count - 1, result="joined")
    gate.set()
    return await calls


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_burst(start_proxy, provider, upstream, workers):
    proxy = await start_proxy(OBO_WORKERS=workers)
    gate = provider.hold()
    responses = await burst(proxy, provider, provider.user_token(), gate)
    assert [response.json()["id"] for response in responses] == list(range(BURST))
    assert all("result" in response.json() for response in responses)
    assert len(provider.exchanges) == 1
    assert len(upstream.requests) == BURST
    assert {request.token for request in upstream.requests} == {provider.exchanges[0].minted}


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_burst_that_is_rejected(start_proxy, provider, upstream, workers):
    proxy = await start_proxy(OBO_WORKERS=workers)
    gate = asyncio.Event()
    provider.always(behaviour.held(gate, behaviour.json_answer({"error": "invalid_grant"}, 400)))
    responses = await burst(proxy, provider, provider.user_token(), gate)
    for number, response in enumerate(responses):
        assert_refused(response, "exchange_rejected", number)
    assert len(provider.exchanges) == 1
    upstream.saw_nothing()


async def test_burst_into_an_outage(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_WORKERS="2")
    gate = asyncio.Event()
    provider.always(behaviour.held(gate, behaviour.answer(500)))
    responses = await burst(proxy, provider, provider.user_token(), gate, 20)
    for number, response in enumerate(responses):
        assert_refused(response, "exchange_unavailable", number)
    assert len(provider.exchanges) == 2, "one exchange and its one retry"
    upstream.saw_nothing()


async def test_leader_leaves_and_joiners_are_served(proxy, provider):
    gate = provider.hold()
    token = provider.user_token()
    leader = await proxy.connect()
    await leader.send(encode("POST", "/tickets", message(request_id="leader"), token=token))
    await provider.exchanges.reaches(1)
    follower = asyncio.ensure_future(proxy.call(token, request_id="follower"))
    await proxy.settles("obo_token_lookups_total", 1, result="joined")
    leader.abort()
    gate.set()
    assert (await follower).json()["id"] == "follower"
    assert len(provider.exchanges) == 1


async def test_leader_leaves_alone_and_the_next_call_finds_the_token(proxy, provider, upstream):
    gate = provider.hold()
    token = provider.user_token()
    leader = await proxy.connect()
    await leader.send(encode("POST", "/tickets", message(), token=token))
    exchange = await provider.exchanges.reaches(1)
    leader.close()
    await leader.left()
    gate.set()
    await proxy.settles("obo_cache_entries", 1)
    assert (await proxy.call(token, request_id="next")).json()["id"] == "next"
    assert len(provider.exchanges) == 1
    assert upstream.requests[-1].token == exchange.minted


async def test_two_servers_are_two_exchanges(start_proxy, provider, upstream):
    """The scopes are part of the key."""
    proxy = await start_proxy(OBO_SERVER_WIKI_URL=upstream.url, OBO_SERVER_WIKI_SCOPES="api://wiki/read")
    gate = provider.hold()
    token = provider.user_token()
    calls = asyncio.gather(proxy.call(token), proxy.call(token, target="/wiki"))
    await provider.exchanges.reaches(2)
    gate.set()
    await calls
    assert {exchange.form["scope"] for exchange in provider.exchanges} == {SCOPE, "api://wiki/read"}
