"""Over TLS the provider is believed only when its certificate says who it is."""

import pytest
from fixtures.provider import Provider
from fixtures.refusal import assert_refused


def configuration(provider, upstream, ca_file):
    """ca_file in both places: keys and exchange are two trust decisions."""
    return f"""
identity: {{issuer: "{provider.issuer}", {ca_file}}}
exchange: {{client_id: {provider.client_id}, client_secret: "{provider.client_secret}", timeout: 2s, {ca_file}}}
servers:
  tickets: {{url: "{upstream.url}", obo: {{scopes: api://tickets/access_as_user}}}}
"""


@pytest.fixture
def file_alone():
    """Nothing from the environment that would stand in for the file."""
    names = ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "SERVER_TICKETS_URL", "SERVER_TICKETS_SCOPES")
    return {f"OBO_{name}": None for name in names}


async def test_trusted(start_proxy, file_alone, authority, upstream):
    async with Provider(tls=authority.server_context()) as provider:
        yaml = configuration(provider, upstream, f"ca_file: {authority.file}")
        proxy = await start_proxy(yaml, **file_alone)
        assert (await proxy.call(provider.user_token())).json()["result"]
        assert upstream.requests[0].token == provider.exchanges[0].minted
        await proxy.call(provider.user_token("bob"))
        assert len(provider.exchanges) == 2


@pytest.mark.parametrize("certificate_for, trusted", [("127.0.0.1", False), ("provider.example", True)])
async def test_not_trusted(start_proxy, file_alone, authority, upstream, certificate_for, trusted):
    """Neither an unknown authority nor a certificate for somebody else: nothing is sent, nobody is let through."""
    async with Provider(tls=authority.server_context(certificate_for)) as provider:
        ca_file = f"ca_file: {authority.file}" if trusted else ""
        proxy = await start_proxy(configuration(provider, upstream, ca_file), ready=False, **file_alone)
        assert_refused(await proxy.call(provider.user_token()), "keys_unavailable")
        assert not provider.received
    upstream.saw_nothing()
