"""A session belongs to the user who began it, for as long as the upstream keeps it, whatever token the user shows."""

import pytest
from fixtures.client import message
from fixtures.refusal import assert_http_refused

UPSTREAMS_ID = "1868a90c-7c5b~x.y"


@pytest.fixture
def serve_sessions(upstream):
    """The upstream begins a session whenever it is asked to initialize."""

    async def answer(call):
        body = call.request.json() if call.request.body else {}
        fields = [("Mcp-Session-Id", UPSTREAMS_ID)] if body.get("method") == "initialize" else []
        await call.reply_json({"jsonrpc": "2.0", "id": body.get("id"), "result": {}}, fields=fields)

    upstream.always(answer)


async def begin(proxy, token):
    response = await proxy.call(token, "initialize")
    assert response.status == 200
    return response.value("mcp-session-id")


def with_session(session):
    return [("Mcp-Session-Id", session)]


async def test_id_is_bound_and_stripped(proxy, provider, upstream, serve_sessions):
    token = provider.user_token("alice")
    session = await begin(proxy, token)
    given, _, proof = session.rpartition("~")
    assert given == UPSTREAMS_ID and len(proof) == 22, "the upstream's id, ~, 128 bits in base64url"
    assert (await proxy.call(token, fields=with_session(session))).status == 200
    assert upstream.requests[-1].head.value("mcp-session-id") == UPSTREAMS_ID


async def test_survives_a_new_token_of_the_same_user(proxy, provider, serve_sessions):
    session = await begin(proxy, provider.user_token("alice"))
    assert (await proxy.call(provider.user_token("alice"), fields=with_session(session))).status == 200


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
async def test_another_users(proxy, provider, upstream, serve_sessions, method):
    session = await begin(proxy, provider.user_token("alice"))
    body = message() if method == "POST" else None
    response = await proxy.request(method, "/tickets", body, with_session(session), provider.user_token("bob"))
    assert_http_refused(response, 404, "session_mismatch")
    assert len(upstream.requests) == 1


@pytest.mark.parametrize(
    "forge",
    [
        lambda session: UPSTREAMS_ID,
        lambda session: "made-up",
        lambda session: "",
        lambda session: session[:-1] + ("A" if session[-1] != "A" else "B"),
        lambda session: session[:-1],
        lambda session: session + "A",
        lambda session: "x" + session,
        lambda session: session.replace("~", "", 1),
        lambda session: UPSTREAMS_ID + "~" + "A" * 22,
    ],
    ids=["bare", "made up", "empty", "altered", "shortened", "lengthened", "other id", "no sign", "guessed"],
)
async def test_forged(proxy, provider, upstream, serve_sessions, forge):
    token = provider.user_token("alice")
    session = await begin(proxy, token)
    response = await proxy.call(token, fields=with_session(forge(session)))
    assert_http_refused(response, 404, "session_mismatch")
    assert len(upstream.requests) == 1


async def test_another_servers(start_proxy, provider, upstream, serve_sessions):
    proxy = await start_proxy(OBO_SERVER_WIKI_URL=upstream.url, OBO_SERVER_WIKI_SCOPES="api://wiki/read")
    token = provider.user_token("alice")
    session = await begin(proxy, token)
    response = await proxy.call(token, target="/wiki", fields=with_session(session))
    assert_http_refused(response, 404, "session_mismatch")
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("key, survives", [("a-session-key-of-enough-length-0123456789", True), (None, False)])
async def test_restart(start_proxy, provider, upstream, serve_sessions, key, survives):
    """With a configured key a session outlives the process; without one the client is told to begin anew."""
    token = provider.user_token("alice")
    first = await start_proxy(OBO_SESSION_KEY=key)
    session = await begin(first, token)
    await first.stop()
    second = await start_proxy(OBO_SESSION_KEY=key)
    response = await second.call(token, fields=with_session(session))
    assert response.status == (200 if survives else 404)
