"""The user token never reaches an upstream, and no token, secret, claim value or body ever reaches a log or the
admin pages: everything that a run of good and bad calls wrote and sent is searched."""

import base64
from urllib.parse import quote

from fixtures import behaviour
from fixtures.client import message
from fixtures.refusal import assert_http_refused
from fixtures.token import SigningKey


async def misbehave(proxy, provider, upstream, tokens):
    """Good calls and every kind of failure that has a secret in its hands."""
    alice, bob, carol, forged, expired = tokens
    await proxy.call(alice)
    await proxy.request("GET", "/tickets", token=alice)
    upstream.script(behaviour.unauthorized(), behaviour.unauthorized())
    await proxy.call(alice)
    upstream.script(behaviour.close)
    await proxy.call(alice)
    refusal = {"error": "invalid_grant", "error_description": f"AADSTS50013: not good: {bob} {provider.client_secret}"}
    provider.script(behaviour.json_answer(refusal, 400))
    await proxy.call(bob)
    provider.script(behaviour.raw(f"HTTP/1.1 999 {carol}\r\nX: {provider.client_secret}\r\n\r\n".encode()))
    await proxy.call(carol)
    await proxy.call(forged)
    await proxy.call(expired)
    await proxy.call(alice, target=f"/tickets?token={alice}")
    await proxy.call(alice, fields=[("X-Copy", alice)])
    await proxy.request("POST", f"/nowhere/{alice}", message(), token=alice)
    async with await proxy.connect() as client:
        await client.send(
            f"POST /tickets HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {alice}\r\n broken\r\n\r\n".encode()
        )
        await client.left()


def pieces(token):
    """A token as a whole and the parts of it that are as good as the whole."""
    header, payload, signature = token.split(".")
    return {token, payload, signature, signature[:40]}


async def test_nothing_secret_is_written_or_sent(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_LOG_LEVEL="trace")
    tokens = [
        provider.user_token("alice"),
        provider.user_token("bob"),
        provider.user_token("carol"),
        provider.user_token("mallory", key=SigningKey.named("forger"), header={"kid": "key-one"}),
        provider.user_token("dave", exp=1),
    ]
    await misbehave(proxy, provider, upstream, tokens)
    pages = [(await proxy.ask("GET", page)).body for page in ("/metrics", "/status", "/readyz")]
    await proxy.stop()

    sent = bytes(upstream.received).decode("latin-1")
    user_secrets = set().union(*map(pieces, tokens)) | {provider.client_secret}
    assert not [secret for secret in user_secrets if secret in sent], "a user token or the secret went upstream"

    minted = [exchange.minted for exchange in provider.exchanges if exchange.minted]
    assert minted and provider.exchanges
    basic = base64.b64encode(f"{provider.client_id}:{provider.client_secret}".encode()).decode()
    claim_values = {f"{user}{what}" for user in ("alice", "bob", "dave") for what in ("-pairwise", "-object", "@users")}
    hidden = user_secrets | set().union(*map(pieces, minted)) | {basic} | claim_values
    written = proxy.text + b"".join(pages).decode()
    assert "event" in written, "the proxy does write a log"
    assert not [secret for secret in hidden if secret in written]


async def test_a_request_that_repeats_its_token_is_refused(proxy, provider, upstream):
    token = provider.user_token("alice")
    coded = "".join(f"%{byte:02x}" for byte in token.encode())
    everywhere = [
        (f"/tickets?access_token={token.replace('.', '%2E')}", []),
        (f"/tickets?access_token={coded}", []),
        ("/tickets", [("X-Copy", f"100% {coded}")]),
        ("/tickets", [("X-Copy", token)]),
        ("/tickets", [("X-Copy", f"Bearer {token}")]),
        ("/tickets", [("X-Auth", f"a={token}; b=c")]),
        (f"/tickets?access_token={token}", []),
        (f"/tickets?x=1&y={token}&z=2", []),
    ]
    for target, fields in everywhere:
        response = await proxy.call(token, target=target, fields=fields)
        assert response.status == 400, f"{target[:20]} {[name for name, _ in fields]}"
    upstream.saw_nothing()
    assert (await proxy.call(token, target="/tickets?x=%2E%4&y=50%")).status == 200
    assert upstream.requests[0].target == "/mcp?x=%2E%4&y=50%"


async def test_an_opaque_token_as_any_client_writes_it_into_a_url(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_TOKENS="opaque", OBO_TOKEN_ENDPOINT=provider.token_endpoint)
    minted = b'{"access_token":"minted","token_type":"Bearer","expires_in":3600}'
    provider.always(behaviour.answer(200, minted, content_type="application/json"))
    token = "op+aq/ue~tok.en-123456=="
    response = await proxy.call(token, target=f"/tickets?access_token={quote(token, safe='')}")
    assert_http_refused(response, 400, "bad_request")
    upstream.saw_nothing()
