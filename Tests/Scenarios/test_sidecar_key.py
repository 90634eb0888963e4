"""With a sidecar key only the chat server that knows it is served, and nobody further on learns it."""

import pytest
from fixtures.refusal import assert_http_refused

KEY = "k3y-of-the-chat-server"


@pytest.mark.parametrize(
    "fields",
    [
        [],
        [("X-OBO-Key", "")],
        [("X-OBO-Key", "wrong")],
        [("X-OBO-Key", KEY[:-1])],
        [("X-OBO-Key", KEY + "x")],
        [("X-OBO-Key", KEY.upper())],
        [("X-OBO-Key", "wrong"), ("X-OBO-Key", KEY)],
        [("X_OBO_Key", KEY)],
    ],
    ids=["none", "empty", "wrong", "shorter", "longer", "other case", "two", "underscores"],
)
async def test_without_the_key(start_proxy, provider, upstream, fields):
    proxy = await start_proxy(OBO_SIDECAR_KEY=KEY)
    token = provider.user_token()
    assert_http_refused(await proxy.call(token, fields=fields), 403, "bad_sidecar_key")
    assert_http_refused(await proxy.request("GET", "/tickets", fields=fields, token=token), 403, "bad_sidecar_key")
    upstream.saw_nothing()
    assert not provider.exchanges


async def test_with_the_key(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_SIDECAR_KEY=KEY)
    assert (await proxy.call(provider.user_token(), fields=[("X-OBO-Key", KEY)])).json()["result"]
    await proxy.stop()
    assert KEY.encode() not in bytes(upstream.received)
    assert KEY not in proxy.text


async def test_key_from_a_file(start_proxy, provider, tmp_path):
    (tmp_path / "key").write_text(KEY + "\n")
    (tmp_path / "key").chmod(0o600)
    proxy = await start_proxy(OBO_SIDECAR_KEY_FILE=str(tmp_path / "key"))
    assert (await proxy.call(provider.user_token(), fields=[("X-OBO-Key", KEY)])).json()["result"]
    assert (await proxy.call(provider.user_token())).status == 403
