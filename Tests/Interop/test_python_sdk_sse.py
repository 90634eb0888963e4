"""The Python MCP SDK's client and server of the older HTTP+SSE transport with the real proxy between them, and the same
pair without it, so that a failure shows on which side it is."""

import asyncio

import pytest
from conftest import SCOPE
from fixtures.provider import Exchange
from mcp import Client
from mcp.client.sse import sse_client
from sdk_server import SDKServer


@pytest.fixture
async def sdk_server(provider):
    async with SDKServer(provider, "sse") as server:
        yield server


@pytest.fixture
def start_sse(start_proxy, sdk_server):
    async def start(**changes):
        proxy = await start_proxy(OBO_SERVER_TICKETS_URL=sdk_server.url, OBO_SERVER_TICKETS_TYPE="sse", **changes)
        host, port = proxy.address
        return f"http://{host}:{port}/tickets"

    return start


@pytest.fixture(params=["direct", "proxied"])
async def path(request, sdk_server, provider, start_sse):
    """(URL, how a user's token is made): straight to the server with minted tokens, or through the proxy."""
    if request.param == "proxied":
        return await start_sse(), provider.user_token

    def minted(user="alice"):
        exchange = object.__new__(Exchange)
        exchange.form = {"assertion": provider.user_token(user), "scope": SCOPE}
        return provider.mint(exchange)

    return sdk_server.url, minted


def connect(path, user="alice", sessions=None):
    url, make_token = path
    transport = sse_client(
        url,
        headers={"Authorization": f"Bearer {make_token(user)}"},
        on_session_created=None if sessions is None else sessions.append,
    )
    return Client(transport, mode="legacy", read_timeout_seconds=15)


def text(result):
    assert not result.is_error, result
    return result.content[0].text


async def test_initialize_list_and_call(path, sdk_server):
    sessions = []
    async with connect(path, sessions=sessions) as client:
        assert client.server_info.name == "tickets"
        assert {tool.name for tool in (await client.list_tools()).tools} == {"whoami", "count", "wait"}
        assert text(await client.call_tool("whoami")) == "alice-pairwise-subject"
    assert len(sessions) == 1 and len(sessions[0]) == 32, "the server's own session id, as without the proxy"
    assert {status for method, _, status, _ in sdk_server.recorder.exchanges if method == "POST"} == {202}


async def test_progress_one_by_one(path, sdk_server):
    steps = []

    async def progressed(progress, total, note):
        steps.append((progress, total, note))
        sdk_server.may_go_on.set()

    async with connect(path) as client:
        assert text(await client.call_tool("count", {"to": 5}, progress_callback=progressed)) == "counted to 5"
    assert steps == [(step, 5, f"step {step}") for step in range(1, 6)]


async def test_two_users_with_many_calls(path):
    async def who(user):
        async with connect(path, user) as client:
            answers = await asyncio.gather(*(client.call_tool("whoami") for _ in range(10)))
            return {text(answer) for answer in answers}

    alice, bob = await asyncio.gather(who("alice"), who("bob"))
    assert alice == {"alice-pairwise-subject"} and bob == {"bob-pairwise-subject"}


async def test_two_workers(start_sse, provider):
    path = await start_sse(OBO_WORKERS="2"), provider.user_token
    for _ in range(4):
        async with connect(path) as client:
            assert text(await client.call_tool("whoami")) == "alice-pairwise-subject"


async def test_refusal_is_seen(start_sse):
    """Without a usable token there is no stream, and the client says so instead of waiting."""
    with pytest.raises(Exception) as refused:
        async with asyncio.timeout(10):
            async with connect((await start_sse(), lambda _: "{{LIBRECHAT_OPENID_ACCESS_TOKEN}}")):
                pass
    assert "401" in "".join(map(str, leaves(refused.value)))


def leaves(error):
    return [leaf for each in error.exceptions for leaf in leaves(each)] if isinstance(error, ExceptionGroup) else [error]


async def test_only_minted_tokens_arrive(start_sse, sdk_server, provider):
    async with connect((await start_sse(), provider.user_token)) as client:
        await client.call_tool("whoami")
    minted = {exchange.minted for exchange in provider.exchanges}
    assert len(minted) == 1 and set(sdk_server.verifier.seen) == minted
