"""Two users at once, over two workers and shared connections: no answer and no token ever changes hands."""

import asyncio

import pytest
from fixtures.client import message
from fixtures.token import claims

USERS = ["alice", "bob", "carol", "dave"]


async def answer_by_token(call):
    """The upstream answers with whom the token says it is."""
    request = call.request.json()
    await call.reply_json({"jsonrpc": "2.0", "id": request["id"], "result": claims(call.request.token)["sub"]})


async def talk(proxy, provider, user):
    token = provider.user_token(user)
    async with await proxy.connect() as client:
        for number in range(25):
            response = await client.request("POST", "/tickets", message(request_id=number), [("X-User", user)], token)
            assert response.json() == {"jsonrpc": "2.0", "id": number, "result": f"{user}-pairwise-subject"}


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_concurrent_users(start_proxy, provider, upstream, workers):
    proxy = await start_proxy(OBO_WORKERS=workers)
    upstream.always(answer_by_token)
    await asyncio.gather(*(talk(proxy, provider, user) for user in USERS * 2))
    for request in upstream.requests:
        assert claims(request.token)["sub"] == f"{request.head.value('x-user')}-pairwise-subject"
    assert len(provider.exchanges) == 2 * len(USERS), "one for each of their tokens"


async def test_users_in_turn_on_one_connection(proxy, provider, upstream):
    """A chat server may send several users' calls over one of its connections."""
    upstream.always(answer_by_token)
    tokens = {user: provider.user_token(user) for user in USERS}
    async with await proxy.connect() as client:
        for number in range(12):
            user = USERS[number % len(USERS)]
            response = await client.request("POST", "/tickets", message(request_id=number), token=tokens[user])
            assert response.json()["result"] == f"{user}-pairwise-subject"


async def test_a_refused_user_after_a_good_one_on_one_connection(proxy, provider, upstream):
    async with await proxy.connect() as client:
        assert (await client.request("POST", "/tickets", message(), token=provider.user_token())).json()["result"]
        assert (await client.request("POST", "/tickets", message(), token="{{X}}")).json()["error"]
        assert (await client.request("POST", "/tickets", message())).json()["error"]
    assert len(upstream.requests) == 1
