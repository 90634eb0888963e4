"""A page that bends its own name to 127.0.0.1 (DNS rebinding) comes with that name as Host: a listener on loopback
answers for loopback's names, and for those that the operator lists."""

import json

import pytest
from fixtures.client import Client, encode, message
from fixtures.refusal import assert_http_refused

OWN = ["127.0.0.1", "127.0.0.1:1", "127.8.9.10:80", "localhost", "LocalHost:8089", "localhost.", "[::1]", "[::1]:8089"]
FOREIGN = [
    "evil.example",
    "evil.example:8089",
    "127.0.0.1.evil.example",
    "127.evil.example",
    "localhost.evil.example",
    "notlocalhost",
    "127.1",
    "0.0.0.0",
    "10.0.0.1",
    "[::]",
    "[::1:1]",
    "2130706433",
    "127.0.0.256",
]


async def ask(address, method="POST", target="/tickets", host="127.0.0.1", token=None, fields=()):
    body = message() if method == "POST" else None
    async with await Client.connect(address) as client:
        await client.send(encode(method, target, body, fields, token, host))
        return await client.response(method=method)


@pytest.mark.parametrize("host", OWN)
async def test_own(proxy, provider, upstream, host):
    assert (await ask(proxy.address, host=host, token=provider.user_token())).json()["result"]
    assert upstream.requests[0].head.value("host") == upstream.url.split("/")[2]
    assert (await ask(proxy.admin, "GET", "/healthz", host)).status == 200


@pytest.mark.parametrize("host", FOREIGN)
async def test_foreign(proxy, provider, upstream, host):
    assert_http_refused(await ask(proxy.address, host=host, token=provider.user_token()), 403, "bad_origin")
    upstream.saw_nothing()
    for path in ("/healthz", "/readyz", "/metrics", "/nothing"):
        response = await ask(proxy.admin, "GET", path, host)
        assert response.status == 403 and b"obo_" not in response.body


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE", "OPTIONS"])
async def test_every_method(proxy, provider, upstream, method):
    response = await ask(proxy.address, method, host="evil.example", token=provider.user_token())
    assert_http_refused(response, 403, "bad_origin")
    upstream.saw_nothing()


async def test_a_path_that_leads_nowhere(proxy):
    """Who asks for the wrong host is not told what there is."""
    assert_http_refused(await ask(proxy.address, target="/nothing", host="evil.example"), 403, "bad_origin")


@pytest.mark.parametrize("authority, host, status", [("127.0.0.1", "evil.example", 200), ("evil.example", "a", 403)])
async def test_the_targets_authority_counts(proxy, provider, authority, host, status):
    """RFC 9112 §3.2.2."""
    token = provider.user_token()
    assert (await ask(proxy.address, target=f"http://{authority}/tickets", host=host, token=token)).status == status


async def test_old_clients_without_a_host(proxy, provider):
    """No browser is one."""
    data = encode("POST", "/tickets", message(), token=provider.user_token())
    async with await proxy.connect() as client:
        await client.send(data.replace(b"HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"HTTP/1.0\r\n", 1))
        assert (await client.response()).status == 200


async def test_listed(start_proxy, provider, upstream):
    proxy = await start_proxy(
        OBO_ALLOWED_HOSTS="Sidecar,10.1.2.3,[2001:DB8::1]", OBO_PUBLIC_URL="https://chat.example.com/mcp"
    )
    token = provider.user_token()
    for host in ("sidecar", "SIDECAR:8089", "10.1.2.3:80", "[2001:db8::1]:8089", "chat.example.com", "127.0.0.1"):
        assert (await ask(proxy.address, host=host, token=token)).status == 200, host
        assert (await ask(proxy.admin, "GET", "/healthz", host)).status == 200, host
    for host in ("sidecar.evil.example", "a.sidecar", "sidecar.", "10.1.2.30", "example.com"):
        assert_http_refused(await ask(proxy.address, host=host, token=token), 403, "bad_origin")
    assert len(upstream.requests) == 6


async def test_listeners_that_others_reach(start_proxy, provider):
    """The operator alone knows by which names."""
    key = "k" * 20
    proxy = await start_proxy(OBO_LISTEN="0.0.0.0:0", OBO_SIDECAR_KEY=key)
    address = ("127.0.0.1", proxy.address[1])
    response = await ask(
        address, host="obo-proxy:8089", token=provider.user_token(), fields=[("X-OBO-Key", key)]
    )
    assert response.status == 200
    assert (await ask(proxy.admin, "GET", "/healthz", "evil.example")).status == 403, "each listener by its own address"


async def test_unix_sockets(start_proxy, provider, tmp_path):
    """No browser reaches one."""
    proxy = await start_proxy(OBO_LISTEN=f"unix:{tmp_path}/socket")
    assert (await ask(proxy.address, host="anything.example", token=provider.user_token())).status == 200


async def test_the_connection_goes_on(proxy, provider):
    """A refusal for its host costs the request, not the connection, and says nothing that is not JSON."""
    async with await proxy.connect() as client:
        await client.send(encode("GET", "/tickets", host="evil.example"))
        assert json.loads((await client.response()).body)
        assert (await client.request("POST", "/tickets", message(), token=provider.user_token())).status == 200
