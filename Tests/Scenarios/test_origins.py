"""A browser's page may call only when its origin is allowed; whoever sends no Origin is no browser."""

import pytest
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
    upstream.saw_nothing()
