"""A request path is a configured server's name, spelled exactly so, or nothing."""

import pytest
from fixtures.client import encode, message
from fixtures.refusal import assert_http_refused
from fixtures.upstream import Upstream


@pytest.mark.parametrize(
    "target, seen",
    [
        ("/tickets", "/mcp"),
        ("/tickets/", "/mcp"),
        ("/tickets?a=b&c=%20d&&e", "/mcp?a=b&c=%20d&&e"),
        ("/tickets/?x=/../y", "/mcp?x=/../y"),
        ("/tickets?", ("/mcp", "/mcp?")),
        ("http://127.0.0.1/tickets?q=1", "/mcp?q=1"),
    ],
)
async def test_routes(proxy, provider, upstream, target, seen):
    response = await proxy.call(provider.user_token(), target=target)
    assert response.status == 200
    assert upstream.requests[0].target in (seen if isinstance(seen, tuple) else (seen,))


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/unknown",
        "/ticket",
        "/tickets2",
        "/Tickets",
        "/tickets/mcp",
        "/tickets//",
        "//tickets",
        "/./tickets",
        "/tickets/.",
        "/tickets/..",
        "/unknown/../tickets",
        "/%74ickets",
        "/tickets%2f",
        "/tickets%00",
        "/tickets;a=b",
        "/tickets%3Fa",
        "/mcp",
        "/healthz",
        "/metrics",
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/tickets",
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
        "/authorize",
        "/token",
        "/register",
    ],
)
@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_nothing_else(proxy, provider, upstream, method, target):
    body = message() if method == "POST" else None
    response = await proxy.request(method, target, body, token=provider.user_token())
    assert_http_refused(response, 404, "unknown_server")
    upstream.saw_nothing()
    assert not provider.exchanges


@pytest.mark.parametrize("target", ["tickets", "\\tickets", "*", "http:/tickets", "/tickets#fragment"])
async def test_targets_that_are_none(proxy, provider, upstream, target):
    response = await proxy.call(provider.user_token(), target=target)
    assert response.status in (400, 404)
    upstream.saw_nothing()


@pytest.mark.parametrize("method", ["HEAD", "PUT", "PATCH", "TRACE", "PROPFIND", "get", "post"])
async def test_methods(proxy, provider, upstream, method):
    async with await proxy.connect() as client:
        await client.send(encode(method, "/tickets", None, token=provider.user_token()))
        response = await client.response(method=method)
        assert response.status == 405
        assert response.value("www-authenticate") is None
        assert {"POST", "GET", "DELETE"} <= set(response.value("allow").replace(" ", "").split(","))
    upstream.saw_nothing()


async def test_head_has_no_body_and_no_token_is_asked_for(proxy, upstream):
    """A chat server sends HEAD without a token; 401 or 403 would make it start a sign-in."""
    async with await proxy.connect() as client:
        await client.send(encode("HEAD", "/tickets"))
        assert (await client.response(method="HEAD")).status == 405
        await client.send(encode("GET", "/unknown", fields=[("Connection", "close")]))
        assert (await client.response()).status == 404, "no body stood between the two answers"
    upstream.saw_nothing()


@pytest.mark.parametrize("target", ["example.com:443", "127.0.0.1:1", "/tickets", "http://example.com/tickets"])
async def test_connect(proxy, provider, upstream, target):
    async with await proxy.connect() as client:
        await client.send(encode("CONNECT", target, token=provider.user_token()))
        response = await client.response()
        assert response.status == 405
    upstream.saw_nothing()


async def test_options_is_answered_here(proxy, upstream):
    response = await proxy.request("OPTIONS", "/tickets")
    assert response.status == 204 and response.body == b""
    assert {"POST", "GET", "DELETE", "OPTIONS"} <= set(response.value("allow").replace(" ", "").split(","))
    assert "access-control-allow-origin" not in response.head.names
    upstream.saw_nothing()


async def test_options_of_everything(proxy, upstream):
    response = await proxy.request("OPTIONS", "*")
    assert 400 <= response.status < 500
    upstream.saw_nothing()


async def test_two_servers(start_proxy, provider, upstream):
    async with Upstream() as wiki:
        proxy = await start_proxy(
            OBO_SERVER_WIKI__PAGES_URL=wiki.url + "?fixed=1", OBO_SERVER_WIKI__PAGES_SCOPES="api://wiki/read"
        )
        token = provider.user_token()
        await proxy.call(token)
        await proxy.call(token, target="/wiki-pages?more=2")
        assert [exchange.form["scope"] for exchange in provider.exchanges] == [
            "api://tickets/access_as_user",
            "api://wiki/read",
        ]
        assert upstream.requests[0].token == provider.exchanges[0].minted
        assert wiki.requests[0].token == provider.exchanges[1].minted
        assert wiki.requests[0].target.startswith("/mcp?") and "fixed=1" in wiki.requests[0].target
        assert "more=2" in wiki.requests[0].target
