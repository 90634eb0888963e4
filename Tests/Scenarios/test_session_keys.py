"""Replacing the key that ties sessions to users, without losing any of them: what the previous key made is still taken."""

import pytest
from fixtures.client import encode, message
from fixtures.refusal import assert_http_refused

OLD, NEW, OTHER = (f"a-session-key-of-enough-length-{name}" for name in ("old", "new", "other"))


@pytest.fixture
def serve_sessions(upstream):
    async def answer(call):
        body = call.request.json()
        fields = [("Mcp-Session-Id", "sid")] if body["method"] == "initialize" else []
        await call.reply_json({"jsonrpc": "2.0", "id": body["id"], "result": {}}, fields=fields)

    upstream.always(answer)


@pytest.fixture
def serve_endpoints(upstream):
    """A server of the older transport: announces on a GET, takes what is posted."""

    async def answer(call):
        if call.request.method == "POST":
            return await call.reply(202, b"Accepted")
        await call.start_stream()
        await call.chunk(b"event: endpoint\ndata: /m?s=1\n\n")
        await call.peer_closed(timeout=60)

    upstream.always(answer)


@pytest.fixture
def replica(start_proxy):
    """Starts a proxy with a key and, if there is one, a previous key."""

    async def start(key, previous=None, **changes):
        return await start_proxy(OBO_SESSION_KEY=key, OBO_PREVIOUS_SESSION_KEY=previous, **changes)

    return start


async def begin(proxy, token):
    response = await proxy.call(token, "initialize")
    assert response.status == 200
    return [("Mcp-Session-Id", response.value("mcp-session-id"))]


async def announced(proxy, token):
    async with await proxy.connect() as client:
        await client.send(encode("GET", "/tickets", token=token))
        assert (await client.head()).status == 200
        data = b""
        while b"\n\n" not in data:
            data += await client.chunk()
        return data.split(b"data: ")[1].split(b"\n")[0].decode()


async def test_sessions_of_the_previous_key(replica, provider, upstream, serve_sessions):
    token = provider.user_token("alice")
    session = await begin(await replica(OLD), token)
    after = await replica(NEW, OLD)
    assert (await after.call(provider.user_token("alice"), fields=session)).status == 200
    assert upstream.requests[-1].head.value("mcp-session-id") == "sid"
    refused = await after.call(provider.user_token("bob"), fields=session)
    assert_http_refused(refused, 404, "session_mismatch")
    assert_http_refused(await (await replica(NEW)).call(token, fields=session), 404, "session_mismatch")
    assert len(upstream.requests) == 2


async def test_the_previous_key_makes_none(replica, provider, serve_sessions):
    token = provider.user_token("alice")
    session = await begin(await replica(NEW, OLD), token)
    assert (await (await replica(NEW)).call(token, fields=session)).status == 200
    assert_http_refused(await (await replica(OLD)).call(token, fields=session), 404, "session_mismatch")


async def test_endpoints_of_the_previous_key(replica, provider, upstream, serve_endpoints):
    sse = {"OBO_SERVER_TICKETS_TYPE": "sse"}
    token = provider.user_token("alice")
    endpoint = await announced(await replica(OLD, **sse), token)
    after = await replica(NEW, OLD, **sse)
    assert (await after.request("POST", endpoint, message(), token=token)).status == 202
    assert upstream.requests[-1].target == "/m?s=1"
    anew = await announced(after, token)
    for proxy, posted, taker in [
        (after, endpoint, "bob"),
        (await replica(NEW, OTHER, **sse), endpoint, "alice"),
        (await replica(OLD, **sse), anew, "alice"),
    ]:
        response = await proxy.request("POST", posted, message(), token=provider.user_token(taker))
        assert_http_refused(response, 404, "session_mismatch")
    assert [request.method for request in upstream.requests] == ["GET", "POST", "GET"]


STEPS = [(OLD, None), (OLD, NEW), (NEW, OLD), (NEW, None)]


@pytest.mark.parametrize("done", [0, 1], ids=["before the new key is used", "while it is"])
async def test_replicas_one_after_the_other(replica, provider, upstream, serve_sessions, done):
    """The README's steps: at each, a replica that has taken it and one that has not know each other's sessions."""
    token = provider.user_token("alice")
    proxies = [await replica(*STEPS[done]), await replica(*STEPS[done + 1])]
    for maker in proxies:
        session = await begin(maker, token)
        for taker in proxies:
            assert (await taker.call(token, fields=session)).status == 200


async def test_from_a_file(replica, provider, serve_sessions, tmp_path):
    (tmp_path / "old").write_text(f"{OLD}\n")
    token = provider.user_token("alice")
    session = await begin(await replica(OLD), token)
    after = await replica(NEW, OBO_PREVIOUS_SESSION_KEY_FILE=str(tmp_path / "old"))
    assert (await after.call(token, fields=session)).status == 200
