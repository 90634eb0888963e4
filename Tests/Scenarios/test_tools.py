"""Tool rules: calls of other tools never reach the server, and its lists leave them out, however either is written."""

import asyncio
import base64
import gzip
import json

import pytest
from fixtures import behaviour
from fixtures.client import encode, message
from fixtures.refusal import assert_error, assert_http_refused, assert_refused
from fixtures.upstream import result
from fixtures.wire import Aborted

ALLOW, DENY = "search_*,get_?,answer,both", "both,*_internal"


@pytest.fixture
async def guarded(start_proxy):
    """A proxy whose server has tool rules."""
    return await start_proxy(OBO_SERVER_TICKETS_TOOLS_ALLOW=ALLOW, OBO_SERVER_TICKETS_TOOLS_DENY=DENY)


@pytest.fixture
def post(guarded, provider):
    """Posts a body of a user's: a value or bytes."""

    async def post(body, fields=(), method="POST"):
        return await guarded.request(method, "/tickets", body, fields, provider.user_token())

    return post


def call(name, request_id=1, **params):
    return message("tools/call", request_id, name=name, **params)


@pytest.mark.parametrize("name", ["search_tickets", "search_", "get_1", "answer"])
async def test_permitted_call_goes_through_unchanged(post, upstream, name):
    body = b' { "jsonrpc" : "2.0", "id":1.0,"method":"tools\\u002fcall","params":{"name":"%s","x":[1e2]}}\n' % name.encode()
    assert (await post(body)).json() == result(1)
    (seen,) = upstream.requests
    assert seen.body == body and seen.head.value("content-length") == str(len(body))


@pytest.mark.parametrize(
    "name",
    ["delete", "Search_x", "xsearch_a", "get_", "get_12", "get_é", "both", "search_internal", "", "search_" + "x" * 250],
)
async def test_other_call_is_refused(guarded, post, provider, upstream, name):
    assert_refused(await post(call(name, "seven")), "tool_not_allowed", "seven")
    upstream.saw_nothing()
    assert not provider.exchanges, "no token is spent on it"
    assert await guarded.settles("obo_refusals_total", 1, server="tickets", reason="tool_not_allowed") == 1
    await guarded.lines.finds(lambda line: '"reason":"tool_not_allowed"' in line)


async def test_deny_alone_leaves_the_rest(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_SERVER_TICKETS_TOOLS_DENY="delete_*")
    token = provider.user_token()
    assert (await proxy.request("POST", "/tickets", call("anything"), token=token)).json() == result(1)
    assert_refused(await proxy.request("POST", "/tickets", call("delete_it"), token=token), "tool_not_allowed")
    assert len(upstream.requests) == 1


async def test_empty_allow_permits_none(start_proxy, provider, upstream):
    yaml = f"servers:\n  tickets:\n    url: {upstream.url}\n    obo: {{scopes: a/b}}\n    tools: {{allow: []}}\n"
    proxy = await start_proxy(yaml, OBO_SERVER_TICKETS_URL=None, OBO_SERVER_TICKETS_SCOPES=None)
    assert_refused(await proxy.call(provider.user_token()), "tool_not_allowed")
    upstream.saw_nothing()
    assert (await proxy.call(provider.user_token(), "ping")).json() == result(1)


@pytest.mark.parametrize("method", ["ping", "initialize", "prompts/get", "resources/read", "tools/callx"])
async def test_other_methods_pass(post, upstream, method):
    assert (await post(message(method, 1, name="delete"))).json() == result(1)


async def test_answer_of_the_client_passes(post, upstream):
    upstream.script(behaviour.answer(202))
    assert (await post({"jsonrpc": "2.0", "id": 4, "result": {"method": "tools/call", "name": "delete"}})).status == 202


async def test_notification_of_a_call(post, upstream):
    assert_http_refused(await post(call("delete", None)), 403, "tool_not_allowed")
    upstream.saw_nothing()


async def test_batch_with_one_other_call(post, upstream):
    batch = [call("answer", 1), {"jsonrpc": "2.0", "method": "notifications/x"}, call("delete", "b"), message("ping", 3)]
    response = await post(batch)
    assert response.status == 200
    assert [answer["id"] for answer in response.json()] == [1, "b", 3]
    for answer in response.json():
        assert_error(answer, "tool_not_allowed", answer["id"])
    upstream.saw_nothing()


async def test_permitted_batch(post, upstream):
    batch = [call("answer", 1), call("search_x", 2)]
    upstream.script(behaviour.json_answer([result(1), result(2)]))
    assert (await post(batch)).json() == [result(1), result(2)]
    assert upstream.requests[0].json() == batch


HIDDEN = b'"params":{"name":"delete"}'
UNCERTAIN = {
    "no JSON": b"tools/call",
    "empty": b"",
    "no message": b"{}",
    "cut off": b'{"jsonrpc":"2.0","id":1,"method":"ping"',
    "two texts": b'{"jsonrpc":"2.0","id":1,"method":"ping"}{"jsonrpc":"2.0","id":1,"method":"tools/call",%s}' % HIDDEN,
    "method twice": b'{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call",%s}' % HIDDEN,
    "method twice, escaped": b'{"jsonrpc":"2.0","id":1,"method":"ping","m\\u0065thod":"tools/call",%s}' % HIDDEN,
    "method in capitals": b'{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call",%s}' % HIDDEN,
    "params with a long s": '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"answer"},'
    '"param\u017f":{"name":"delete"}}'.encode(),
    "params twice": b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"answer"},%s}' % HIDDEN,
    "name twice": b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"answer","name":"delete"}}',
    "name in capitals": b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"answer","NAME":"delete"}}',
    "no name": b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}',
    "no params": b'{"jsonrpc":"2.0","id":1,"method":"tools/call"}',
    "params in a list": b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":["delete"]}',
    "name no text": b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":["answer"]}}',
    "name with NUL": b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"answer\\u0000"}}',
    "method in capitals itself": b'{"jsonrpc":"2.0","id":1,"method":"Tools/Call",%s}' % HIDDEN,
    "method with NUL": b'{"jsonrpc":"2.0","id":1,"method":"tools/call\\u0000",%s}' % HIDDEN,
    "method no text": b'{"jsonrpc":"2.0","id":1,"method":null,%s}' % HIDDEN,
    "no version": b'{"id":1,"method":"ping"}',
    "invalid UTF-8": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"\xff"}}',
    "half a surrogate": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"\\ud800"}}',
    "UTF-16": '{"jsonrpc":"2.0","id":1,"method":"tools/call"}'.encode("utf-16"),
    "mark": b'\xef\xbb\xbf{"jsonrpc":"2.0","id":1,"method":"ping"}',
    "deep": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":' + b"[" * 100 + b"]" * 100 + b"}",
    "very deep": b"[" * 500_000,
    "comment": b'{"jsonrpc":"2.0","id":1,"method":"ping"/*,"method":"tools/call"*/}',
    "empty batch": b"[]",
    "batch in a batch": b'[[{"jsonrpc":"2.0","id":1,"method":"tools/call",%s}]]' % HIDDEN,
    "something in a batch": b'[{"jsonrpc":"2.0","id":1,"method":"ping"},7]',
    "call and answer": b'{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}',
    "compressed": gzip.compress(b'{"jsonrpc":"2.0","id":1,"method":"ping"}'),
}


@pytest.mark.parametrize("name", UNCERTAIN)
async def test_uncertain_body(post, upstream, name):
    assert_http_refused(await post(UNCERTAIN[name]), 400, "bad_request")
    upstream.saw_nothing()


def coded(text):
    return f"=?base64?{base64.b64encode(text.encode()).decode()}?="


CONTRADICTIONS = {
    "another name": [("Mcp-Method", "tools/call"), ("Mcp-Name", "delete")],
    "another name, coded": [("Mcp-Name", coded("delete"))],
    "another method": [("Mcp-Method", "ping")],
    "method in capitals": [("Mcp-Method", "Tools/Call")],
    "two names": [("Mcp-Name", "answer"), ("mcp-name", "delete")],
    "two methods": [("Mcp-Method", "tools/call"), ("Mcp-Method", "tools/call")],
    "broken code": [("Mcp-Name", "=?base64?YW5zd2Vy")],
    "compression": [("Content-Encoding", "deflate")],
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
async def test_head_that_contradicts_the_body(post, upstream, name):
    assert_http_refused(await post(call("answer"), CONTRADICTIONS[name]), 400, "bad_request")
    upstream.saw_nothing()


async def test_head_that_says_call_and_body_that_does_not(post, upstream):
    fields = [("Mcp-Method", "tools/call"), ("Mcp-Name", "answer")]
    assert_http_refused(await post(message("ping"), fields), 400, "bad_request")
    assert_http_refused(await post([call("answer")], fields), 400, "bad_request")
    upstream.saw_nothing()


async def test_head_that_agrees(post, upstream):
    plain = [("Mcp-Method", "tools/call"), ("Mcp-Name", "answer"), ("Mcp-Param-X", "y")]
    assert (await post(call("answer"), plain)).json() == result(1)
    assert (await post(call("search_é"), [("Mcp-Name", coded("search_é"))])).json() == result(1)
    assert upstream.requests[1].head.value("mcp-name") == coded("search_é")


@pytest.mark.parametrize("kind", ["application/json; charset=utf-7", "application/x-www-form-urlencoded", "text/plain"])
async def test_other_content_types(guarded, provider, upstream, kind):
    data = encode("POST", "/tickets", call("answer"), token=provider.user_token())
    async with await guarded.connect() as client:
        await client.send(data.replace(b"application/json\r\n", kind.encode() + b"\r\n", 1))
        assert_http_refused(await client.response(), 400, "bad_request")
    upstream.saw_nothing()


async def test_get_with_a_body(post, upstream):
    assert_http_refused(await post(call("delete"), [("X-HTTP-Method-Override", "POST")], "GET"), 400, "bad_request")
    upstream.saw_nothing()


async def test_get_and_delete_pass(post, upstream):
    upstream.always(behaviour.answer(405))
    assert (await post(None, method="GET")).status == 405
    assert (await post(None, method="DELETE")).status == 405


# Bodies in every form and size


async def send_chunked(client, token, body, sizes, fields=()):
    await client.send(encode("POST", "/tickets", None, [
        ("Transfer-Encoding", "chunked"), ("Content-Type", "application/json"), *fields], token))
    place = 0
    for size in sizes:
        piece = body[place:place + size]
        place += size
        if piece:
            await client.send(b"%x;x=y\r\n%s\r\n" % (len(piece), piece))
    if rest := body[place:]:
        await client.send(b"%x\r\n%s\r\n" % (len(rest), rest))
    await client.send(b"0\r\nX-Trailer: y\r\n\r\n")


@pytest.mark.parametrize("size", [0, 70_000, 3_000_000])
@pytest.mark.parametrize("form", ["length", "chunked"])
async def test_bodies_of_every_size(guarded, provider, upstream, size, form):
    """And the connection goes on behind each of them, permitted or not."""
    token = provider.user_token()
    async with await guarded.connect() as client:
        for name in ("search_x", "delete", "search_y"):
            # The name comes last, so that no part of the body would do for a judgement.
            body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                               "params": {"arguments": {"x": "é" * (size // 2)}, "name": name}},
                              ensure_ascii=False).encode()
            if form == "chunked":
                await send_chunked(client, token, body, [1] * 200 + [7, 16384] * 5)
            else:
                await client.send(encode("POST", "/tickets", body, token=token))
            response = await client.response()
            if name == "delete":
                assert_refused(response, "tool_not_allowed")
            else:
                assert response.json() == result(1)
                assert upstream.requests[-1].body == body
    assert len(upstream.requests) == 2


async def test_body_byte_by_byte(guarded, provider, upstream):
    body = json.dumps(call("delete")).encode()
    async with await guarded.connect() as client:
        await send_chunked(client, provider.user_token(), body, [1] * len(body))
        assert_refused(await client.response(), "tool_not_allowed")
    upstream.saw_nothing()


@pytest.mark.parametrize("form", ["length", "chunked"])
async def test_connection_goes_on_behind_an_uncertain_body(guarded, provider, upstream, form):
    token = provider.user_token()
    body = json.dumps(call("answer", x="y" * 100_000)).encode()
    async with await guarded.connect() as client:
        for data in (body[:-1] + b" ", body):
            if form == "chunked":
                await send_chunked(client, token, data, [1000] * 5)
            else:
                await client.send(encode("POST", "/tickets", data, token=token))
            response = await client.response()
            if data is not body:
                assert_http_refused(response, 400, "bad_request")
    assert response.json() == result(1) and [request.body for request in upstream.requests] == [body]


async def test_pipelined_behind_a_chunked_call(guarded, provider, upstream):
    token = provider.user_token()
    body = json.dumps(call("answer", 1)).encode()
    head = encode("POST", "/tickets", None, [
        ("Transfer-Encoding", "chunked"), ("Content-Type", "application/json")], token)
    async with await guarded.connect() as client:
        whole = head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        await client.send(whole + encode("POST", "/tickets", call("delete", 2), token=token) + whole)
        assert (await client.response()).json() == result(1)
        assert_refused(await client.response(), "tool_not_allowed", 2)
        assert (await client.response()).json() == result(1)


async def test_client_that_waits_for_leave(guarded, provider, upstream):
    body = json.dumps(call("delete")).encode()
    head = encode("POST", "/tickets", None, [
        ("Content-Length", str(len(body))), ("Content-Type", "application/json"), ("Expect", "100-continue")],
        provider.user_token())
    async with await guarded.connect() as client:
        await client.send(head)
        assert (await client.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
        await client.send(body)
        assert_refused(await client.response(), "tool_not_allowed")
    upstream.saw_nothing()


@pytest.mark.parametrize("form", ["length", "chunked"])
async def test_body_beyond_the_limit(start_proxy, provider, upstream, form):
    proxy = await start_proxy(OBO_SERVER_TICKETS_TOOLS_ALLOW=ALLOW, OBO_LIMITS_BODY_BYTES="100KiB")
    body = json.dumps(call("answer", x="y" * 150_000)).encode()
    async with await proxy.connect() as client:
        if form == "chunked":
            await send_chunked(client, provider.user_token(), body, [60_000])
        else:
            await client.send(encode("POST", "/tickets", body, token=provider.user_token()))
        assert_http_refused(await client.response(), 413, "body_too_large")
    upstream.saw_nothing()


async def test_broken_chunks(guarded, provider, upstream):
    head = encode("POST", "/tickets", None, [
        ("Transfer-Encoding", "chunked"), ("Content-Type", "application/json")], provider.user_token())
    async with await guarded.connect() as client:
        await client.send(head + b"5\r\n{\"jso\r\nzz\r\n")
        assert_http_refused(await client.response(), 400, "bad_request")
        assert await client.left() == b""
    upstream.saw_nothing()


async def test_client_that_leaves_within_its_body(guarded, provider, upstream):
    async with await guarded.connect() as client:
        await client.send(encode("POST", "/tickets", call("answer"), token=provider.user_token())[:-5])
    await guarded.lines.finds(lambda line: '"status":499' in line)
    upstream.saw_nothing()


async def test_second_chance_with_a_gathered_body(guarded, provider, upstream):
    """A chunked body is held now, so it can be sent again after a 401."""
    body = json.dumps(call("answer")).encode()
    upstream.script(behaviour.unauthorized())
    async with await guarded.connect() as client:
        await send_chunked(client, provider.user_token(), body, [10])
        assert (await client.response()).json() == result(1)
    assert [request.body for request in upstream.requests] == [body, body]


# Lists


TOOLS = [{"name": name, "inputSchema": {"type": "object", "maximum": 1}}
         for name in ["search_a", "delete", "get_1", "both", "x_internal", "answer"]]
SHOWN = ["search_a", "get_1", "answer"]
LIST = message("tools/list", 1)


def listed(request_id=1, tools=TOOLS, **rest):
    return {"jsonrpc": "2.0", "id": request_id, "result": {"tools": tools, **rest}}


def names(answer):
    return [tool["name"] for tool in answer["result"]["tools"]]


async def test_list_is_filtered(post, upstream):
    upstream.script(behaviour.json_answer(listed(nextCursor="more"), x_other="kept"))
    response = await post(LIST)
    assert names(response.json()) == SHOWN and response.value("x-other") == "kept"
    assert response.json()["result"]["nextCursor"] == "more"
    assert response.json()["result"]["tools"][0] == TOOLS[0]
    assert upstream.requests[0].head.value("accept-encoding") == "identity"


async def test_rest_of_a_list_stays_as_written(post, upstream):
    text = (b' {"id" : 1.0,"result":{"x":[1e999, 0.10,"\\u0041\\/"], "tools" :[ {"name":"delete"} , '
            b'{ "n":-0.0,"name":"\\u0061nswer" }],"nextCursor" : "n"}, "jsonrpc":"2.0"} \n')
    upstream.script(behaviour.answer(200, text, content_type="application/json; charset=utf-8"))
    response = await post(LIST)
    assert response.body == text.replace(b' {"name":"delete"} , ', b"").replace(b'" }]', b'" }]')


async def test_list_of_permitted_tools_is_untouched(post, upstream):
    text = b'{"jsonrpc":"2.0", "id":1,"result":{"tools":[ {"name":"answer"} ]}}\n'
    upstream.script(behaviour.answer(200, text, content_type="application/json"))
    assert (await post(LIST)).body == text


async def test_pages(post, upstream):
    upstream.script(
        behaviour.json_answer(listed(tools=TOOLS[:2], nextCursor="2")), behaviour.json_answer(listed(tools=TOOLS[2:])))
    first = (await post(LIST)).json()
    second = (await post(message("tools/list", 1, cursor=first["result"]["nextCursor"]))).json()
    assert names(first) + names(second) == SHOWN


@pytest.mark.parametrize("form", ["chunked", "until close", "drip"])
async def test_list_in_every_form(post, upstream, form):
    text = json.dumps(listed()).encode()

    async def answer(call):
        if form == "chunked":
            await call.start_chunked()
            for byte in text:
                await call.chunk(bytes([byte]))
            await call.end()
        elif form == "until close":
            await call.send(b"HTTP/1.1 200 OK\r\nContent-Type: Application/JSON\r\n\r\n" + text)
            call.close()
        else:
            await call.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(text))
            for place in range(0, len(text), 100):
                await call.send(text[place:place + 100])
                await asyncio.sleep(0)

    upstream.script(answer)
    assert names((await post(LIST)).json()) == SHOWN


async def test_list_in_a_batch(post, upstream):
    upstream.script(behaviour.json_answer([result(2), listed(1)]))
    answers = (await post([LIST, message("ping", 2)])).json()
    assert answers[0] == result(2) and names(answers[1]) == SHOWN


async def test_large_list(post, upstream):
    tools = [{"name": f"{'search' if place % 2 else 'delete'}_{place}", "description": "x" * 500} for place in range(8000)]
    upstream.script(behaviour.json_answer(listed(tools=tools)))
    assert names((await post(LIST)).json()) == [tool["name"] for tool in tools[1::2]]


async def test_error_in_place_of_a_list(post, upstream):
    error = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "no tools"}}
    upstream.script(behaviour.json_answer(error), behaviour.json_answer(error, 404), behaviour.answer(202))
    for status in (200, 404):
        response = await post(LIST)
        assert response.status == status and response.json() == error
    assert (await post(LIST)).status == 202


@pytest.mark.parametrize("status", [400, 404, 500])
async def test_list_by_another_status(post, upstream, status):
    """Clients put what comes with an error into their messages."""
    upstream.script(behaviour.json_answer(listed(), status))
    response = await post(LIST)
    assert response.status == status and names(response.json()) == SHOWN


PACKED = gzip.compress(json.dumps(listed()).encode())
UNFILTERABLE = {
    "no JSON": behaviour.answer(200, b"tools", content_type="application/json"),
    "cut off": behaviour.answer(200, json.dumps(listed()).encode()[:-1], content_type="application/json"),
    "tools twice": behaviour.answer(
        200, b'{"result":{"tools":[],"tools":[{"name":"delete"}]}}', content_type="application/json"),
    "tools no list": behaviour.json_answer({"result": {"tools": {"delete": {}}}}),
    "invalid UTF-8": behaviour.answer(200, b'{"result":{"tools":[{"name":"\xff"}]}}', content_type="application/json"),
    "deep": behaviour.answer(200, b'{"result":{"tools":' + b"[" * 1000 + b"]" * 1000 + b"}}",
                             content_type="application/json"),
    "compressed": behaviour.answer(200, PACKED, content_type="application/json", content_encoding="gzip"),
    "compressed events": behaviour.answer(200, PACKED, content_type="text/event-stream", content_encoding="gzip"),
    "another type": behaviour.answer(200, json.dumps(listed()).encode(), content_type="text/plain"),
    "no type": behaviour.answer(200, json.dumps(listed()).encode()),
    "too large": behaviour.answer(200, b" " * (9 << 20), content_type="application/json"),
    "result a list": behaviour.json_answer({"jsonrpc": "2.0", "id": 1, "result": TOOLS}),
    "ends early": behaviour.truncated(200, json.dumps(listed()).encode(), 5000),
}


@pytest.mark.parametrize("name", UNFILTERABLE)
async def test_list_that_cannot_be_filtered(post, upstream, name):
    upstream.script(UNFILTERABLE[name])
    response = await post(LIST)
    assert_refused(response, "upstream_protocol")
    assert b"delete" not in response.body


async def test_tools_without_a_name_are_left_out(post, upstream):
    upstream.script(behaviour.json_answer(listed(tools=[{"title": "x"}, "delete", {"name": 7}, {"name": "answer"}])))
    assert names((await post(LIST)).json()) == ["answer"]


# Event streams


def stream(pieces):
    async def behave(call):
        await call.start_stream()
        for piece in pieces:
            await call.chunk(piece)
        await call.end()

    return behave


async def test_list_in_an_event_stream(guarded, provider, upstream):
    """All else goes on in its own bytes, one event at a time."""
    read = asyncio.Event()
    before = b'id: 1\r\ndata: \r\n\r\nevent: message\r\ndata: {"jsonrpc":"2.0","method":"notifications/x"}\r\n\r\n'
    after = b'data: {"jsonrpc": "2.0","id":9,"result":{}}\n\n'

    async def behave(call):
        await call.start_stream()
        await call.chunk(before)
        await asyncio.wait_for(read.wait(), 5)
        await call.chunk(b": comment\nid: 7\nretry: 5\ndata: " + json.dumps(listed()).encode() + b"\n\n" + after)
        await call.end()

    upstream.script(behave)
    async with await guarded.connect() as client:
        await client.send(encode("POST", "/tickets", LIST, token=provider.user_token()))
        assert (await client.head()).value("content-length") is None
        assert await client.chunk() == before
        read.set()
        body = b""
        while piece := await client.chunk():
            body += piece
    shown = json.dumps(listed(tools=[tool for tool in TOOLS if tool["name"] in SHOWN])).encode()
    assert body.startswith(b": comment\nid: 7\nretry: 5\ndata: {") and body.endswith(after)
    data = body.split(b"data: ")[1].split(b"\n")[0]
    assert json.loads(data) == json.loads(shown)


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
async def test_split_anywhere(post, upstream, end):
    text = json.dumps(listed(), indent=1).encode()
    event = b"\xef\xbb\xbf" + b"".join(b"data:" + line + end for line in text.splitlines()) + b"id: 1" + end + end
    upstream.script(stream([bytes([byte]) for byte in event + b"data: {}" + end + end]))
    response = await post(LIST)
    assert b"delete" not in response.body and b"both" not in response.body
    first, rest = response.body.split(end + b"id: 1" + end + end)
    lines = first.split(end)
    assert all(line.startswith(b"data: ") for line in lines)
    assert names(json.loads(b"\n".join(line[6:] for line in lines))) == SHOWN
    assert rest == b"data: {}" + end + end


async def test_stream_with_a_length(post, upstream):
    text = b"data: " + json.dumps(listed()).encode() + b"\n\n"
    upstream.script(behaviour.answer(200, text, content_type="text/event-stream"))
    response = await post(LIST)
    assert names(json.loads(response.body.removeprefix(b"data: "))) == SHOWN


async def test_stream_to_an_old_client(guarded, provider, upstream):
    upstream.script(stream([b"data: " + json.dumps(listed()).encode() + b"\n\n"]))
    data = encode("POST", "/tickets", LIST, token=provider.user_token())
    async with await guarded.connect() as client:
        await client.send(data.replace(b"HTTP/1.1", b"HTTP/1.0", 1))
        response = await client.response()
    assert names(json.loads(response.body.removeprefix(b"data: "))) == SHOWN


async def test_list_told_again(guarded, provider, upstream):
    """A GET with Last-Event-ID brings what the server had to say before, lists too."""
    replay = b"id: 3\ndata: " + json.dumps(listed("earlier")).encode() + b"\n\n"
    upstream.script(stream([replay]))
    response = await guarded.request("GET", "/tickets", None, [("Last-Event-ID", "2")], provider.user_token())
    assert response.body.startswith(b"id: 3\n") and b"delete" not in response.body
    assert upstream.requests[0].head.value("last-event-id") == "2"


UNREADABLE = {
    "no JSON": [b"data: {}\n\n", b'data: {"result":{"tools":[{"name":"delete"}]}\n\n'],
    "too long": [b"data: {}\n\ndata: " + b" " * (1 << 20)] + [b" " * (1 << 20)] * 8,
    "ends within": [b'data: {}\n\ndata: {"result":{"tools":[{"name":"delete"'],
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("name", UNREADABLE)
async def test_event_that_cannot_be_filtered(guarded, provider, upstream, name, method):
    """The head is sent by then: the call that waits is told in the stream, which breaks off then."""
    upstream.script(stream(UNREADABLE[name]))
    with pytest.raises(Aborted) as cut:
        await guarded.request(method, "/tickets", LIST if method == "POST" else None, token=provider.user_token())
    assert cut.value.partial.startswith(b"data: {}\n\n")
    last = cut.value.partial.removeprefix(b"data: {}\n\n")
    if method == "GET":
        assert last == b""
    else:
        assert_error(json.loads(last.removeprefix(b"event: message\ndata: ")), "upstream_protocol", LIST["id"])


async def test_other_types_of_event_pass(guarded, provider, upstream):
    events = b"event: endpoint\ndata: /messages?x=y\n\nevent: ping\ndata: 2026-01-01\n\n"
    upstream.script(stream([events]))
    assert (await guarded.request("GET", "/tickets", token=provider.user_token())).body == events


async def test_keep_alive_on_a_filtered_stream(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_SERVER_TICKETS_TOOLS_ALLOW=ALLOW, OBO_TIMEOUTS_SSE_KEEPALIVE="100ms")

    async def behave(call):
        await call.start_stream()
        await call.chunk(b"data: {}\n\nda")
        await asyncio.sleep(0.5)
        await call.chunk(b"ta: []\n\n")
        await call.end()

    upstream.script(behave)
    body = (await proxy.request("GET", "/tickets", token=provider.user_token())).body
    assert body.replace(b":\n\n", b"") == b"data: {}\n\ndata: []\n\n" and b":\n\n" in body


async def test_answer_to_a_call_is_not_looked_into(post, upstream):
    """Results are the server's: of any size, and in any form."""
    text = b"tools" * 2_000_000
    upstream.script(behaviour.answer(200, text, content_type="application/json", content_encoding="br"))
    assert (await post(call("answer"))).body == text


async def test_server_without_rules(start_proxy, provider, upstream):
    """What its neighbour must not do, it may."""
    proxy = await start_proxy(
        OBO_SERVER_OTHER_URL="http://127.0.0.1:1/", OBO_SERVER_OTHER_SCOPES="a/b", OBO_SERVER_OTHER_TOOLS_ALLOW="x")
    token = provider.user_token()
    upstream.always(behaviour.answer(200, PACKED, content_type="application/json", content_encoding="gzip"))
    for body in (LIST, call("delete"), b"nonsense"):
        response = await proxy.request("POST", "/tickets", body, [("Accept-Encoding", "gzip")], token)
        assert response.body == PACKED
        assert upstream.requests[-1].head.value("accept-encoding") == "gzip"
    assert_refused(await proxy.request("POST", "/other", call("y"), token=token), "tool_not_allowed", server="other")


async def test_older_transport(start_proxy, provider, upstream):
    """There lists come on the stream, behind the event that says where to post, and refusals by status."""
    proxy = await start_proxy(OBO_SERVER_TICKETS_TYPE="sse", OBO_SERVER_TICKETS_TOOLS_ALLOW=ALLOW)
    posted = asyncio.Event()

    async def behave(call):
        if call.request.method == "POST":
            posted.set()
            return await call.reply(200, b"Accepted", [("Content-Type", "text/plain")])
        await call.start_stream()
        await call.chunk(b"event: endpoint\ndata: /messages?session=1\n\n: hi\n")
        await asyncio.wait_for(posted.wait(), 5)
        await call.event(listed())
        await call.end()

    upstream.always(behave)
    token = provider.user_token()
    async with await proxy.connect() as client:
        await client.send(encode("GET", "/tickets", token=token))
        await client.head()
        announced = b""
        while not announced.endswith(b": hi\n"):
            announced += await client.chunk()
        endpoint = announced.split(b"data: ")[1].split(b"\n")[0].decode()
        assert endpoint.startswith("/tickets/messages?session=1&obo=")
        refused = await proxy.request("POST", endpoint, call("delete"), token=token)
        assert_http_refused(refused, 403, "tool_not_allowed")
        assert len(upstream.requests) == 1
        receipt = await proxy.request("POST", endpoint, LIST, token=token)
        assert (receipt.status, receipt.body) == (200, b"Accepted")
        assert names(await client.event()) == ["search_a", "get_1", "both", "answer"] and await client.event() is None
