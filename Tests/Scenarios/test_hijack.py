"""Mallory has seen the name of Alice's session: from a log, a shared screen, a proxy's memory. She can do nothing with it,
over any method and any worker, and Alice notices nothing. Endpoints of `type: sse` servers are in test_sse.py."""

import pytest
from fixtures.client import message
from fixtures.refusal import assert_http_refused, assert_refused

KEY = "a-session-key-of-enough-length-0123456789"
METHODS = ["POST", "GET", "DELETE"]


@pytest.fixture(autouse=True)
def serve_sessions(upstream):
    """Begins a session when asked to initialize, streams on GET, ends it on DELETE."""

    async def answer(call):
        if call.request.method == "GET":
            await call.start_stream()
            await call.event({"jsonrpc": "2.0", "method": "notifications/message", "params": {}})
            return await call.end()
        if call.request.method == "DELETE":
            return await call.reply(200)
        body = call.request.json()
        fields = [("Mcp-Session-Id", "alices")] if body.get("method") == "initialize" else []
        await call.reply_json({"jsonrpc": "2.0", "id": body.get("id"), "result": {}}, fields=fields)

    upstream.always(answer)


@pytest.fixture(params=["jwt", "opaque"])
def tokens(request):
    return request.param


async def begin(proxy, token):
    response = await proxy.call(token, "initialize")
    assert response.status == 200
    return ("Mcp-Session-Id", response.value("mcp-session-id"))


async def use(proxy, token, session, method="POST", body=None):
    body = (body or message()) if method == "POST" else None
    return await proxy.request(method, "/tickets", body, [session], token)


async def test_every_way_in(start_proxy, provider, upstream, tokens):
    proxy = await start_proxy(OBO_TOKENS=tokens, OBO_WORKERS="2")
    session = await begin(proxy, provider.user_token("alice"))
    mallory = provider.user_token("mallory")
    for _ in range(3):  # each on a connection of its own: both workers get some
        for method in METHODS:
            assert_http_refused(await use(proxy, mallory, session, method), 404, "session_mismatch")
    assert len(upstream.requests) == 1
    for method in METHODS:
        assert (await use(proxy, provider.user_token("alice"), session, method)).status == 200, "with a new token"
        assert upstream.requests[-1].head.value("mcp-session-id") == "alices"


@pytest.mark.parametrize(
    "body",
    [
        message("initialize"),
        message("notifications/initialized", None),
        [message(request_id=1), message(request_id=2)],
        message("tools/list", _meta={"io.modelcontextprotocol/protocolVersion": "2026-07-28"}),
    ],
    ids=["initialize", "notification", "batch", "stateless"],
)
async def test_every_message(proxy, provider, upstream, body):
    session = await begin(proxy, provider.user_token("alice"))
    fields = [session, ("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/list")]
    for given in ([session], fields):
        response = await proxy.request("POST", "/tickets", body, given, provider.user_token("mallory"))
        assert_http_refused(response, 404, "session_mismatch")
    assert len(upstream.requests) == 1


async def test_stateless_requests_need_none(proxy, provider, upstream):
    fields = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/call")]
    assert (await proxy.call(provider.user_token("alice"), fields=fields)).status == 200
    assert upstream.requests[0].head.value("mcp-session-id") is None


async def test_two_names_at_once(proxy, provider, upstream):
    """One's own beside another's, in any order, in two fields or in one."""
    mallory = provider.user_token("mallory")
    alices, own = await begin(proxy, provider.user_token("alice")), await begin(proxy, mallory)
    for pair in ([alices, own], [own, alices], [own, own]):
        response = await proxy.request("POST", "/tickets", message(), pair, mallory)
        assert_http_refused(response, 400, "bad_request")
    for separator in (",", ", ", ";"):
        for both in ((alices[1], own[1]), (own[1], alices[1]), (own[1], own[1])):
            joined = ("Mcp-Session-Id", separator.join(both))
            assert_http_refused(await use(proxy, mallory, joined), 404, "session_mismatch")
    assert len(upstream.requests) == 2


async def test_expired_tokens(proxy, provider, upstream):
    """A token that is over ends no session, one's own included: whose it is can't be told any more."""
    token = provider.user_token("alice")
    session = await begin(proxy, token)
    over = provider.user_token("alice", exp=1)
    assert_http_refused(await use(proxy, over, session, "DELETE"), 401, "expired_token")
    assert_http_refused(await use(proxy, over, session, "GET"), 401, "expired_token")
    assert_refused(await use(proxy, over, session), "expired_token")
    assert len(upstream.requests) == 1
    assert (await use(proxy, token, session)).status == 200, "nobody else's business, and not ended"


async def test_no_token(proxy, provider, upstream):
    session = await begin(proxy, provider.user_token("alice"))
    assert_http_refused(await use(proxy, None, session, "DELETE"), 401, "missing_token")
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("key, status", [(KEY, 200), (None, 404)], ids=["configured", "random"])
async def test_restarts_and_replicas(start_proxy, provider, upstream, tokens, key, status):
    first = await start_proxy(OBO_SESSION_KEY=key, OBO_TOKENS=tokens)
    session = await begin(first, provider.user_token("alice"))
    replica = await start_proxy(OBO_SESSION_KEY=key, OBO_TOKENS=tokens)
    await first.stop()
    restarted = await start_proxy(OBO_SESSION_KEY=key, OBO_TOKENS=tokens)
    for proxy in (replica, restarted):
        assert_http_refused(await use(proxy, provider.user_token("mallory"), session), 404, "session_mismatch")
        assert len(upstream.requests) == 1 + (proxy is restarted) * (status == 200)
        assert (await use(proxy, provider.user_token("alice"), session)).status == status
