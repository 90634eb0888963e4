"""Every way to prove which client asks: the provider sees what the RFCs and Entra want to see, and nothing that it
should not."""

import base64
import contextlib
import socket
import ssl
import threading
from urllib.parse import unquote_plus

import pytest
from fixtures import behaviour
from fixtures.credential import ClientCertificate, check_assertion, write
from fixtures.provider import Provider
from fixtures.refusal import assert_refused

ODD_SECRET = "a:b/c+d%41 e&f=g\u00fc~"
REJECTED = behaviour.json_answer({"error": "invalid_client", "error_codes": [700027]}, 401)


@pytest.fixture(scope="module")
def certificate():
    return ClientCertificate()


async def test_secret_in_the_form(start_proxy, provider):
    proxy = await start_proxy(OBO_CLIENT_SECRET=ODD_SECRET)
    assert (await proxy.call(provider.user_token())).json()["result"]
    form = provider.exchanges[0].form
    assert form["client_secret"] == ODD_SECRET and form["client_id"] == provider.client_id
    assert ODD_SECRET not in proxy.text


async def test_secret_in_the_header(start_proxy, provider):
    """RFC 6749, section 2.3.1: both parts are form-encoded first, or a colon in the id would move the border."""
    client_id = "odd:id%2B+"
    proxy = await start_proxy(
        OBO_CLIENT_SECRET=ODD_SECRET,
        OBO_CLIENT_ID=client_id,
        OBO_AUDIENCE=f"api://{provider.client_id}",
        OBO_CLIENT_AUTH="basic",
    )
    assert (await proxy.call(provider.user_token())).json()["result"]
    exchange = provider.exchanges[0]
    scheme, _, pair = exchange.request.head.value("authorization").partition(" ")
    parts = base64.b64decode(pair, validate=True).decode("ascii").split(":")
    assert scheme == "Basic" and [unquote_plus(part) for part in parts] == [client_id, ODD_SECRET]
    assert not {"client_id", "client_secret"} & set(exchange.form)


FORMS = {
    "certificate and key": lambda c: ({"crt": c.pem, "key": c.key_pem()}, None),
    "one file": lambda c: ({"crt": c.key_pem() + c.pem}, None),
    "encrypted key": lambda c: ({"crt": c.pem, "key": c.key_pem("p\u00e4ss word")}, "p\u00e4ss word"),
    "one file with an encrypted key": lambda c: ({"crt": c.pem + c.key_pem("opensesame-7")}, "opensesame-7"),
    "PKCS #12": lambda c: ({"crt": c.pkcs12("open sesame")}, "open sesame"),
    "PKCS #12 without a password": lambda c: ({"crt": c.pkcs12()}, None),
}


@pytest.mark.parametrize("form", FORMS)
async def test_certificate(start_proxy, provider, tmp_path, certificate, form):
    files, password = FORMS[form](certificate)
    proxy = await start_proxy(
        OBO_CLIENT_SECRET=None,
        OBO_CERTIFICATE=write(tmp_path, "client.crt", files["crt"]),
        OBO_KEY=write(tmp_path, "client.key", files["key"]) if "key" in files else None,
        OBO_KEY_PASSWORD=password,
    )
    assert (await proxy.call(provider.user_token())).json()["result"]
    check_assertion(provider.exchanges[0], certificate, provider.token_endpoint, provider.client_id)
    assert provider.exchanges[0].form["client_assertion"] not in proxy.text
    assert not password or password not in proxy.text


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
async def test_other_algorithms(start_proxy, provider, tmp_path, certificate, alg):
    mine = certificate if alg == "RS256" else ClientCertificate(kind="ec")
    proxy = await start_proxy(
        OBO_CLIENT_SECRET=None,
        OBO_CERTIFICATE=write(tmp_path, "client.pem", mine.pem + mine.key_pem()),
        OBO_ASSERTION_ALGORITHM="RS256" if alg == "RS256" else None,
    )
    assert (await proxy.call(provider.user_token())).json()["result"]
    check_assertion(provider.exchanges[0], mine, provider.token_endpoint, provider.client_id, alg)


@pytest.mark.parametrize("password", [None, "open sesame"])
async def test_azures_variables(start_proxy, provider, tmp_path, certificate, password):
    """What Azure's own libraries read is enough."""
    content = certificate.pkcs12(password) if password else certificate.pem + certificate.key_pem()
    proxy = await start_proxy(
        OBO_CLIENT_SECRET=None,
        OBO_CLIENT_ID=None,
        AZURE_CLIENT_ID=provider.client_id,
        AZURE_CLIENT_CERTIFICATE_PATH=write(tmp_path, "client", content),
        AZURE_CLIENT_CERTIFICATE_PASSWORD=password,
        OPENID_CLIENT_SECRET="the chat server's",
    )
    assert (await proxy.call(provider.user_token())).json()["result"]
    check_assertion(provider.exchanges[0], certificate, provider.token_endpoint, provider.client_id)


@pytest.fixture
def certified(tmp_path, certificate):
    path = write(tmp_path, "client.pem", certificate.pem + certificate.key_pem())
    return {"OBO_CLIENT_SECRET": None, "OBO_CERTIFICATE": path}


@pytest.mark.parametrize("first", [behaviour.answer(503), REJECTED])
async def test_each_attempt_has_an_assertion_of_its_own(start_proxy, provider, certificate, certified, first):
    """Providers remember `jti`: the same assertion again would be a replay."""
    proxy = await start_proxy(**certified)
    provider.script(first)
    assert (await proxy.call(provider.user_token())).json()["result"]
    place = (certificate, provider.token_endpoint, provider.client_id)
    assert len(provider.exchanges) == 2
    assert len({check_assertion(exchange, *place)["jti"] for exchange in provider.exchanges}) == 2


async def test_rejected_assertions_are_not_repeated_forever(start_proxy, provider, upstream, certified):
    proxy = await start_proxy(**certified)
    provider.always(REJECTED)
    assert_refused(await proxy.call(provider.user_token()), "client_rejected")
    assert len(provider.exchanges) == 2
    upstream.saw_nothing()


async def test_an_end_that_is_near_is_told(start_proxy, provider, tmp_path):
    mine = ClientCertificate(days=12)
    path = write(tmp_path, "client.pem", mine.pem + mine.key_pem())
    proxy = await start_proxy(OBO_CLIENT_SECRET=None, OBO_CERTIFICATE=path)
    record = proxy.records("certificate_expiry")[0]
    assert record["level"] == "warning" and record["days"] == "12" and record["provider"] == "default"
    assert record["last_day"] == mine.certificate.not_valid_after_utc.strftime("%Y-%m-%d")
    assert (await proxy.call(provider.user_token())).json()["result"]
    # Once a day, not once a call.
    assert len(proxy.records("certificate_expiry")) == 1


async def test_an_end_that_is_far_is_not(start_proxy, certified):
    assert not (await start_proxy(**certified)).records("certificate_expiry")


async def test_an_end_that_is_past_is_refused(run_binary, tmp_path):
    mine = ClientCertificate(days=-3)
    path = write(tmp_path, "client.pem", mine.pem + mine.key_pem())
    code, text = await run_binary("check", OBO_CLIENT_SECRET=None, OBO_CERTIFICATE=path)
    assert code == 78
    assert f"this one ended on {mine.certificate.not_valid_after_utc:%Y-%m-%d}" in text


# Mutual TLS: the certificate is shown in the handshake.


@pytest.fixture
def demanding(authority, tmp_path):
    """A provider's TLS that lets in whom `client` certifies, and nobody else."""

    def make(client, version=ssl.TLSVersion.TLSv1_3):
        context = authority.server_context()
        context.maximum_version = version
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(write(tmp_path, "clients.pem", client.pem))
        return context

    return make


def mutual(provider, keys, path, authority):
    """Keys by another, ordinary server: a demanding one would want the certificate for them too."""
    return {
        "OBO_ISSUER": keys.issuer,
        "OBO_CLIENT_SECRET": None,
        "OBO_CERTIFICATE": path,
        "OBO_CLIENT_AUTH": "tls",
        "OBO_TOKEN_ENDPOINT": provider.token_endpoint,
        "OBO_CA_FILE": authority.file,
    }


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_mutual_tls(start_proxy, provider, tmp_path, authority, certificate, demanding, version):
    async with Provider(tls=demanding(certificate, version)) as strict:
        path = write(tmp_path, "client.pem", certificate.pem + certificate.key_pem())
        proxy = await start_proxy(**mutual(strict, provider, path, authority))
        assert (await proxy.call(provider.user_token())).json()["result"]
        exchange = strict.exchanges[0]
        shown = exchange.request.connection.get_extra_info("ssl_object").getpeercert(binary_form=True)
        assert ssl.DER_cert_to_PEM_cert(shown).encode() == certificate.pem
        assert exchange.form["client_id"] == provider.client_id
        assert not {"client_secret", "client_assertion", "client_assertion_type"} & set(exchange.form)


class Doorkeeper:
    """Shakes hands by the book and no more: asyncio's server would not even say why it refuses."""

    def __init__(self, context):
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.token_endpoint = f"https://127.0.0.1:{self._listener.getsockname()[1]}/token"
        self.refused = 0
        self.received = b""
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        # Wakes the thread, which closing alone would not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=10)
        self._listener.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                self._answer(self._listener.accept()[0])

    def _answer(self, connection):
        connection.settimeout(5)
        session = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        try:
            session.do_handshake()
            self.received += session.recv(65536)
        except ssl.SSLError:
            self.refused += 1
        self._linger(session.detach())

    def _linger(self, descriptor):
        """Reads what is still coming: a reset would overtake the alert."""
        with socket.socket(fileno=descriptor) as rest:
            rest.shutdown(socket.SHUT_WR)
            while rest.recv(65536):
                pass


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_mutual_tls_with_a_stranger(
    start_proxy, provider, upstream, tmp_path, authority, certificate, demanding, version
):
    """Whoever refuses our certificate refuses us; the provider is not down."""
    stranger = ClientCertificate()
    path = write(tmp_path, "client.pem", stranger.pem + stranger.key_pem())
    with Doorkeeper(demanding(certificate, version)) as strict:
        proxy = await start_proxy(**mutual(strict, provider, path, authority))
        assert_refused(await proxy.call(provider.user_token()), "client_rejected")
        assert strict.refused == 1 and not strict.received
    upstream.saw_nothing()


async def test_mutual_tls_finds_its_own_endpoint(start_proxy, provider, tmp_path, authority, certificate, demanding):
    """RFC 8705, section 5: the issuer names another endpoint for those who show a certificate."""
    async with Provider(tls=demanding(certificate)) as strict:
        provider.discovery_answer = behaviour.json_answer(
            {
                "issuer": provider.issuer,
                "jwks_uri": provider.jwks_uri,
                "token_endpoint": provider.token_endpoint,
                "mtls_endpoint_aliases": {"token_endpoint": strict.token_endpoint},
            }
        )
        path = write(tmp_path, "client.pem", certificate.pem + certificate.key_pem())
        proxy = await start_proxy(**{**mutual(strict, provider, path, authority), "OBO_TOKEN_ENDPOINT": None})
        assert (await proxy.call(provider.user_token())).json()["result"]
        assert len(strict.exchanges) == 1 and not provider.exchanges
