"""`errors: strict`: refusals are HTTP's own, with challenges as RFC 6750 and metadata as RFC 9728 have them."""

import asyncio
import base64
import json
import re
import time

import pytest
from fixtures import behaviour
from fixtures.client import encode, message
from fixtures.refusal import assert_error, assert_http_refused, assert_refused, reason_of

CLAIMS = '{"access_token": {"acrs": {"essential": true, "value": "c1?>~\\u00ff"}}}'
METADATA = "/.well-known/oauth-protected-resource/tickets"


@pytest.fixture
def variables(variables, upstream):
    """A strict server and, beside it, one for chat servers."""
    return {
        **variables,
        "OBO_SERVER_TICKETS_ERRORS": "strict",
        "OBO_SERVER_CHAT_URL": upstream.url,
        "OBO_SERVER_CHAT_SCOPES": variables["OBO_SERVER_TICKETS_SCOPES"],
    }


def origin(proxy, scheme="http"):
    return "{}://{}:{}".format(scheme, *proxy.address)


def challenge(response):
    """The parameters of the one challenge."""
    scheme, _, rest = response.value("www-authenticate").partition(" ")
    assert scheme == "Bearer"
    found = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"(?:, |$)', rest)
    assert ", ".join(f'{name}="{value}"' for name, value in found) == rest, f"no RFC 9110 challenge: {rest}"
    assert len(dict(found)) == len(found)
    return dict(found)


def assert_challenged(response, status, reason, proxy, request_id=1, **parameters):
    assert response.status == status, f"{response.head.start} {response.body[:300]!r}"
    assert response.value("content-type") == "application/json"
    assert_error(response.json(), reason, request_id)
    assert challenge(response) == {"resource_metadata": origin(proxy) + METADATA, **parameters}


def assert_unchallenged(response, status, reason):
    assert response.status == status, f"{response.head.start} {response.body[:300]!r}"
    assert response.value("www-authenticate") is None
    assert reason_of(response) == reason


@pytest.mark.parametrize(
    "method, body, request_id",
    [
        ("POST", message(request_id="one"), "one"),
        ("POST", message("initialize", 7), 7),
        ("POST", message("notifications/initialized", None), None),
        ("POST", [message()], None),
        ("POST", b"{}", None),
        ("POST", b"nonsense", None),
        ("GET", None, None),
        ("DELETE", None, None),
    ],
    ids=["call", "initialize", "notification", "batch", "probe", "no JSON", "GET", "DELETE"],
)
async def test_no_token(proxy, provider, upstream, method, body, request_id):
    """Who has made no error is told none, and where to sign in (RFC 6750 3.1)."""
    async with await proxy.connect() as client:
        for _ in range(2):
            response = await client.request(method, "/tickets", body)
            assert_challenged(response, 401, "missing_token", proxy, request_id)
    upstream.saw_nothing()
    assert not provider.exchanges


async def test_bad_tokens(proxy, provider, upstream):
    now = int(time.time())
    tokens = {
        "expired_token": provider.user_token(exp=now - 3600),
        "wrong_audience": provider.user_token(aud="api://another"),
        "wrong_issuer": provider.user_token(iss="https://issuer.example"),
        "malformed_token": "x.y",
        "placeholder_token": "{{LIBRECHAT_OPENID_ACCESS_TOKEN}}",
    }
    for reason, token in tokens.items():
        assert_challenged(await proxy.call(token), 401, reason, proxy, error="invalid_token")
        response = await proxy.request("GET", "/tickets", token=token)
        assert_challenged(response, 401, reason, proxy, None, error="invalid_token")
    upstream.saw_nothing()


async def test_too_little_scope(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_REQUIRE_SCOPE="tools.use")
    response = await proxy.call(provider.user_token())
    assert_challenged(response, 403, "missing_scope", proxy, error="insufficient_scope", scope="tools.use")
    assert_challenged(await proxy.call(None), 401, "missing_token", proxy, scope="tools.use")
    assert (await proxy.call(provider.user_token(scp="a tools.use"))).json()["result"]
    assert len(upstream.requests) == 1


async def test_demanded_claims_reach_the_caller(proxy, provider, upstream):
    said = {
        "error": "interaction_required",
        "error_codes": [50076],
        "error_description": "AADSTS50076: say nothing of this",
        "claims": CLAIMS,
    }
    provider.always(behaviour.json_answer(said, 400))
    token = provider.user_token()
    responses = await asyncio.gather(*(proxy.call(token) for _ in range(5)))
    responses.append(await proxy.call(token))
    for response in responses:
        parameters = challenge(response)
        claims = parameters.pop("claims")
        assert base64.b64decode(claims, validate=True).decode() == CLAIMS
        assert (response.status, parameters.pop("error")) == (401, "insufficient_claims")
        assert parameters == {"resource_metadata": origin(proxy) + METADATA}
        assert_error(response.json(), "interaction_required", 1)
        assert b"AADSTS" not in response.body and b"acrs" not in response.body
    assert len(provider.exchanges) == 1, "those who wait and those who come later are told the same"
    await proxy.stop()
    assert "interaction_required" in proxy.text, "all is written by now"
    assert "acrs" not in proxy.text and claims not in proxy.text
    upstream.saw_nothing()


@pytest.mark.parametrize(
    "claims",
    [None, "no JSON", "[]", json.dumps({"a": "x" * 9000})],
    ids=["none", "no JSON", "no object", "too long"],
)
async def test_further_step_without_claims(proxy, provider, claims):
    said = {"error": "interaction_required", **({"claims": claims} if claims else {})}
    provider.always(behaviour.json_answer(said, 400))
    response = await proxy.call(provider.user_token())
    assert_challenged(response, 401, "interaction_required", proxy, error="invalid_token")


async def test_longest_claims(proxy, provider):
    claims = json.dumps({"a": "x" * 8183})
    assert len(claims) == 8192
    provider.always(behaviour.json_answer({"error": "interaction_required", "claims": claims}, 400))
    found = challenge(await proxy.call(provider.user_token()))
    assert base64.b64decode(found["claims"], validate=True).decode() == claims


@pytest.mark.parametrize(
    "said, reason",
    [
        ({"error": "invalid_grant", "error_description": "x"}, "exchange_rejected"),
        ({"error": "invalid_grant", "suberror": "consent_required", "error_codes": [65001]}, "consent_required"),
    ],
)
async def test_rejected_exchange(proxy, provider, upstream, said, reason):
    provider.always(behaviour.json_answer(said, 400))
    response = await proxy.call(provider.user_token())
    assert_challenged(response, 401, reason, proxy, error="invalid_token")
    upstream.saw_nothing()


async def test_faults_that_no_token_mends(proxy, provider, upstream):
    provider.always(behaviour.json_answer({"error": "invalid_client"}, 401))
    assert_unchallenged(await proxy.call(provider.user_token()), 500, "client_rejected")
    provider.always(behaviour.answer(429, retry_after="17"))
    response = await proxy.call(provider.user_token("bob"))
    assert_unchallenged(response, 503, "exchange_throttled")
    assert 1 <= int(response.value("retry-after")) <= 17
    upstream.saw_nothing()


async def test_outage(proxy, provider):
    provider.always(behaviour.answer(500))
    response = await proxy.call(provider.user_token())
    assert_unchallenged(response, 503, "exchange_unavailable")
    assert response.json()["id"] == 1 and int(response.value("retry-after")) >= 1


async def test_upstream_faults(proxy, provider, upstream):
    token = provider.user_token()
    upstream.always(behaviour.unauthorized('Bearer resource_metadata="https://x.example/", error="invalid_token"'))
    response = await proxy.call(token)
    assert_unchallenged(response, 502, "upstream_rejected_token")
    assert b"x.example" not in response.body
    upstream.always(behaviour.answer(403, b"no", www_authenticate='Bearer error="insufficient_scope", scope="x"'))
    response = await proxy.call(token)
    assert (response.status, response.body, response.value("www-authenticate")) == (403, b"no", None)
    upstream.always(behaviour.redirect(302, "https://x.example/"))
    assert_unchallenged(await proxy.call(token), 502, "upstream_protocol")


async def test_claims_that_the_server_demands_and_the_user_lacks(proxy, provider, upstream):
    """Continuous access evaluation end to end: server, provider, caller."""
    token = provider.user_token()
    assert (await proxy.call(token)).json()["result"]
    demanded = base64.b64encode(b'{"access_token":{"nbf":{"essential":true,"value":"1"}}}').decode()
    upstream.always(behaviour.unauthorized(f'Bearer error="insufficient_claims", claims="{demanded}"'))
    provider.always(behaviour.json_answer({"error": "interaction_required", "claims": CLAIMS}, 400))
    response = await proxy.call(token)
    assert response.status == 401
    assert base64.b64decode(challenge(response)["claims"]).decode() == CLAIMS


async def test_request_faults_are_as_ever(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_SIDECAR_KEY="k" * 20)
    key = [("X-OBO-Key", "k" * 20)]
    token = provider.user_token()
    assert_http_refused(await proxy.call(token), 403, "bad_sidecar_key")
    bad_origin = await proxy.call(token, fields=[*key, ("Origin", "https://evil.example")])
    assert_http_refused(bad_origin, 403, "bad_origin")
    dead = await proxy.call(token, fields=[*key, ("Mcp-Session-Id", "forged~session")])
    assert_http_refused(dead, 404, "session_mismatch")
    assert_http_refused(await proxy.request("PUT", "/tickets", b"{}", key, token), 405, "method_not_allowed")
    twice = await proxy.call(token, fields=[*key, ("X-Copy", token)])
    assert_http_refused(twice, 400, "bad_request")
    assert_http_refused(await proxy.request("GET", METADATA), 403, "bad_sidecar_key")
    assert (await proxy.request("GET", METADATA, fields=key)).status == 200
    upstream.saw_nothing()


async def test_a_client_that_waits_for_leave_gets_its_answer(proxy):
    """Nobody is asked for a body that nobody needs."""
    fields = [("Expect", "100-continue")]
    head = encode("POST", "/tickets", message(), fields).partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    async with await proxy.connect() as client:
        await client.send(head)
        seen = await client.left()
    assert seen.startswith(b"HTTP/1.1 401 ") and b"100 Continue" not in seen


async def test_jsonrpc_beside_it(proxy, provider, upstream):
    """A chat server's part of the house sees none of this."""
    assert_refused(await proxy.call(None, target="/chat"), "missing_token", server="chat")
    assert_http_refused(await proxy.call(None, "initialize", target="/chat"), 401, "missing_token")
    assert_http_refused(await proxy.request("POST", "/chat", b"{}"), 400)
    provider.always(behaviour.json_answer({"error": "interaction_required", "claims": CLAIMS}, 400))
    token = provider.user_token()
    assert_refused(await proxy.call(token, target="/chat"), "interaction_required", server="chat")
    assert_http_refused(await proxy.call(token, "initialize", target="/chat"), 401, "interaction_required")
    upstream.saw_nothing()


async def test_metadata(proxy, provider):
    for path in ["/tickets", "/tickets/"]:
        response = await proxy.request("GET", f"/.well-known/oauth-protected-resource{path}")
        assert response.status == 200
        assert response.value("content-type") == "application/json"
        assert response.value("cache-control") == "no-store"
        assert response.json() == {
            "resource": origin(proxy) + path,
            "authorization_servers": [provider.issuer],
            "bearer_methods_supported": ["header"],
        }
    found = challenge(await proxy.call(None, target="/tickets/"))
    assert found == {"resource_metadata": origin(proxy) + METADATA + "/"}


async def test_metadata_names_what_is_configured(start_proxy, provider):
    proxy = await start_proxy(
        OBO_PUBLIC_URL="https://chat.example.com/mcp/", OBO_REQUIRE_SCOPE="tools.use", OBO_SERVER_TICKETS_TITLE="Tickets"
    )
    async with await proxy.connect() as client:
        client.host = "localhost"
        assert (await client.request("GET", METADATA)).json() == {
            "resource": "https://chat.example.com/mcp/tickets",
            "authorization_servers": [provider.issuer],
            "scopes_supported": ["tools.use"],
            "bearer_methods_supported": ["header"],
            "resource_name": "Tickets",
        }
        found = challenge(await client.request("POST", "/tickets", message()))
    where = "https://chat.example.com/.well-known/oauth-protected-resource/mcp/tickets"
    assert found == {"resource_metadata": where, "scope": "tools.use"}


@pytest.mark.parametrize(
    "target",
    [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/",
        "/.well-known/oauth-protected-resource/chat",
        "/.well-known/oauth-protected-resource/other",
        "/.well-known/oauth-protected-resource/Tickets",
        "/.well-known/oauth-protected-resource/tickets//",
        "/.well-known/oauth-protected-resource//tickets",
        "/.well-known/oauth-protected-resource/%74ickets",
        "/.well-known/oauth-protected-resource/x/../tickets",
        "/.well-known/oauth-protected-resourcetickets",
        "/.well-known/oauth-protected-resource/tickets/mcp",
        "/.Well-Known/oauth-protected-resource/tickets",
        "/.well-known/./oauth-protected-resource/tickets",
        "/tickets/.well-known/oauth-protected-resource",
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/tickets",
        "/.well-known/openid-configuration",
    ],
)
async def test_no_metadata(proxy, provider, target):
    for method in ["GET", "POST"]:
        response = await proxy.request(method, target, b"{}" if method == "POST" else None)
        assert_http_refused(response, 404, "unknown_server")


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT"])
async def test_metadata_is_only_read(proxy, upstream, method):
    async with await proxy.connect() as client:
        response = await client.request(method, METADATA, message() if method != "DELETE" else None)
        assert_http_refused(response, 405, "method_not_allowed")
        assert response.value("allow") == "GET"
        assert (await client.request("GET", METADATA)).status == 200, "the connection goes on"
    upstream.saw_nothing()


async def test_head_is_refused(proxy):
    async with await proxy.connect() as client:
        assert (await client.request("HEAD", METADATA)).status == 405


async def test_preflight_of_metadata(start_proxy, upstream):
    """A page looks for where to sign in with a field of MCP's, which its browser asks about first."""
    proxy = await start_proxy(OBO_SERVER_TICKETS_ERRORS="strict", OBO_ALLOWED_ORIGINS="https://page.example")
    response = await proxy.request("OPTIONS", METADATA, fields=[("Origin", "https://page.example")])
    assert (response.status, response.value("allow")) == (204, "GET, OPTIONS")
    assert response.value("access-control-allow-origin") == "https://page.example"
    assert "mcp-protocol-version" in response.value("access-control-allow-headers").lower()
    assert (await proxy.request("OPTIONS", METADATA + "x")).status == 404
    upstream.saw_nothing()


async def test_metadata_on_a_connection_that_goes_on(proxy, provider):
    async with await proxy.connect() as client:
        for _ in range(3):
            assert (await client.request("GET", METADATA, token=provider.user_token())).status == 200
            assert (await client.request("POST", "/tickets", message(), token=provider.user_token())).json()["result"]
    await proxy.lines.finds(lambda line: METADATA in line)
    record = next(each for each in proxy.records("request") if each["path"] == METADATA)
    assert (record["server"], record["status"], record["method"]) == ("tickets", 200, "GET")


@pytest.mark.parametrize("target", [METADATA, "http://other.example:81" + METADATA], ids=["origin", "absolute"])
async def test_metadata_goes_by_the_host(start_proxy, target):
    proxy = await start_proxy(OBO_ALLOWED_HOSTS="name.example,other.example")
    async with await proxy.connect() as client:
        client.host = "name.example:82"
        resource = (await client.request("GET", target)).json()["resource"]
    assert resource == ("http://other.example:81/tickets" if target != METADATA else "http://name.example:82/tickets")


async def test_without_a_host(proxy):
    """HTTP/1.0 alone lets a client leave it out; then nobody knows what it calls us."""
    async with await proxy.connect() as client:
        await client.send(f"GET {METADATA} HTTP/1.0\r\n\r\n".encode())
        assert (await client.response()).status == 400
    async with await proxy.connect() as client:
        await client.send(b"GET /tickets HTTP/1.0\r\n\r\n")
        response = await client.response()
        assert (response.status, response.value("www-authenticate")) == (401, "Bearer")


async def test_a_page_of_an_allowed_origin_can_read_it(start_proxy):
    proxy = await start_proxy(OBO_ALLOWED_ORIGINS="https://chat.example.com")
    for target in [METADATA, "/tickets"]:
        response = await proxy.request("GET", target, fields=[("Origin", "https://chat.example.com")])
        assert response.value("access-control-allow-origin") == "https://chat.example.com"
        assert "WWW-Authenticate" in response.value("access-control-expose-headers")
        response = await proxy.request("GET", target, fields=[("Origin", "https://evil.example")])
        assert_http_refused(response, 403, "bad_origin")


async def test_tls_listener(start_proxy, authority):
    certificate, key = authority.issue()
    proxy = await start_proxy(OBO_TLS_CERTIFICATE=str(certificate), OBO_TLS_KEY=str(key))
    async with await proxy.connect(tls=authority.client_context()) as client:
        assert (await client.request("GET", METADATA)).json()["resource"] == origin(proxy, "https") + "/tickets"
