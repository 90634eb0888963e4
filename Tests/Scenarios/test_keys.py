"""The provider's signing keys: rotated, unknown, unavailable."""

import asyncio

import pytest
from fixtures import behaviour
from fixtures.provider import Provider
from fixtures.refusal import assert_http_refused, assert_refused
from fixtures.token import SigningKey


async def test_rotation(proxy, provider, upstream):
    """A key id seen for the first time has the keys fetched again, and old tokens stay good."""
    old = provider.user_token("alice")
    assert (await proxy.call(old)).json()["result"]
    fetched = len(provider.key_fetches)
    new_key = SigningKey.named("key-two")
    provider.keys = [new_key]
    assert (await proxy.call(provider.user_token("bob", key=new_key))).json()["result"]
    assert len(provider.key_fetches) == fetched + 1
    assert (await proxy.call(old)).json()["result"]
    assert len(upstream.requests) == 3


async def test_unknown_key_ids_do_not_flood_the_provider(proxy, provider, upstream):
    fetched = len(provider.key_fetches)
    for number in range(10):
        token = provider.user_token(key=SigningKey.named("forger"), header={"kid": f"made-up-{number}"})
        assert_refused(await proxy.call(token), "invalid_signature")
    assert len(provider.key_fetches) <= fetched + 1
    upstream.saw_nothing()


async def test_fetched_once_for_many(proxy, provider, upstream):
    assert len(provider.key_fetches) == 1
    await asyncio.gather(*(proxy.call(provider.user_token(f"user{number}")) for number in range(20)))
    assert len(provider.key_fetches) == 1 and len(provider.discoveries) == 1


NO_KEYS = {
    "503": behaviour.answer(503),
    "closes": behaviour.close,
    "not JSON": behaviour.answer(200, b"<html>"),
    "empty set": behaviour.json_answer({"keys": []}),
    "no keys member": behaviour.json_answer({}),
    "endless": behaviour.endless,
    "redirect": behaviour.redirect(302, "http://127.0.0.1:1/keys"),
}


@pytest.mark.parametrize("name", NO_KEYS)
async def test_no_keys(start_proxy, provider, upstream, name):
    provider.keys_answer = NO_KEYS[name]
    proxy = await start_proxy(ready=False)
    assert_refused(await proxy.call(provider.user_token()), "keys_unavailable")
    notified = await proxy.call(provider.user_token(), "notifications/x", request_id=None)
    assert_http_refused(notified, 503, "keys_unavailable")
    assert (await proxy.ask("GET", "/readyz")).status == 503
    assert (await proxy.ask("GET", "/healthz")).status == 200
    upstream.saw_nothing()


async def test_discovery_that_names_another_issuer(start_proxy, provider, upstream):
    """Its keys would be somebody else's."""
    provider.discovery_answer = behaviour.json_answer(
        {
            "issuer": "https://evil.example/v2.0",
            "jwks_uri": provider.jwks_uri,
            "token_endpoint": provider.token_endpoint,
        }
    )
    proxy = await start_proxy(ready=False)
    assert_refused(await proxy.call(provider.user_token()), "keys_unavailable")
    assert not provider.key_fetches
    upstream.saw_nothing()


async def test_provider_that_comes_up_later(start_proxy, variables, upstream):
    """A chat server's whole deployment starts at once, in any order."""
    provider = Provider()
    changes = {"OBO_ISSUER": provider.issuer, "OBO_CLIENT_SECRET": provider.client_secret}
    proxy = await start_proxy(ready=False, **changes)
    try:
        assert_refused(await proxy.call(provider.user_token()), "keys_unavailable")
        await provider.start()
        await proxy.until_ready(timeout=20)
        assert (await proxy.call(provider.user_token())).json()["result"]
    finally:
        await provider.stop()


async def test_last_good_keys_are_kept(proxy, provider, upstream):
    provider.keys_answer = behaviour.answer(500)
    unknown = provider.user_token(key=SigningKey.named("forger"), header={"kid": "made-up"})
    assert_refused(await proxy.call(unknown), {"invalid_signature", "keys_unavailable"})
    assert (await proxy.call(provider.user_token())).json()["result"]


async def test_configured_key_address_needs_no_discovery(start_proxy, provider):
    proxy = await start_proxy(OBO_JWKS_URI=provider.jwks_uri, OBO_TOKEN_ENDPOINT=provider.token_endpoint)
    assert (await proxy.call(provider.user_token())).json()["result"]
    assert not provider.discoveries


@pytest.mark.parametrize("kind", ["symmetric", "encryption", "elliptic"])
async def test_keys_that_must_not_verify(start_proxy, provider, upstream, kind):
    """A key for another purpose or of another kind under the token's key id."""
    key = provider.key.jwk()
    odd = {
        "symmetric": {"kty": "oct", "kid": "key-one", "k": "AAAA"},
        "encryption": {**key, "use": "enc"},
        "elliptic": {"kty": "EC", "crv": "P-256", "kid": "key-one", "x": key["n"][:43], "y": key["n"][43:86]},
    }[kind]
    other = SigningKey.named("key-two").jwk()
    provider.keys_answer = behaviour.json_answer({"keys": [odd, other]})
    proxy = await start_proxy()
    assert_refused(await proxy.call(provider.user_token()), "invalid_signature")
    upstream.saw_nothing()
