"""The other ways to listen: a Unix socket, TLS, TLS with client certificates, several workers on one port."""

import asyncio
import socket
import ssl

import pytest
from fixtures.client import Client, message
from fixtures.upstream import result
from fixtures.wire import Aborted


async def test_unix_socket(start_proxy, provider, tmp_path):
    path = str(tmp_path / "obo.sock")
    proxy = await start_proxy(OBO_LISTEN=f"unix:{path}")
    assert (await proxy.call(provider.user_token())).json() == result(1)


async def test_unix_socket_that_was_left_behind(start_proxy, provider, tmp_path):
    path = str(tmp_path / "obo.sock")
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(path)
    proxy = await start_proxy(OBO_LISTEN=f"unix:{path}")
    assert (await proxy.call(provider.user_token())).json() == result(1)


async def test_unix_socket_of_another_proxy(start_proxy, run_binary, provider, tmp_path):
    """The one that is there goes on; nobody takes its clients away."""
    path = f"unix:{tmp_path / 'obo.sock'}"
    proxy = await start_proxy(OBO_LISTEN=path)
    code, text = await run_binary("run", OBO_LISTEN=path, OBO_ADMIN_LISTEN="off")
    assert code == 71 and "in use" in text
    assert (await proxy.call(provider.user_token())).json() == result(1)


async def test_tls(start_proxy, provider, authority):
    certificate, key = authority.issue()
    proxy = await start_proxy(OBO_TLS_CERTIFICATE=certificate, OBO_TLS_KEY=key)
    async with await Client.connect(proxy.address, tls=authority.client_context()) as client:
        token = provider.user_token()
        for number in range(3):
            response = await client.request("POST", "/tickets", message(request_id=number), token=token)
            assert response.json() == result(number)
    async with await Client.connect(proxy.address) as plain:
        await plain.send(b"POST /tickets HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert not (await plain.left(timeout=5)).startswith(b"HTTP/1.1 200")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_old_tls_is_refused(start_proxy, authority):
    certificate, key = authority.issue()
    proxy = await start_proxy(OBO_TLS_CERTIFICATE=certificate, OBO_TLS_KEY=key)
    context = authority.client_context()
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await Client.connect(proxy.address, tls=context)


async def test_mutual_tls(start_proxy, provider, authority):
    certificate, key = authority.issue()
    proxy = await start_proxy(OBO_TLS_CERTIFICATE=certificate, OBO_TLS_KEY=key, OBO_TLS_CLIENT_CA=authority.file)
    known = authority.client_context()
    known.load_cert_chain(*authority.issue("chat.example"))
    async with await Client.connect(proxy.address, tls=known) as client:
        response = await client.request("POST", "/tickets", message(), token=provider.user_token())
        assert response.json() == result(1)
    with pytest.raises((ssl.SSLError, ConnectionError, Aborted)):
        async with await Client.connect(proxy.address, tls=authority.client_context()) as stranger:
            await stranger.request("POST", "/tickets", message(), token=provider.user_token())


async def test_workers_share_one_port(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_WORKERS="2")
    token = provider.user_token()
    responses = await asyncio.gather(*(proxy.call(token, request_id=number) for number in range(60)))
    assert [response.json()["id"] for response in responses] == list(range(60))
    assert len(provider.exchanges) == 1


async def test_ipv6(start_proxy, provider):
    proxy = await start_proxy(OBO_LISTEN="[::1]:0")
    assert (await proxy.call(provider.user_token())).json() == result(1)


async def test_a_port_that_another_proxy_has(proxy, run_binary):
    """Two proxies that share a port by accident would each get half of the requests."""
    host, port = proxy.address
    for workers in ("1", "2"):
        code, _ = await run_binary("run", OBO_LISTEN=f"{host}:{port}", OBO_ADMIN_LISTEN="off", OBO_WORKERS=workers)
        assert code == 71


async def test_a_file_where_the_unix_socket_should_be(run_binary, tmp_path):
    """Only a socket that was left behind is removed."""
    path = tmp_path / "precious"
    path.write_text("data")
    code, _ = await run_binary("run", OBO_LISTEN=f"unix:{path}", OBO_ADMIN_LISTEN="off")
    assert code == 71
    assert path.read_text() == "data"
