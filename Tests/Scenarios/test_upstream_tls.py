"""Over TLS an upstream gets a minted token only when its certificate says who it is."""

import asyncio

import pytest
from fixtures.refusal import assert_refused
from fixtures.upstream import Upstream


def server(upstream, ca_file=None, host="127.0.0.1"):
    url = f"https://{host}:{upstream.port}/mcp"
    trust = f", ca_file: {ca_file}" if ca_file else ""
    return f'servers: {{tickets: {{url: "{url}", obo: {{scopes: api://tickets/access_as_user}}{trust}}}}}'


@pytest.fixture
def start(start_proxy):
    async def start(yaml):
        return await start_proxy(yaml, OBO_SERVER_TICKETS_URL=None, OBO_SERVER_TICKETS_SCOPES=None)

    return start


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_trusted(start, authority, provider, host):
    async with Upstream(tls=authority.server_context(host)) as upstream:
        proxy = await start(server(upstream, authority.file, host))
        token = provider.user_token()
        for number in range(3):
            assert (await proxy.call(token, request_id=number)).json()["id"] == number
        assert len(upstream.connections) == 1
        assert upstream.requests[0].token == provider.exchanges[0].minted


@pytest.mark.parametrize(
    "certificate_for, trusted, host",
    [("127.0.0.1", False, "127.0.0.1"), ("other.example", True, "localhost"), ("localhost", True, "127.0.0.1")],
    ids=["unknown authority", "another name", "a name for an address"],
)
async def test_not_trusted(start, authority, provider, certificate_for, trusted, host):
    async with Upstream(tls=authority.server_context(certificate_for)) as upstream:
        proxy = await start(server(upstream, authority.file if trusted else None, host))
        assert_refused(await proxy.call(provider.user_token()), "upstream_unreachable")
        upstream.saw_nothing()


async def test_plain_text_behind_an_https_url(start, provider, upstream):
    """What a plain HTTP server says to a TLS greeting."""

    async def puzzled(reader, writer):
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        writer.close()

    plain = await asyncio.start_server(puzzled, "127.0.0.1", 0)
    async with plain:
        upstream.port = plain.sockets[0].getsockname()[1]
        proxy = await start(server(upstream))
        assert_refused(await proxy.call(provider.user_token()), {"upstream_unreachable", "upstream_protocol"})
