"""An upstream that says 401 to a minted token gets the request once more, with a token exchanged for anew."""

import asyncio
import base64
import json
import time

import pytest
from fixtures import behaviour
from fixtures.client import encode, message
from fixtures.refusal import assert_http_refused, assert_refused
from fixtures.upstream import result

CLAIMS = {"access_token": {"nbf": {"essential": True, "value": "1700000000"}}}


def challenge(claims=CLAIMS, encode=base64.b64encode):
    text = encode(json.dumps(claims).encode()).decode()
    return behaviour.unauthorized(
        f'Bearer realm="", authorization_uri="https://login.example/authorize", error="insufficient_claims", claims="{text}"'
    )


async def test_a_new_token_is_tried_once(proxy, provider, upstream):
    token = provider.user_token()
    await proxy.call(token)
    upstream.script(behaviour.unauthorized())
    response = await proxy.call(token)
    assert response.json()["result"] and response.value("www-authenticate") is None
    old, rejected, new = upstream.requests
    assert rejected.token == old.token and new.token == provider.exchanges[1].minted != old.token
    assert new.json() == rejected.json()
    assert (await proxy.call(token)).json()["result"]
    assert upstream.requests[3].token == new.token, "the new token is kept, the old one is not handed out again"
    assert len(provider.exchanges) == 2


async def test_the_second_401_is_the_last_word(proxy, provider, upstream):
    token = provider.user_token()
    upstream.always(behaviour.unauthorized())
    response = await proxy.call(token)
    assert_refused(response, "upstream_rejected_token")
    assert response.value("www-authenticate") is None
    assert len(upstream.requests) == 2 and len(provider.exchanges) == 2
    assert len({request.token for request in upstream.requests}) == 2
    upstream.always(upstream.default)
    assert (await proxy.call(token)).json()["result"], "neither rejected token is used again"
    assert len({request.token for request in upstream.requests}) == 3


async def test_an_upstream_that_never_accepts_does_not_cost_the_provider_an_exchange_each(proxy, provider, upstream):
    token = provider.user_token()
    upstream.always(behaviour.unauthorized())
    for _ in range(20):
        assert_refused(await proxy.call(token), "upstream_rejected_token")
    assert len(provider.exchanges) <= 8


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_without_a_body(proxy, provider, upstream, method):
    token = provider.user_token()
    upstream.script(behaviour.unauthorized())
    assert (await proxy.request(method, "/tickets", token=token)).status == 405, "the answer to the second request"
    assert len(upstream.requests) == 2
    upstream.always(behaviour.unauthorized())
    assert_http_refused(await proxy.request(method, "/tickets", token=token), 502, "upstream_rejected_token")


async def test_initialize(proxy, provider, upstream):
    upstream.always(behaviour.unauthorized('Bearer resource_metadata="https://x.example/"'))
    assert_http_refused(await proxy.call(provider.user_token(), "initialize"), 502, "upstream_rejected_token")


async def test_body_that_comes_behind_its_head(proxy, provider, upstream):
    """Many clients write head and body apart; the request is whole when it is sent, so it can be sent twice."""
    head, _, body = encode("POST", "/tickets", message(), token=provider.user_token()).partition(b"\r\n\r\n")
    upstream.script(behaviour.unauthorized())
    async with await proxy.connect() as client:
        await client.send(head + b"\r\n\r\n")
        await provider.exchanges.reaches(1)
        await client.send(body[:10])
        assert (await proxy.request("OPTIONS", "/tickets")).status == 204
        await client.send(body[10:])
        assert (await client.response()).json()["result"]
    assert [request.body for request in upstream.requests] == [body, body]


async def in_chunks(proxy, token, request_id, pieces=(10, 1000)):
    """A call in chunks that is there as a whole, followed by another on the same connection."""
    body = json.dumps(message(request_id=request_id)).encode()
    cuts = [0, *pieces, len(body)]
    parts = [part for start, end in zip(cuts, cuts[1:]) if (part := body[start:end])]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\nX-Trailer: dropped\r\n\r\n"
    head = encode("POST", "/tickets", None, [("Transfer-Encoding", "chunked")], token)
    async with await proxy.connect() as client:
        await client.send(head + chunks + encode("POST", "/tickets", message(request_id="next"), token=token))
        response = await client.response()
        assert (await client.response()).json()["id"] == "next"
    return response


async def test_much_that_waits_behind_a_body_in_chunks(proxy, provider, upstream):
    """A client that asks ahead: what it has sent since makes the call in chunks no larger."""
    token, seen, gate = provider.user_token(), asyncio.Queue(), asyncio.Event()

    async def one_by_one(call):
        """Each event is another moment at which the proxy looks at its client."""
        await call.start_stream()
        for number in range(8):
            await call.event({"n": number})
            await seen.get()
        await call.event(result(1))
        await call.end()

    async def reject(call):
        await gate.wait()
        await call.reply(401)

    upstream.script(one_by_one, reject)
    body = json.dumps(message(request_id="first")).encode()
    first = encode("POST", "/tickets", message(), token=token)
    second = encode("POST", "/tickets", None, [("Transfer-Encoding", "chunked")], token)
    second += b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    third = encode("POST", "/tickets", message(request_id=3, text="x" * 90_000), token=token)
    async with await proxy.connect() as client:
        await client.send((first + second + third)[:62_000])
        await client.head()
        for number in range(8):
            assert await client.event() == {"n": number}
            seen.put_nowait(None)
        assert [await client.event(), await client.event()] == [result(1), None]
        await upstream.requests.reaches(2)
        await client.send((first + second + third)[62_000:])
        gate.set()
        assert (await client.response()).json()["id"] == "first"
        assert (await client.response()).json()["id"] == 3
    assert [request.body for request in upstream.requests][1:3] == [body, body]


async def test_body_in_chunks(proxy, provider, upstream):
    """Some clients, and gateways in front of us, send even small messages in chunks."""
    upstream.script(behaviour.unauthorized())
    response = await in_chunks(proxy, provider.user_token(), "first")
    assert response.json()["result"] and response.json()["id"] == "first"
    bodies = [json.loads(request.body) for request in upstream.requests]
    assert bodies == [message(request_id="first"), message(request_id="first"), message(request_id="next")]


async def piecewise(proxy, upstream, token, *pieces, fields=()):
    """A call in chunks of which each comes when the server has what came before."""
    head = encode("POST", "/tickets", None, [("Transfer-Encoding", "chunked"), *fields], token)
    async with await proxy.connect() as client:
        await client.send(head)
        await upstream.connections.reaches(1)
        for piece in pieces[:-1]:
            seen = len(upstream.received)
            await client.send(piece)
            async with asyncio.timeout(5):
                while len(upstream.received) == seen:
                    await asyncio.sleep(0.005)
        await client.send(pieces[-1])
        return await client.response()


BODY = json.dumps(message(request_id="first")).encode()
SPLITS = {
    "chunk and end": [b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)],
    "chunk, end": [b"%x\r\n%s\r\n" % (len(BODY), BODY), b"0\r\n\r\n"],
    "two chunks, end": [b"5\r\n%s\r\n" % BODY[:5], b"%x\r\n%s\r\n" % (len(BODY) - 5, BODY[5:]), b"0\r\n\r\n"],
    "in a chunk": [b"%x\r\n%s" % (len(BODY), BODY[:7]), BODY[7:] + b"\r\n0\r\n\r\n"],
}


@pytest.mark.parametrize("pieces", SPLITS.values(), ids=SPLITS)
async def test_body_in_chunks_that_come_one_by_one(proxy, provider, upstream, pieces):
    """It is forwarded as it comes, and kept for the second time all the same."""
    token = provider.user_token()
    upstream.script(behaviour.unauthorized())
    response = await piecewise(proxy, upstream, token, *pieces)
    assert response.json()["result"] and response.json()["id"] == "first"
    assert [request.body for request in upstream.requests] == [BODY, BODY]


@pytest.mark.parametrize("pieces", SPLITS.values(), ids=SPLITS)
@pytest.mark.parametrize("fault", [behaviour.unauthorized(), behaviour.close], ids=["401", "closes"])
async def test_body_in_chunks_that_come_one_by_one_is_refused(proxy, provider, upstream, pieces, fault):
    upstream.script(fault, fault)
    response = await piecewise(proxy, upstream, provider.user_token(), *pieces)
    assert_refused(response, {"upstream_rejected_token", "upstream_unreachable", "upstream_protocol"}, "first")


async def test_body_that_does_not_end(start_proxy, provider, upstream):
    """It is waited for once, and no exchange is made for what can't be sent again anyway."""
    proxy = await start_proxy(OBO_TIMEOUTS_BODY="1s")
    upstream.reads_bodies = False
    upstream.script(behaviour.unauthorized())
    head = encode("POST", "/tickets", None, [("Transfer-Encoding", "chunked")], provider.user_token())
    async with await proxy.connect() as client:
        await client.send(head + b"5\r\n%s\r\n" % BODY[:5])
        began = time.monotonic()
        assert_http_refused(await client.response(), 502, "upstream_rejected_token")
        assert time.monotonic() - began < 1.9
    assert len(provider.exchanges) == 1
    assert await proxy.hits("timeouts.body") == 1


async def test_body_beyond_the_limit_is_not_sent_again(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_LIMITS_BODY_BYTES="1KiB")
    upstream.reads_bodies = False
    upstream.script(behaviour.unauthorized())
    large = json.dumps(message(text="x" * 10_000)).encode()
    head = encode("POST", "/tickets", None, [("Transfer-Encoding", "chunked")], provider.user_token())
    async with await proxy.connect() as client:
        await client.send(head + b"5\r\n%s\r\n" % large[:5])
        await upstream.requests.reaches(1)
        await client.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(large) - 5, large[5:]))
        assert (await client.response()).status in (413, 502)
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("size", [10, 100_000])
async def test_session_of_an_opaque_token(start_proxy, provider, upstream, size):
    """The session was this user's, whatever becomes of the token: the client must not be told to throw it away."""
    proxy = await start_proxy(OBO_TOKENS="opaque", OBO_TOKEN_ENDPOINT=provider.token_endpoint)
    minted = b'{"access_token":"minted","token_type":"Bearer","expires_in":3600}'
    provider.always(behaviour.answer(200, minted, content_type="application/json"))
    upstream.script(behaviour.answer(200, b"{}", mcp_session_id="s", content_type="application/json"))
    session = (await proxy.call("opaque", "initialize", 0)).value("mcp-session-id")
    upstream.always(behaviour.unauthorized())
    text = json.dumps(message(request_id="first", text="x" * size)).encode()
    pieces = [b"5\r\n%s\r\n" % text[:5], b"%x\r\n%s\r\n" % (len(text) - 5, text[5:]), b"0\r\n\r\n"]
    response = await piecewise(proxy, upstream, "opaque", *pieces, fields=[("Mcp-Session-Id", session)])
    assert_refused(response, "upstream_rejected_token", "first")


async def test_large_calls_to_a_server_that_never_accepts(proxy, provider, upstream):
    token = provider.user_token()
    upstream.always(behaviour.unauthorized())
    for number in range(20):
        body = message(text="x" * 100_000) if number % 2 else message()
        assert_refused(await proxy.request("POST", "/tickets", body, token=token), "upstream_rejected_token")
    assert len(provider.exchanges) <= 8


async def test_server_that_leaves_in_the_middle_of_the_chunks(proxy, provider, upstream):
    """The rest is read for the id."""

    upstream.reads_bodies = False
    upstream.script(behaviour.close)
    response = await piecewise(proxy, upstream, provider.user_token(), *SPLITS["chunk and end"])
    assert_refused(response, {"upstream_unreachable", "upstream_protocol"}, "first")


@pytest.mark.parametrize("fault", [behaviour.unauthorized(), behaviour.close], ids=["401", "closes"])
async def test_body_in_chunks_that_is_refused(proxy, provider, upstream, fault):
    """The refusal bears the call's own id, as with any other framing."""
    upstream.script(fault, fault)
    response = await in_chunks(proxy, provider.user_token(), "first")
    assert_refused(response, {"upstream_rejected_token", "upstream_unreachable", "upstream_protocol"}, "first")


async def test_upload_too_large_to_hold(proxy, provider, upstream):
    """What has been streamed away cannot be sent again: refuse, and send nothing twice."""
    upstream.always(behaviour.unauthorized())
    token = provider.user_token()
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"text": "x" * 3_000_000}}
    response = await proxy.request("POST", "/tickets", body, token=token)
    assert_refused(response, "upstream_rejected_token")
    assert len(upstream.requests) == 1
    upstream.always(upstream.default)
    assert (await proxy.call(token)).json()["result"]
    assert len(provider.exchanges) == 2, "the rejected token is forgotten, and there is another one already"
    assert upstream.requests[-1].token == provider.exchanges[1].minted


async def test_upload_too_large_to_hold_lacks_claims(proxy, provider, upstream):
    """Users whose calls are all large would never get a token that meets the claims."""
    upstream.script(challenge())
    token = provider.user_token()
    large = message(text="x" * 100_000)
    assert_refused(await proxy.request("POST", "/tickets", large, token=token), "upstream_rejected_token")
    assert json.loads(provider.exchanges[1].form["claims"]) == CLAIMS
    assert (await proxy.request("POST", "/tickets", large, token=token)).json()["result"]
    assert upstream.requests[-1].token == provider.exchanges[1].minted and len(provider.exchanges) == 2


async def test_all_who_saw_the_same_token_rejected_share_one_exchange(proxy, provider, upstream):
    token = provider.user_token()
    await proxy.call(token)
    old = provider.exchanges[0].minted
    revoked = behaviour.unauthorized()

    all_came = asyncio.Event()

    async def revoke(call):
        if call.request.token != old:
            return await upstream.default(call)
        if len(upstream.requests) == 51:
            all_came.set()
        # Who asks after the first rejection finds no token, and is no part of this.
        await all_came.wait()
        await revoked(call)

    upstream.always(revoke)
    responses = await asyncio.gather(*(proxy.call(token) for _ in range(50)))
    assert all(response.json()["result"] for response in responses)
    assert len(provider.exchanges) == 2


async def test_the_provider_refuses_the_second_exchange(proxy, provider, upstream):
    token = provider.user_token()
    await proxy.call(token)
    upstream.always(behaviour.unauthorized())
    provider.always(behaviour.json_answer({"error": "invalid_grant"}, 400))
    assert_refused(await proxy.call(token), "exchange_rejected")
    assert len(upstream.requests) == 2


@pytest.mark.parametrize("encoding", [base64.b64encode, base64.urlsafe_b64encode], ids=["standard", "url"])
async def test_claims_reach_the_provider(proxy, provider, upstream, encoding):
    token = provider.user_token()
    await proxy.call(token)
    upstream.script(challenge(encode=encoding))
    assert (await proxy.call(token)).json()["result"]
    assert "claims" not in provider.exchanges[0].form
    assert json.loads(provider.exchanges[1].form["claims"]) == CLAIMS
    assert provider.exchanges[1].form["assertion"] == token
    assert (await proxy.call(token)).json()["result"]
    assert len(provider.exchanges) == 2 and upstream.requests[-1].token == provider.exchanges[1].minted


@pytest.mark.parametrize(
    "value",
    ["", "Bearer", 'Bearer error="insufficient_claims"', 'Bearer error="insufficient_claims", claims="%%%"',
     'Bearer error="insufficient_claims", claims="bnVsbA=="', 'Bearer error="insufficient_claims", claims="',
     'Basic error="insufficient_claims", claims="e30="', 'Bearer claims="e30=", claims="e30=", error="insufficient_claims"',
     'Bearer error="insufficient_claims", claims="' + "A" * 20000 + '"'],
)  # fmt: skip
async def test_a_challenge_that_says_nothing_is_an_ordinary_401(proxy, provider, upstream, value):
    upstream.script(behaviour.unauthorized(value))
    assert (await proxy.call(provider.user_token())).json()["result"]
    assert len(provider.exchanges) == 2 and "claims" not in provider.exchanges[1].form


async def test_capability_is_declared_only_where_it_is_configured(start_proxy, provider, upstream):
    proxy = await start_proxy(
        OBO_SERVER_TICKETS_CLAIMS_CHALLENGES="true",
        OBO_SERVER_WIKI_URL=upstream.url,
        OBO_SERVER_WIKI_SCOPES="api://wiki/access_as_user",
    )
    token = provider.user_token()
    await proxy.call(token)
    await proxy.call(token, target="/wiki")
    capability = {"xms_cc": {"values": ["cp1"]}}
    assert json.loads(provider.exchanges[0].form["claims"]) == {"access_token": capability}
    assert "claims" not in provider.exchanges[1].form
    upstream.script(challenge())
    assert (await proxy.call(token)).json()["result"]
    merged = {"access_token": {**CLAIMS["access_token"], **capability}}
    assert json.loads(provider.exchanges[2].form["claims"]) == merged


async def test_the_log_says_it_was_a_bypass(proxy, provider, upstream):
    token = provider.user_token()
    await proxy.call(token)
    upstream.script(behaviour.unauthorized())
    await proxy.call(token)
    assert await proxy.metric("obo_token_lookups_total", server="tickets", result="bypass") == 1
    await proxy.stop()
    assert [record["token"] for record in proxy.records("request")] == ["miss", "bypass"]


async def test_the_log_has_the_time_of_both_exchanges(proxy, provider, upstream):
    """The first of them waits for its second attempt, and so takes long enough to be seen."""
    provider.script(behaviour.answer(503))
    upstream.script(behaviour.unauthorized())
    assert (await proxy.call(provider.user_token())).json()["result"]
    await proxy.stop()
    (record,) = proxy.records("request")
    times = [int(each["duration_ms"]) for each in proxy.records("exchange")]
    # The request's clock and the exchange's are read on two threads.
    assert len(times) == 2 and sum(times) > 200 and record["exchange_ms"] > 0.9 * sum(times)
    assert record["bytes_in"] == len(upstream.requests[0].body)


async def test_requests_behind_it(proxy, provider, upstream):
    token = provider.user_token()
    await proxy.call(token)
    upstream.script(behaviour.unauthorized())
    many = b"".join(encode("POST", "/tickets", message(request_id=number), token=token) for number in range(5))
    async with await proxy.connect() as client:
        await client.send(many)
        assert [(await client.response()).json()["id"] for _ in range(5)] == list(range(5))
    assert [request.json()["id"] for request in upstream.requests[1:]] == [0, 0, 1, 2, 3, 4]


async def test_the_client_leaves_meanwhile(proxy, provider, upstream):
    token = provider.user_token()
    await proxy.call(token)
    upstream.script(behaviour.unauthorized())
    release = provider.hold()
    async with await proxy.connect() as client:
        await client.send(encode("POST", "/tickets", message(), token=token))
        await provider.exchanges.reaches(2)
    release.set()
    await proxy.settles("obo_open_connections", 0, side="client")
    assert len(upstream.requests) == 2
    assert (await proxy.call(token)).json()["result"]
    await proxy.stop()
    assert [r["status"] for r in proxy.records("request")] == [200, 499, 200]


async def test_an_exchange_that_takes_longer_than_a_server_may(start_proxy, provider, upstream):
    """The server's time does not run while it is not asked."""
    proxy = await start_proxy(OBO_TIMEOUTS_RESPONSE="100ms")
    token = provider.user_token()
    await proxy.call(token)
    upstream.script(behaviour.unauthorized())
    provider.script(behaviour.answer(503))
    assert (await proxy.call(token)).json()["result"]
    assert len(provider.exchanges) == 3
