"""How a refusal is written in `errors: jsonrpc` form: the chat server fails one call and keeps its connection."""

import json

import pytest
from fixtures import behaviour
from fixtures.client import encode, message
from fixtures.refusal import assert_error, assert_http_refused, assert_refused

IDS = [
    1,
    0,
    -7,
    9007199254740993,
    123456789012345678901234567890,
    1.5,
    "one",
    "",
    'quote " backslash \\ slash / newline \n',
    "h\u00e9 \U0001f600 \u2028",
    "401",
]


@pytest.fixture
def refused(proxy):
    """Posts a body with a token that cannot pass."""

    async def post(body, method="POST", fields=()):
        return await proxy.request(method, "/tickets", body, [*fields, ("Authorization", "Bearer {{X}}")])

    return post


@pytest.mark.parametrize("request_id", IDS, ids=repr)
async def test_same_id_and_same_type(refused, upstream, request_id):
    assert_refused(await refused(message(request_id=request_id)), "placeholder_token", request_id)
    upstream.saw_nothing()


@pytest.mark.parametrize(
    "text, request_id",
    [
        (b'{"params":{"id":9,"x":[{"id":8}]},"id":3,"method":"tools/call","jsonrpc":"2.0"}', 3),
        (b'{"jsonrpc":"2.0","method":"tools/call","\\u0069d":"escaped name"}', "escaped name"),
        (b'{"jsonrpc":"2.0","id":"\\u0041\\ud83d\\ude00","method":"tools/call"}', "A\U0001f600"),
        (b' \n\t{ "jsonrpc" : "2.0" , "method" : "ping" , "id" : 5 } \r\n', 5),
        (b'{"method":"tools/call","params":{"t":"\\"id\\":4"},"jsonrpc":"2.0","id":6}', 6),
    ],
    ids=["nested ids", "escaped name", "escaped value", "spaces", "id in a string"],
)
async def test_the_right_id_is_found(refused, text, request_id):
    assert_refused(await refused(text), "placeholder_token", request_id)


async def test_an_id_that_is_no_id(refused):
    """It would come back, to somebody who may never take it."""
    assert_refused(await refused(message(request_id="x" * 1000)), "placeholder_token", "x" * 1000)
    assert_http_refused(await refused(message(request_id="x" * 1100)), 401, "placeholder_token")


async def test_id_after_a_megabyte(refused):
    body = {"jsonrpc": "2.0", "method": "tools/call", "params": {"text": "x" * (1 << 20)}, "id": "late"}
    assert_refused(await refused(body), "placeholder_token", "late")


async def test_chunked_request_body(proxy):
    body = json.dumps(message(request_id="chunked")).encode()
    head = encode(
        "POST", "/tickets", None, [("Transfer-Encoding", "chunked"), ("Content-Type", "application/json")], "{{X}}"
    )
    async with await proxy.connect() as client:
        await client.send(head)
        for byte in body:
            await client.send(b"1\r\n%c\r\n" % byte)
        await client.send(b"0\r\n\r\n")
        assert_refused(await client.response(), "placeholder_token", "chunked")


async def test_connection_goes_on_after_a_refusal(proxy, provider, upstream):
    async with await proxy.connect() as client:
        for _ in range(3):
            assert_refused(await client.request("POST", "/tickets", message(), token="{{X}}"), "placeholder_token")
        assert (await client.request("POST", "/tickets", message(), token=provider.user_token())).json()["result"]
    assert len(upstream.requests) == 1


async def test_request_ids_differ(refused):
    ids = {(await refused(message())).json()["error"]["data"]["request_id"] for _ in range(20)}
    assert len(ids) == 20


INITIALIZE = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25"}}


async def test_initialize_with_a_user_fault(refused):
    assert_http_refused(await refused(INITIALIZE), 401, "placeholder_token")


async def test_initialize_with_a_configuration_fault(proxy, provider, upstream):
    provider.script(behaviour.json_answer({"error": "invalid_client", "error_codes": [7000215]}, 401))
    response = await proxy.request("POST", "/tickets", INITIALIZE, token=provider.user_token())
    assert_http_refused(response, 500, "client_rejected")
    upstream.saw_nothing()


async def test_initialize_with_an_outage(proxy, provider, upstream):
    provider.always(behaviour.answer(500))
    response = await proxy.request("POST", "/tickets", INITIALIZE, token=provider.user_token())
    assert_http_refused(response, 503, "exchange_unavailable")
    assert int(response.value("retry-after")) >= 1
    upstream.saw_nothing()


async def test_initialize_is_never_told_to_slow_down(proxy, provider):
    """429 while connecting ends the chat server's connection object for good."""
    provider.always(behaviour.answer(429, b"Too Many Requests", retry_after="60"))
    response = await proxy.request("POST", "/tickets", INITIALIZE, token=provider.user_token())
    assert_http_refused(response, 503, "exchange_throttled")


async def test_initialize_in_a_string_is_no_initialize(refused):
    body = message(request_id=2)
    body["params"]["arguments"] = {"method": "initialize"}
    assert_refused(await refused(body), "placeholder_token", 2)


@pytest.mark.parametrize(
    "body",
    [
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 5, "result": {}},
        {"jsonrpc": "2.0", "id": 5, "error": {"code": -1, "message": "no"}},
        {"jsonrpc": "2.0", "id": None, "method": "tools/call"},
        [{"jsonrpc": "2.0", "method": "notifications/initialized"}],
    ],
    ids=["notification", "response", "error response", "null id", "batch of notifications"],
)
async def test_without_an_id(refused, upstream, body):
    assert_http_refused(await refused(body), 401, "placeholder_token")
    upstream.saw_nothing()


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_without_a_body(refused, proxy, provider, upstream, method):
    assert_http_refused(await refused(None, method), 401, "placeholder_token")
    provider.always(behaviour.json_answer({"error": "invalid_client"}, 401))
    response = await proxy.request(method, "/tickets", token=provider.user_token())
    assert_http_refused(response, 500, "client_rejected")
    provider.always(behaviour.answer(503))
    response = await proxy.request(method, "/tickets", token=provider.user_token("bob"))
    assert_http_refused(response, 503, {"exchange_unavailable", "exchange_throttled"})
    upstream.saw_nothing()


async def test_notification_with_an_outage(proxy, provider, upstream):
    provider.always(behaviour.answer(503))
    response = await proxy.call(provider.user_token(), "notifications/initialized", request_id=None)
    assert_http_refused(response, 503, {"exchange_unavailable", "exchange_throttled"})
    upstream.saw_nothing()


async def test_batch_gets_a_batch(refused, upstream):
    batch = [message(request_id=1), {"jsonrpc": "2.0", "method": "notifications/x"}, message("ping", "two")]
    response = await refused(batch)
    assert response.status == 200 and response.value("content-type").startswith("application/json")
    answers = response.json()
    assert [answer["id"] for answer in answers] == [1, "two"]
    for answer in answers:
        assert_error(answer, "placeholder_token", answer["id"])
    upstream.saw_nothing()


@pytest.mark.parametrize(
    "body",
    [b"{}", b"", b"nonsense", b'{"jsonrpc":"2.0","id":1,', b"[]", b'"text"', b"\xff\xfe{}", b"[" * 100000],
    ids=["empty object", "empty", "text", "cut off", "empty batch", "string", "not UTF-8", "deep"],
)
async def test_probe_without_authorization(proxy, upstream, body):
    """A chat server probes with an empty object and no token: 400, since 401 would start its sign-in."""
    assert_http_refused(await proxy.request("POST", "/tickets", body), 400)
    upstream.saw_nothing()


async def test_readable_message_without_authorization(proxy, upstream):
    assert_refused(await proxy.call(None), "missing_token")
    assert_http_refused(await proxy.request("POST", "/tickets", INITIALIZE), 401, "missing_token")
    upstream.saw_nothing()


async def test_no_challenge_and_no_banned_text_anywhere(refused, proxy, provider, upstream):
    """The provider's own words are never passed on."""
    said = {
        "error": "invalid_grant",
        "error_description": "AADSTS50013 Unauthorized OAuth 401",
        "correlation_id": "401",
    }
    provider.always(behaviour.json_answer(said, 400))
    response = await proxy.call(provider.user_token())
    assert_refused(response, "exchange_rejected")
    assert b"AADSTS" not in response.body
    upstream.saw_nothing()
