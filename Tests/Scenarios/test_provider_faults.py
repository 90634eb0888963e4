"""With the provider down, slow, rejecting or answering nonsense, the upstream sees nothing at all, and the caller gets
the right refusal in time."""

import gzip
import json
import time

import pytest
from fixtures import behaviour
from fixtures.proxy import free_port
from fixtures.refusal import assert_refused
from fixtures.server import Server

NONSENSE = "invalid_exchange_response"
BROKEN = {"exchange_unavailable", "invalid_exchange_response"}


def rejects(error, status=400, **members):
    return behaviour.json_answer({"error": error, "error_description": "AADSTS: words", **members}, status)


def success(**changes):
    """A success body with members changed; no user in it, so that any behaviour can use it."""
    body = {"token_type": "Bearer", "expires_in": 3600, "access_token": "minted-text", **changes}
    return behaviour.json_answer({name: value for name, value in body.items() if value is not None})


CLAIMS = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'

# name: (behaviour, reason, attempts)
FAULTS = {
    "closes": (behaviour.close, "exchange_unavailable", 2),
    "resets": (behaviour.reset, "exchange_unavailable", 2),
    "500": (behaviour.answer(500, b"oops"), "exchange_unavailable", 2),
    "502": (behaviour.answer(502, b"<html>"), "exchange_unavailable", 2),
    "503": (behaviour.answer(503, b""), {"exchange_unavailable", "exchange_throttled"}, 2),
    "503, come back in a minute": (
        behaviour.answer(503, b"", retry_after="60"),
        {"exchange_unavailable", "exchange_throttled"},
        1,
    ),
    "429": (behaviour.answer(429, b"Too Many Requests", content_type="text/plain"), "exchange_throttled", 2),
    "429, come back in a minute": (
        behaviour.answer(429, b"Too Many Requests", retry_after="60"),
        "exchange_throttled",
        1,
    ),
    "temporarily unavailable": (rejects("temporarily_unavailable", 503), "exchange_unavailable", 2),
    "rejects the assertion": (rejects("invalid_grant", error_codes=[50013]), "exchange_rejected", 1),
    "no consent": (
        rejects("invalid_grant", suberror="consent_required", error_codes=[65001]),
        "consent_required",
        1,
    ),
    "asks for MFA": (rejects("interaction_required", claims=CLAIMS, error_codes=[50076]), "interaction_required", 1),
    "asks for MFA as a bad grant": (
        rejects("invalid_grant", suberror="basic_action", claims=CLAIMS, error_codes=[50076]),
        "interaction_required",
        1,
    ),
    "asks for MFA, claims alone": (rejects("invalid_grant", claims=CLAIMS), "interaction_required", 1),
    "sees a loop": (rejects("invalid_grant", error_codes=[50196]), "exchange_throttled", 1),
    "not fixed by signing in": (
        rejects("interaction_required", suberror="protection_policy_required"),
        "exchange_rejected",
        1,
    ),
    "malformed request": (rejects("invalid_request"), "grant_unsupported", 1),
    "an error of its own": (rejects("e2_quota"), "exchange_rejected", 1),
    "unknown scope": (rejects("invalid_scope", error_codes=[70011]), "scope_misconfigured", 1),
    "resource unknown": (rejects("invalid_resource", error_codes=[500011]), "scope_misconfigured", 1),
    "wrong secret": (rejects("invalid_client", 401, error_codes=[7000215]), "client_rejected", 1),
    "client not allowed": (rejects("unauthorized_client", error_codes=[700016]), "client_rejected", 1),
    "grant unknown": (rejects("unsupported_grant_type", error_codes=[70003]), "grant_unsupported", 1),
    "404 of another service": (behaviour.json_answer({"error": "Realm does not exist"}, 404), NONSENSE, 1),
    "error twice": (
        behaviour.answer(400, b'{"error":"invalid_grant","error":"x"}', content_type="application/json"),
        NONSENSE,
        1,
    ),
    "compressed": (
        behaviour.answer(
            200,
            gzip.compress(json.dumps({"token_type": "Bearer", "access_token": "minted-text"}).encode()),
            content_type="application/json",
            content_encoding="gzip",
        ),
        NONSENSE,
        1,
    ),
    "503, compressed": (
        behaviour.answer(503, gzip.compress(b"{}"), content_type="application/json", content_encoding="gzip"),
        "exchange_unavailable",
        2,
    ),
    "400 without words": (behaviour.answer(400, b""), {NONSENSE, "exchange_rejected"}, 1),
    "400 in HTML": (behaviour.answer(400, b"<html>no</html>"), {NONSENSE, "exchange_rejected"}, 1),
    "200 in HTML": (behaviour.answer(200, b"<html>welcome</html>", content_type="text/html"), NONSENSE, 1),
    "200 with nothing": (behaviour.answer(200), NONSENSE, 1),
    "204": (behaviour.raw(b"HTTP/1.1 204 No Content\r\n\r\n"), NONSENSE, 1),
    "an array": (behaviour.json_answer([{"access_token": "minted-text"}]), NONSENSE, 1),
    "no token": (success(access_token=None), NONSENSE, 1),
    "empty token": (success(access_token=""), NONSENSE, 1),
    "token is a number": (success(access_token=12345), NONSENSE, 1),
    "token is null": (behaviour.json_answer({"token_type": "Bearer", "access_token": None}), NONSENSE, 1),
    "token with a line break": (success(access_token="good\r\nX-Admin: yes"), NONSENSE, 1),
    "token with a space": (success(access_token="good Bearer"), NONSENSE, 1),
    "token not ASCII": (success(access_token="g\u00f6\u00f6d"), NONSENSE, 1),
    "no token type": (success(token_type=None), NONSENSE, 1),
    "other token type": (success(token_type="DPoP"), NONSENSE, 1),
    "an error with status 200": (behaviour.json_answer({"error": "invalid_grant"}), {NONSENSE, "exchange_rejected"}, 1),
    "not HTTP": (behaviour.raw(b"SSH-2.0-OpenSSH_9.9\r\n\r\n"), BROKEN, None),
    "binary": (behaviour.raw(bytes(range(256)) * 8), BROKEN, None),
    "cut off": (behaviour.truncated(), BROKEN, None),
    "cut off, chunked": (
        behaviour.raw(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{"access_token":'),
        BROKEN,
        None,
    ),
    "two lengths": (
        behaviour.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
        BROKEN,
        None,
    ),
    "endless": (behaviour.endless, BROKEN, None),
    "huge length": (
        behaviour.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{", then_close=False),
        BROKEN | {"exchange_timeout"},
        None,
    ),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_fault(start_proxy, provider, upstream, name):
    answer, reason, attempts = FAULTS[name]
    proxy = await start_proxy(OBO_TIMEOUT="2s")
    provider.always(answer)
    began = time.monotonic()
    assert_refused(await proxy.call(provider.user_token()), reason)
    assert time.monotonic() - began < 10
    upstream.saw_nothing()
    if attempts:
        assert len(provider.exchanges) == attempts


async def test_one_failure_is_survived(proxy, provider, upstream):
    """A transient failure is tried again once, so the user does not even notice."""
    provider.script(behaviour.answer(503))
    assert (await proxy.call(provider.user_token())).json()["result"]
    provider.script(behaviour.close)
    assert (await proxy.call(provider.user_token("bob"))).json()["result"]
    assert len(provider.exchanges) == 4 and len(upstream.requests) == 2


@pytest.mark.parametrize("form", ["bearer", "BEARER"])
async def test_token_type_in_any_case(proxy, provider, form):
    provider.always(provider.minting(token_type=form))
    assert (await proxy.call(provider.user_token())).json()["result"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(proxy, provider, upstream, status):
    """A followed redirect would hand assertion and secret to whoever the answer names."""

    class Elsewhere(Server):
        async def default(self, call):
            await call.reply_json({"token_type": "Bearer", "access_token": "stolen", "expires_in": 60})

    async with Elsewhere() as elsewhere:
        provider.always(behaviour.redirect(status, elsewhere.origin + "/token"))
        assert_refused(await proxy.call(provider.user_token()), BROKEN)
        assert not elsewhere.received
    upstream.saw_nothing()


async def test_down(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_TOKEN_ENDPOINT=f"http://127.0.0.1:{free_port()}/token")
    began = time.monotonic()
    assert_refused(await proxy.call(provider.user_token()), "exchange_unavailable")
    assert time.monotonic() - began < 5
    upstream.saw_nothing()


async def test_silent_with_the_default_times(proxy, provider, upstream):
    """The worst case: two attempts that hang. Together never more than 10 s."""
    provider.always(behaviour.hang)
    began = time.monotonic()
    assert_refused(await proxy.call(provider.user_token()), "exchange_timeout")
    assert time.monotonic() - began < 10.5
    upstream.saw_nothing()


async def test_dripping(start_proxy, provider, upstream):
    """A byte now and then must not stretch the time of an attempt."""
    proxy = await start_proxy(OBO_TIMEOUT="500ms")
    provider.always(behaviour.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b" " * 500))
    began = time.monotonic()
    assert_refused(await proxy.call(provider.user_token()), "exchange_timeout")
    assert time.monotonic() - began < 3
    upstream.saw_nothing()


async def test_endless_answer_takes_no_memory(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_TIMEOUT="2s")
    before = proxy.resident_bytes()
    provider.always(behaviour.endless)
    assert_refused(await proxy.call(provider.user_token()), BROKEN)
    assert proxy.resident_bytes() - before < 16 << 20
    upstream.saw_nothing()


async def test_short_retry_after_is_waited_for(proxy, provider, upstream):
    provider.script(behaviour.answer(503, retry_after="1"))
    began = time.monotonic()
    assert (await proxy.call(provider.user_token())).json()["result"]
    assert time.monotonic() - began > 0.9
    assert len(provider.exchanges) == 2


async def test_throttled_provider_is_left_alone(proxy, provider, upstream):
    """`Retry-After` holds for everybody who would ask for the same scope."""
    provider.always(behaviour.answer(429, b"Too Many Requests", retry_after="60"))
    for user in ("alice", "bob", "carol"):
        assert_refused(await proxy.call(provider.user_token(user)), "exchange_throttled")
    assert len(provider.exchanges) == 1
    upstream.saw_nothing()
