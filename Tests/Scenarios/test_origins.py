"""A browser's page may call only when its origin is allowed; whoever sends no Origin is no browser."""

import pytest
from fixtures import behaviour
from fixtures.client import message
from fixtures.refusal import assert_http_refused

ALLOWED = "https://chat.example"


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://chat.example", ALLOWED + ".evil.example", ""]
)
async def test_other_origins(start_proxy, provider, upstream, origin):
    proxy = await start_proxy(OBO_ALLOWED_ORIGINS=f"{ALLOWED},https://second.example")
    response = await proxy.call(provider.user_token(), fields=[("Origin", origin)])
    assert_http_refused(response, 403, "bad_origin")
    assert_http_refused(await proxy.request("OPTIONS", "/tickets", fields=[("Origin", origin)]), 403, "bad_origin")
    upstream.saw_nothing()


async def test_none_allowed_by_default(proxy, provider, upstream):
    response = await proxy.call(provider.user_token(), fields=[("Origin", ALLOWED)])
    assert_http_refused(response, 403, "bad_origin")
    upstream.saw_nothing()


async def test_allowed_origin_and_no_origin(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_ALLOWED_ORIGINS=f"{ALLOWED},https://second.example")
    for fields in ([], [("Origin", ALLOWED)], [("Origin", "https://second.example")]):
        assert (await proxy.call(provider.user_token(), fields=fields)).json()["result"]
    assert len(upstream.requests) == 3


async def test_preflight(start_proxy, upstream):
    proxy = await start_proxy(OBO_ALLOWED_ORIGINS=ALLOWED)
    asked = [
        ("Origin", ALLOWED),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "authorization,content-type,mcp-session-id"),
    ]
    response = await proxy.request("OPTIONS", "/tickets", fields=asked)
    assert response.status == 204
    assert response.value("access-control-allow-origin") == ALLOWED
    assert "POST" in response.value("access-control-allow-methods")
    assert "authorization" in response.value("access-control-allow-headers").lower()
    asked[-1] = ("Access-Control-Request-Headers", "mcp-param-city, x-other,mcp-param-Zip, mcp-param-a b, mcp-param-;")
    allowed = (await proxy.request("OPTIONS", "/tickets", fields=asked)).value("access-control-allow-headers")
    assert [name for name in allowed.split(", ") if "aram" in name or "other" in name] == ["mcp-param-city", "mcp-param-Zip"]
    upstream.saw_nothing()


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(
    "origins",
    [
        ["null"],
        [ALLOWED, ALLOWED],
        [ALLOWED, "https://second.example"],
        ["null", ALLOWED],
        [f"{ALLOWED}, {ALLOWED}"],
        [f"{ALLOWED} https://second.example"],
        [ALLOWED.upper()],
        [f"{ALLOWED}:443"],
        [f"{ALLOWED}:80"],
        [f"{ALLOWED}/"],
        [f"{ALLOWED}."],
        ["chat.example"],
        ["*"],
        ["http://127.0.0.1"],
        ["http://localhost"],
    ],
    ids=" ".join,
)
async def test_no_other_spelling(start_proxy, provider, upstream, method, origins):
    """Browsers have one spelling for an origin, in lower case and without its scheme's port."""
    proxy = await start_proxy(OBO_ALLOWED_ORIGINS=f"{ALLOWED},https://second.example")
    body = message() if method == "POST" else None
    fields = [("Origin", origin) for origin in origins]
    response = await proxy.request(method, "/tickets", body, fields, provider.user_token())
    assert_http_refused(response, 403, "bad_origin")
    upstream.saw_nothing()


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
async def test_ends_here(start_proxy, provider, upstream, method):
    """However the operator spells it. Servers refuse origins that they don't know, so they are not told."""
    proxy = await start_proxy(OBO_ALLOWED_ORIGINS="HTTPS://Chat.Example:443")
    upstream.always(behaviour.json_answer({}))
    body = message() if method == "POST" else None
    response = await proxy.request(method, "/tickets", body, [("oRiGiN", ALLOWED)], provider.user_token())
    assert response.status == 200 and response.value("access-control-allow-origin") == ALLOWED
    assert upstream.requests[0].head.value("origin") is None
    assert upstream.requests[0].head.value("host") == upstream.url.split("/")[2]
