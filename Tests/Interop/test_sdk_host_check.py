"""The Python MCP SDK's server with its own checks of Host and Origin on: what it checks is right when a chat server's
request, or a page's of an allowed origin, comes through the proxy. Sent straight to it, the same is refused."""

from functools import partial

import pytest
from conftest import SCOPE
from fixtures.client import Client, encode, message
from fixtures.provider import Exchange
from mcp.server.transport_security import TransportSecuritySettings
from sdk_server import SDKServer

PAGE = ("Origin", "https://chat.example")
INITIALIZE = message(
    "initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo={"name": "page", "version": "1"}
)


class CheckingServer(SDKServer):
    """Answers for the very address it listens on, and for no page at all."""

    def __init__(self, provider):
        super().__init__(provider)
        security = TransportSecuritySettings(
            enable_dns_rebinding_protection=True, allowed_hosts=[self.url.split("/")[2]], allowed_origins=[]
        )
        self.mcp.streamable_http_app = partial(self.mcp.streamable_http_app, transport_security=security)


@pytest.fixture
async def sdk_server(provider):
    async with CheckingServer(provider) as server:
        yield server


def minted(provider):
    exchange = object.__new__(Exchange)
    exchange.form = {"assertion": provider.user_token(), "scope": SCOPE}
    return provider.mint(exchange)


async def ask(address, token, host, fields, target):
    async with await Client.connect(address) as client:
        await client.send(encode("POST", target, INITIALIZE, fields, token, host))
        return await client.response()


@pytest.mark.parametrize("fields", [[], [PAGE]], ids=["a chat server", "a page"])
async def test_passes_its_checks(start_proxy, provider, sdk_server, fields):
    proxy = await start_proxy(
        OBO_SERVER_TICKETS_URL=sdk_server.url, OBO_ALLOWED_ORIGINS=PAGE[1], OBO_ALLOWED_HOSTS="sidecar"
    )
    response = await ask(proxy.address, provider.user_token(), "sidecar:8089", fields, "/tickets")
    assert response.status == 200 and b"serverInfo" in response.body
    assert response.value("access-control-allow-origin") == (PAGE[1] if fields else None)


@pytest.mark.parametrize(
    "host, fields, status", [("sidecar:8089", [], 421), (None, [PAGE], 403), (None, [], 200)], ids=str
)
async def test_they_are_on(provider, sdk_server, host, fields, status):
    """The control: without the proxy in between."""
    own, port = sdk_server.url.split("/")[2].split(":")
    token = minted(provider)
    response = await ask((own, int(port)), token, host or f"{own}:{port}", fields, "/mcp")
    assert response.status == status
