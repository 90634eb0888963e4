"""Servers behind a name and not an address."""

import asyncio

from fixtures.upstream import result


async def test_a_burst_of_calls_to_one_name(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_SERVER_TICKETS_URL=upstream.url.replace("127.0.0.1", "localhost"))
    token = provider.user_token()
    answers = await asyncio.gather(*(proxy.call(token, request_id=number) for number in range(150)))
    assert [answer.json() for answer in answers] == [result(number) for number in range(150)]
