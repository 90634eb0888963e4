"""The Python MCP SDK's client comes to a strict server without a token, finds out by itself where to sign in, does, and
calls a tool: challenge, metadata and scopes as it reads them."""

from urllib.parse import parse_qs, urlsplit

import pytest
from fixtures import behaviour
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata
from sdk_server import SDKServer

REDIRECT = "http://127.0.0.1:1/callback"


class Storage:
    """A client that is registered already."""

    tokens = None

    def __init__(self, issuer):
        self.client = OAuthClientInformationFull(client_id="sdk-client", redirect_uris=[REDIRECT], issuer=issuer)

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


class SignIn:
    """The browser: every user agrees at once."""

    def __init__(self):
        self.asked = []

    async def redirect(self, url):
        self.asked.append({name: values[0] for name, values in parse_qs(urlsplit(url).query).items()})

    async def callback(self):
        return AuthorizationCodeResult(code="code", state=self.asked[-1]["state"])


@pytest.fixture
async def sdk_server(provider):
    async with SDKServer(provider) as server:
        yield server


async def test_a_client_signs_its_user_in(start_proxy, provider, sdk_server):
    proxy = await start_proxy(
        OBO_SERVER_TICKETS_URL=sdk_server.url, OBO_SERVER_TICKETS_ERRORS="strict", OBO_REQUIRE_SCOPE="access_as_user"
    )
    provider.discovery_answer = behaviour.json_answer(
        {
            "issuer": provider.issuer,
            "authorization_endpoint": f"{provider.origin}/authorize",
            "token_endpoint": provider.token_endpoint,
            "jwks_uri": provider.jwks_uri,
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
        }
    )
    token = provider.user_token()
    provider.script(behaviour.json_answer({"access_token": token, "token_type": "Bearer", "expires_in": 3600}))
    host, port = proxy.address
    url, browser = f"http://{host}:{port}/tickets", SignIn()
    auth = OAuthClientProvider(
        url,
        OAuthClientMetadata(redirect_uris=[REDIRECT], client_name="interop"),
        Storage(provider.issuer),
        browser.redirect,
        browser.callback,
    )
    http = create_mcp_http_client(auth=auth)
    async with Client(streamable_http_client(url, http_client=http), read_timeout_seconds=15) as client:
        result = await client.call_tool("whoami")
        assert not result.is_error and result.content[0].text == "alice-pairwise-subject"
    [asked] = browser.asked
    assert asked["resource"] == url and asked["scope"].split()[0] == "access_as_user"
    assert provider.exchanges[0].form["resource"] == url
    assert provider.exchanges[1].form["assertion"] == token
