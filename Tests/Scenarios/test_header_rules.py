"""Which fields cross: end-to-end ones do, hop-by-hop ones, those named in Connection, and those an upstream might trust
do not; in both directions."""

import time
from email.utils import parsedate_to_datetime

import pytest
from fixtures import behaviour
from fixtures.client import encode

DROPPED = [
    ("Connection", "keep-alive, X-Hop, x-other-hop"),
    ("X-Hop", "1"),
    ("X-Other-Hop", "1"),
    ("Keep-Alive", "timeout=5"),
    ("TE", "trailers"),
    ("Upgrade", "h2c"),
    ("Proxy-Connection", "keep-alive"),
    ("Proxy-Authorization", "Basic YTpi"),
    ("Proxy-Whatever", "1"),
    ("Cookie", "session=secret"),
    ("X-OBO-Key", "key"),
    ("X-OBO-Anything", "1"),
    ("Forwarded", "for=10.0.0.1"),
    ("X-Forwarded-For", "10.0.0.1"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Forwarded-Whatever", "1"),
    ("X_User", "root"),
    ("remote_user", "root"),
]
KEPT = [
    ("MCP-Protocol-Version", "2025-11-25"),
    ("Last-Event-ID", "17"),
    ("Mcp-Param-Region", "=?base64?ZXU=?="),
    ("X-Conversation", "a  b\tc"),
    ("X-Latin", "caf\xe9"),
]


async def test_request_fields(proxy, provider, upstream):
    token = provider.user_token()
    fields = DROPPED[1:] + KEPT
    response = await proxy.call(token, fields=[DROPPED[0], *fields])
    assert response.status == 200

    (seen,) = upstream.requests
    connection = (seen.head.value("connection") or "").lower()
    assert connection in ("", "keep-alive"), "ours, not the client's"
    leaked = {name.lower() for name, _ in DROPPED[1:]} & seen.head.names
    assert not leaked - {"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded"}, leaked
    assert "10.0.0.1" not in str(seen.head.fields) and "evil.example" not in str(seen.head.fields)
    for name, value in KEPT:
        assert seen.head.values(name) == [value], name
    assert seen.head.values("authorization") == [f"Bearer {provider.exchanges[0].minted}"]
    assert seen.head.values("host") == [f"127.0.0.1:{upstream.port}"]
    assert seen.head.values("via") == ["1.1 obo-proxy"]
    assert "application/json" in seen.head.value("accept") and "text/event-stream" in seen.head.value("accept")


async def test_via_names_us_last(proxy, provider, upstream):
    await proxy.call(provider.user_token(), fields=[("Via", "1.0 fred, 1.1 other")])
    assert ", ".join(upstream.requests[0].head.values("via")) == "1.0 fred, 1.1 other, 1.1 obo-proxy"


async def test_every_answer_has_a_date(proxy, provider, upstream):
    """Ours, and a server's that has none; a server's own stays."""
    token = provider.user_token()
    answers = [await proxy.call(token), await proxy.call("{{X}}"), await proxy.request("OPTIONS", "/tickets")]
    for answer in answers:
        (date,) = answer.head.values("date")
        assert abs(parsedate_to_datetime(date).timestamp() - time.time()) < 10
    upstream.script(behaviour.answer(200, b"{}", Date="Sun, 06 Nov 1994 08:49:37 GMT"))
    assert (await proxy.call(token)).head.values("date") == ["Sun, 06 Nov 1994 08:49:37 GMT"]


async def test_answer_before_the_body_closes(proxy, provider, upstream):
    """The rest of the body is not read, and the client is told so."""
    upstream.reads_bodies = False
    upstream.script(behaviour.answer(200, b"{}", content_type="application/json"))
    async with await proxy.connect() as client:
        head = encode("POST", "/tickets", None, [("Content-Length", "100000")], provider.user_token())
        await client.send(head + b"x" * 30000)
        await upstream.requests.reaches(1)
        response = await client.response()
        assert (response.status, response.value("connection")) == (200, "close")


async def test_repeated_fields_keep_their_order(proxy, provider, upstream):
    await proxy.call(provider.user_token(), fields=[("X-List", "a"), ("X-List", "b"), ("X-List", "c, d")])
    assert ", ".join(upstream.requests[0].head.values("x-list")) == "a, b, c, d"


@pytest.mark.parametrize("name", ["authorization", "Host", "Content-Length"])
async def test_connection_cannot_name_what_we_rely_on(proxy, provider, upstream, name):
    """`Connection: authorization` must neither strip the minted token nor let the user's through."""
    token = provider.user_token()
    response = await proxy.call(token, fields=[("Connection", name)])
    if response.status == 200:
        (seen,) = upstream.requests
        assert seen.token == provider.exchanges[0].minted
        assert seen.head.value("host") and seen.head.value("content-length") or seen.head.value("transfer-encoding")
    else:
        assert response.status == 400
        upstream.saw_nothing()
    assert token.encode() not in bytes(upstream.received)


async def test_configured_fields_are_added(start_proxy, provider, upstream):
    yaml = f"""
servers:
  tickets:
    url: {upstream.url}
    obo: {{scopes: api://tickets/access_as_user}}
    headers: {{X-Team: support}}
"""
    proxy = await start_proxy(yaml, OBO_SERVER_TICKETS_URL=None, OBO_SERVER_TICKETS_SCOPES=None)
    await proxy.call(provider.user_token(), fields=[("X-Team", "somebody else's")])
    assert upstream.requests[0].head.values("x-team") == ["support"]


async def test_response_fields(proxy, provider, upstream):
    answer = b'{"jsonrpc":"2.0","id":1,"result":{}}'
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: X-Internal\r\nX-Internal: 1\r\n"
        "Keep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nUpgrade: h2c\r\nWWW-Authenticate: Bearer\r\n"
        f"X-Kept: yes\r\nCache-Control: no-store\r\nContent-Length: {len(answer)}\r\n\r\n"
    )
    upstream.script(behaviour.raw(head.encode() + answer))
    response = await proxy.call(provider.user_token())
    assert response.body == answer
    dropped = {"x-internal", "keep-alive", "proxy-authenticate", "upgrade", "www-authenticate"}
    assert not dropped & response.head.names
    assert response.value("x-kept") == "yes" and response.value("cache-control") == "no-store"


async def test_other_statuses_cross_without_a_challenge(proxy, provider, upstream):
    """404 tells the client to start a new session, 400 that its version is wrong: both are the upstream's to say."""
    token = provider.user_token()
    for status in (400, 403, 404, 409, 500, 503):
        upstream.script(
            behaviour.answer(status, b'{"m":1}', content_type="application/json", www_authenticate="Bearer")
        )
        response = await proxy.call(token)
        assert (response.status, response.body) == (status, b'{"m":1}')
        assert response.value("www-authenticate") is None


async def test_body_arrives_as_sent(proxy, provider, upstream):
    body = b' {"jsonrpc" : "2.0","id":1,"method":"tools/call","params":{"text":"\xc3\xa9\\u0000\xf0\x9f\x98\x80"}}\n'
    await proxy.request("POST", "/tickets", body, token=provider.user_token())
    assert upstream.requests[0].body == body
    assert upstream.requests[0].head.value("content-type") == "application/json"
