"""Every refusal that can be provoked from outside, in answer to every kind of request, in both forms."""

import json
import time

import pytest
from fixtures import behaviour
from fixtures.client import encode
from fixtures.proxy import free_port
from fixtures.refusal import BANNED, OUTAGES, assert_error
from fixtures.token import SigningKey

IDS = ["1", "-7", "1.50", "123456789012345678901234567890", '"one"', '"\\u0034\\u0030\\u0031 \\/"', '""', "2e3"]
CALL = '{"jsonrpc":"2.0","id":%s,"method":"tools/call","params":{"name":"answer"}}'
NOTE = '{"jsonrpc":"2.0","method":"notifications/cancelled"}'
ANSWER = '{"jsonrpc":"2.0","id":9,"result":{}}'

# What waits for an answer: body and the ids as they are spelled.
CALLS = {f"id {text}": (CALL % text, [text]) for text in IDS}
BATCHES = {
    "batch": ("[" + CALL % "1" + "," + CALL % '"\\u0031"' + "]", ["1", '"\\u0031"']),
    "mixed batch": ("[" + ",".join([NOTE, CALL % "1.0", ANSWER, CALL % "null"]) + "]", ["1.0"]),
}
# What waits for none.
SILENT = {
    "null id": CALL % "null",
    "notification": NOTE,
    "response": ANSWER,
    "batch of both": f"[{NOTE},{ANSWER}]",
}
INITIALIZE = '{"jsonrpc":"2.0","id":"\\u0069","method":"initialize","params":{}}'


def bearer(make):
    """A refusal of the token itself, before anybody else is asked."""

    def arrange(provider, upstream):
        return {"token": make(provider)}

    return arrange


def provider_says(status=400, **body):
    def arrange(provider, upstream):
        provider.always(behaviour.json_answer(body, status))
        return {"token": provider.user_token()}

    return arrange


def provider_does(act, **variables):
    def arrange(provider, upstream):
        provider.always(act)
        return {"token": provider.user_token(), **variables}

    return arrange


def upstream_does(act, **variables):
    def arrange(provider, upstream):
        upstream.always(act)
        return {"token": provider.user_token(), **variables}

    return arrange


def without_keys(provider, upstream):
    provider.keys_answer = behaviour.answer(500)
    return {"token": provider.user_token(), "ready": False}


REASONS = {
    "missing_token": bearer(lambda p: None),
    "placeholder_token": bearer(lambda p: "{{LIBRECHAT_OPENID_ACCESS_TOKEN}}"),
    "malformed_token": bearer(lambda p: "opaque"),
    "id_token": bearer(lambda p: p.user_token(nonce="n")),
    "app_only_token": bearer(lambda p: p.user_token(idtyp="app")),
    "invalid_signature": bearer(lambda p: p.user_token(key=SigningKey.named("forger"))),
    "wrong_issuer": bearer(lambda p: p.user_token(iss="https://login.example/other/v2.0")),
    "wrong_audience": bearer(lambda p: p.user_token(aud="else")),
    "expired_token": bearer(lambda p: p.user_token(exp=int(time.time()) - 600)),
    "not_yet_valid": bearer(lambda p: p.user_token(nbf=int(time.time()) + 600)),
    "missing_scope": lambda p, u: {"token": p.user_token(scp="other"), "OBO_REQUIRE_SCOPE": "access_as_user"},
    "exchange_rejected": provider_says(error="invalid_grant"),
    "consent_required": provider_says(error="invalid_grant", error_codes=[65001], suberror="consent_required"),
    "interaction_required": provider_says(error="interaction_required", error_codes=[50076]),
    "scope_misconfigured": provider_says(error="invalid_scope", error_codes=[70011]),
    "client_rejected": provider_says(401, error="invalid_client", error_codes=[7000215]),
    "grant_unsupported": provider_says(error="unsupported_grant_type"),
    "invalid_exchange_response": provider_says(200, token_type="Bearer"),
    "exchange_unavailable": provider_does(behaviour.answer(500), OBO_RETRIES="0"),
    "exchange_timeout": provider_does(behaviour.hang, OBO_RETRIES="0", OBO_TIMEOUT="200ms"),
    "exchange_throttled": provider_does(behaviour.answer(429, b"Too Many Requests", retry_after="90")),
    "keys_unavailable": without_keys,
    "upstream_unreachable": lambda p, u: {
        "token": p.user_token(),
        "OBO_SERVER_TICKETS_URL": f"http://127.0.0.1:{free_port()}/mcp",
    },
    "upstream_timeout": upstream_does(behaviour.hang, OBO_TIMEOUTS_RESPONSE="100ms"),
    "upstream_protocol": upstream_does(behaviour.raw(b"nonsense\r\n\r\n")),
    "upstream_rejected_token": upstream_does(behaviour.unauthorized('Bearer error="invalid_token"')),
}
CONFIGURATION = {"scope_misconfigured", "client_rejected", "grant_unsupported", "invalid_exchange_response"}
STATUSES = {"upstream_unreachable": 502, "upstream_protocol": 502, "upstream_rejected_token": 502, "upstream_timeout": 504}
# After five failures in a row the provider is left alone.
ALSO = {"exchange_unavailable": "breaker_open", "exchange_timeout": "breaker_open"}


def status_of(reason):
    if reason in CONFIGURATION:
        return 500
    return STATUSES.get(reason, 503 if reason in OUTAGES else 401)


class Judge:
    """Looks at the answers to one refusal in one of the forms."""

    def __init__(self, reason, strict):
        self.reasons = {reason, ALSO.get(reason, reason)}
        self.strict = strict
        self.status = 403 if strict and reason == "missing_scope" else status_of(reason)
        self.is_users_fault = status_of(reason) == 401
        self.passes = reason in OUTAGES

    def fields(self, response, status):
        assert response.status == status, f"{response.head.start} {response.body[:300]!r}"
        assert response.value("content-type") == "application/json"
        assert int(response.value("content-length")) == len(response.body)
        challenge = response.value("www-authenticate")
        assert (challenge is not None) == (self.strict and self.is_users_fault), challenge
        patience = response.value("retry-after")
        if status == 503 or (self.strict and self.passes):
            assert int(patience) >= 1
        elif status == 200 or not self.passes:
            assert patience is None
        if not self.strict:
            assert not BANNED.search(response.body), response.body

    def one(self, response, spelled, status):
        """One error under that id, in the client's own spelling."""
        self.fields(response, status)
        assert response.body.startswith(b'{"jsonrpc":"2.0","id":%s,"error":{' % spelled.encode()), response.body
        assert_error(response.json(), self.reasons, json.loads(spelled))

    def call(self, response, spelled):
        self.one(response, spelled, self.status if self.strict else 200)

    def batch(self, response, spelled):
        if self.strict:
            return self.one(response, "null", self.status)
        self.fields(response, 200)
        errors = response.json()
        assert isinstance(errors, list) and len(errors) == len(spelled)
        for error, text in zip(errors, spelled, strict=True):
            assert b'"id":%s,' % text.encode() in response.body
            assert_error(error, self.reasons, json.loads(text))

    def by_status(self, response, spelled="null"):
        self.one(response, spelled, self.status)


@pytest.mark.parametrize("form", ["jsonrpc", "strict"])
@pytest.mark.parametrize("reason", REASONS)
async def test_refusal(start_proxy, provider, upstream, reason, form):
    """All on one connection, so that no answer may be longer or shorter than it says."""
    arranged = REASONS[reason](provider, upstream)
    token, ready = arranged.pop("token"), arranged.pop("ready", True)
    proxy = await start_proxy(ready=ready, OBO_SERVER_TICKETS_ERRORS=form, **arranged)
    judge = Judge(reason, form == "strict")
    async with await proxy.connect() as client:

        async def ask(method, body=None, accept=None):
            data = encode(method, "/tickets", body and body.encode(), (), token)
            if accept:
                data = data.replace(b"Accept: application/json, text/event-stream", b"Accept: " + accept)
            await client.send(data)
            return await client.response()

        for body, (spelled,) in CALLS.values():
            judge.call(await ask("POST", body), spelled)
        for body, spelled in BATCHES.values():
            judge.batch(await ask("POST", body), spelled)
        for body in SILENT.values():
            judge.by_status(await ask("POST", body))
        judge.by_status(await ask("POST", INITIALIZE), '"\\u0069"')
        # A client that takes events alone gets JSON all the same, as the README says.
        judge.call(await ask("POST", CALL % "5", b"text/event-stream"), "5")
        judge.by_status(await ask("GET", accept=b"text/event-stream"))
        judge.by_status(await ask("DELETE"))


# Faults that come before JSON-RPC: the same for whatever is asked.
PLAIN = {
    "bad_request": (400, "/tickets?token={token}", {}, {}),
    "bad_sidecar_key": (403, "/tickets", {"X-OBO-Key": "another"}, {"OBO_SIDECAR_KEY": "the-key-of-more-than-16"}),
    "bad_origin": (403, "/tickets", {"Origin": "https://evil.example"}, {}),
    "unknown_server": (404, "/nobody", {}, {}),
    "session_mismatch": (404, "/tickets", {"Mcp-Session-Id": "forged~AAAAAAAAAAAAAAAAAAAAAA"}, {}),
}


@pytest.mark.parametrize("form", ["jsonrpc", "strict"])
@pytest.mark.parametrize("reason", PLAIN)
async def test_before_json_rpc(start_proxy, provider, upstream, reason, form):
    status, target, fields, variables = PLAIN[reason]
    proxy = await start_proxy(OBO_SERVER_TICKETS_ERRORS=form, **variables)
    token = provider.user_token()
    bodies = [body for body, _ in (*CALLS.values(), *BATCHES.values())] + [*SILENT.values(), INITIALIZE]
    asked = [("POST", body.encode()) for body in bodies] + [("GET", None), ("DELETE", None)]
    async with await proxy.connect() as client:
        for method, body in asked:
            response = await client.request(method, target.format(token=token), body, fields.items(), token)
            assert response.status == status, (method, body, response.body)
            assert response.value("content-type") == "application/json"
            assert response.value("www-authenticate") is None and response.value("retry-after") is None
            assert response.json()["id"] is None and response.json()["error"]["data"]["reason"] == reason
            assert not BANNED.search(response.body)
    upstream.saw_nothing()
