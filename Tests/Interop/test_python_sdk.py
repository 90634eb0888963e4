"""The Python MCP SDK's client and server, neither written here, with the real proxy between them; and the same pair
without it, so that a failure shows on which side it is."""

import asyncio

import pytest
from conftest import SCOPE
from fixtures.client import Client as RawClient
from fixtures.provider import Exchange
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from sdk_server import SDKServer

ERAS = ["legacy", "auto"]  # with the initialize handshake and a session, and without


@pytest.fixture
async def sdk_server(provider):
    async with SDKServer(provider) as server:
        yield server


@pytest.fixture(params=["direct", "proxied"])
async def path(request, sdk_server, provider, start_proxy):
    """(URL, how a user's token is made): straight to the server with minted tokens, or through the proxy."""
    if request.param == "proxied":
        proxy = await start_proxy(OBO_SERVER_TICKETS_URL=sdk_server.url)
        host, port = proxy.address
        return f"http://{host}:{port}/tickets", provider.user_token

    def minted(user="alice"):
        exchange = object.__new__(Exchange)
        exchange.form = {"assertion": provider.user_token(user), "scope": SCOPE}
        return provider.mint(exchange)

    return sdk_server.url, minted


def connect(path, era, user="alice", token=None):
    url, make_token = path
    http = create_mcp_http_client(headers={"Authorization": f"Bearer {token or make_token(user)}"})
    return Client(streamable_http_client(url, http_client=http), mode=era, read_timeout_seconds=15)


def text(result):
    assert not result.is_error, result
    return result.content[0].text


@pytest.mark.parametrize("era", ERAS)
async def test_initialize_list_and_call(path, era, sdk_server):
    async with connect(path, era) as client:
        assert client.server_info.name == "tickets"
        assert {tool.name for tool in (await client.list_tools()).tools} == {"whoami", "count", "wait"}
        assert text(await client.call_tool("whoami")) == "alice-pairwise-subject"
    assert all(status != 401 for _, _, status, _ in sdk_server.recorder.exchanges)


@pytest.mark.parametrize("era", ERAS)
async def test_progress_one_by_one(path, era, sdk_server):
    """The server takes the next step only after the client has seen the last one."""
    steps = []

    async def progressed(progress, total, note):
        steps.append((progress, total, note))
        sdk_server.may_go_on.set()

    async with connect(path, era) as client:
        assert text(await client.call_tool("count", {"to": 5}, progress_callback=progressed)) == "counted to 5"
    assert steps == [(step, 5, f"step {step}") for step in range(1, 6)]


async def test_session_is_deleted(path, sdk_server):
    url, make_token = path
    token = make_token()
    async with connect(path, "legacy", token=token) as client:
        await client.list_tools()
    method, fields, status, _ = await sdk_server.recorder.exchanges.finds(lambda seen: seen[0] == "DELETE")
    assert status == 200 and fields["mcp-session-id"]


async def test_deleted_session_is_404(path, sdk_server):
    """What tells a client to start anew reaches it unchanged."""
    url, make_token = path
    host, _, port = url.split("/")[2].partition(":")
    token = make_token()
    initialize = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    target = "/" + url.split("/", 3)[3]
    async with await RawClient.connect((host, int(port))) as client:
        response = await client.request("POST", target, initialize, token=token)
        assert response.status == 200, response.body
        session = [("Mcp-Session-Id", response.value("mcp-session-id"))]
        assert (await client.request("DELETE", target, fields=session, token=token)).status == 200
        ping = {"jsonrpc": "2.0", "id": 2, "method": "ping"}
        assert (await client.request("POST", target, ping, session, token)).status == 404


@pytest.mark.parametrize("era", ERAS)
async def test_two_users_at_once(path, era):
    async def who(user):
        async with connect(path, era, user) as client:
            return [text(await client.call_tool("whoami")) for _ in range(3)]

    alice, bob = await asyncio.gather(who("alice"), who("bob"))
    assert set(alice) == {"alice-pairwise-subject"} and set(bob) == {"bob-pairwise-subject"}


@pytest.mark.parametrize("era", ERAS)
async def test_many_calls_at_once(path, era):
    async with connect(path, era) as client:
        answers = await asyncio.gather(*(client.call_tool("whoami") for _ in range(20)))
    assert {text(answer) for answer in answers} == {"alice-pairwise-subject"}


async def test_leaving_cancels(path, sdk_server):
    """In the sessionless era closing the answer's stream is how a client cancels a call."""
    waiting = asyncio.Event()

    async def progressed(*_):
        waiting.set()

    async with connect(path, "auto") as client:
        call = asyncio.ensure_future(client.call_tool("wait", progress_callback=progressed))
        await asyncio.wait_for(waiting.wait(), 10)
        call.cancel()
        await asyncio.wait_for(sdk_server.cancelled.wait(), 10)


async def test_refusal_is_one_calls_error(sdk_server, provider, start_proxy):
    """A token that ends in the middle of a session fails that call with words, and the connection goes on."""
    proxy = await start_proxy(OBO_SERVER_TICKETS_URL=sdk_server.url)
    host, port = proxy.address
    http = create_mcp_http_client(headers={"Authorization": f"Bearer {provider.user_token()}"})
    async with Client(
        streamable_http_client(f"http://{host}:{port}/tickets", http_client=http), mode="legacy"
    ) as client:
        assert text(await client.call_tool("whoami")) == "alice-pairwise-subject"
        http.headers["Authorization"] = "Bearer {{LIBRECHAT_OPENID_ACCESS_TOKEN}}"
        with pytest.raises(Exception) as refused:
            await client.call_tool("whoami")
        assert "placeholder" in str(refused.value.error.data)
        http.headers["Authorization"] = f"Bearer {provider.user_token()}"
        assert text(await client.call_tool("whoami")) == "alice-pairwise-subject"


async def test_only_minted_tokens_arrive(sdk_server, provider, start_proxy):
    proxy = await start_proxy(OBO_SERVER_TICKETS_URL=sdk_server.url)
    host, port = proxy.address
    async with connect((f"http://{host}:{port}/tickets", provider.user_token), "legacy") as client:
        await client.call_tool("whoami")
    minted = {exchange.minted for exchange in provider.exchanges}
    assert len(minted) == 1 and set(sdk_server.verifier.seen) == minted
