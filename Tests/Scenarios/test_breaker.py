"""After five failures in a row the provider is left alone for a while, and calls are refused at once."""

import asyncio

from fixtures import behaviour
from fixtures.refusal import assert_refused


async def test_opens_and_lets_a_probe_through_later(proxy, provider, upstream):
    provider.always(behaviour.answer(500))
    responses = [await proxy.call(provider.user_token(f"user{number}")) for number in range(4)]
    asked = len(provider.exchanges)
    assert asked in (5, 6), "two attempts a call until it opens"
    assert_refused(responses[-1], "breaker_open")
    assert await proxy.metric("obo_breaker_open") == 1
    assert_refused(await proxy.call(provider.user_token()), "breaker_open")
    assert len(provider.exchanges) == asked
    upstream.saw_nothing()

    provider.always(None)
    token = provider.user_token()
    for _ in range(200):
        response = await proxy.call(token)
        if "result" in response.json():
            break
        assert_refused(response, "breaker_open")
        await provider_pause()
    assert response.json()["result"]
    assert await proxy.metric("obo_breaker_open") == 0


async def provider_pause():
    """The breaker's own clock is what is waited for: 5 s, asked about twenty times a second."""
    await asyncio.sleep(0.05)


async def test_rejections_do_not_open_it(proxy, provider, upstream):
    """A wrong token is the user's fault, not an outage: nobody else may suffer for it."""
    provider.always(behaviour.json_answer({"error": "invalid_grant"}, 400))
    for number in range(8):
        assert_refused(await proxy.call(provider.user_token(f"user{number}")), "exchange_rejected")
    provider.always(None)
    assert (await proxy.call(provider.user_token())).json()["result"]
