"""The demo's identity provider as a process, and a recorder in front of it: whoever talks to the provider does it
through the recorder, so that what two clients send can be compared."""

import asyncio
from urllib.parse import parse_qsl

from fixtures.client import Client, encode
from fixtures.credential import ClientCertificate, write
from fixtures.proxy import BINARY
from fixtures.server import Server

DEMO = BINARY.parent / "obo-demo"
CLIENT_ID = "chat"
CLIENT_SECRET = "demo-secret"
AUDIENCE = "api://tools"
SCOPE = f"{AUDIENCE}/access_as_user"
# Of one connection alone, or written by the transport and not by who asks.
_HOP = {"connection", "keep-alive", "content-length", "transfer-encoding"}


class Recorder(Server):
    """Forwards whole requests and keeps them. Clients speak TLS to it, as MSAL demands and as everybody should."""

    target = None

    @property
    def issuer(self):
        return f"{self.origin}/demo/v2.0"

    @property
    def token_requests(self):
        return [TokenRequest(seen) for seen in self.requests if seen.target == "/demo/oauth2/v2.0/token"]

    async def default(self, call):
        request = call.request
        async with await Client.connect(self.target) as client:
            fields = [(name, value) for name, value in request.head.fields if name.lower() not in _HOP]
            lines = [f"{request.method} {request.target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields)]
            lines += [f"Content-Length: {len(request.body)}"] if request.body else []
            await client.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + request.body)
            answer = await client.response()
        fields = [(name, value) for name, value in answer.head.fields if name.lower() not in _HOP]
        await call.reply(answer.status, answer.body, fields)

    async def sign_in(self, user, kind="access"):
        """A user's token, as the chat server would hold it."""
        return (await self._get(f"/sign-in?user={user}&kind={kind}")).body.decode()

    async def calls(self):
        """The provider's own log of exchanges."""
        return (await self._get("/calls")).json()["calls"]

    async def _get(self, target):
        async with await Client.connect(self.target) as client:
            await client.send(encode("GET", target))
            return await client.response()


class TokenRequest:
    """What came to the token endpoint."""

    def __init__(self, request):
        self.fields = {name.lower(): value for name, value in request.head.fields}
        pairs = parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True)
        self.form = dict(pairs)
        assert len(self.form) == len(pairs), f"a repeated form parameter in {sorted(self.form)}"


class DemoProvider:
    """`async with DemoProvider(tls) as recorder`: the provider runs, and `recorder` is where to reach it over TLS."""

    def __init__(self, tls, *arguments):
        self._recorder = Recorder(tls)
        self._arguments = ("--delay", "0", "--origin", self._recorder.origin, *arguments)

    async def __aenter__(self):
        assert DEMO.exists(), f"{DEMO} is not there: `make build`"
        self._process = await asyncio.create_subprocess_exec(
            DEMO, "provider", *self._arguments, stdout=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(30):
            address = (await self._process.stdout.readline()).decode().strip()
        assert address.startswith("http://"), f"the demo's provider does not start: {address!r}"
        host, _, port = address.removeprefix("http://").partition(":")
        self._recorder.target = (host, int(port))
        return await self._recorder.start()

    async def __aexit__(self, *_):
        try:
            await self._recorder.stop()
        finally:
            self._process.terminate()
            await self._process.wait()


class CertificateFiles:
    """A client's certificate, which its provider knows, and the key that the client keeps, where both can read them."""

    def __init__(self, directory):
        self.certificate = ClientCertificate(days=90)
        self.pem, self.key_pem = self.certificate.pem.decode(), self.certificate.key_pem().decode()
        self.file = write(directory, "client.pem", self.pem)
        self.key_file = write(directory, "client.key", self.key_pem)

    def settings(self, algorithm):
        """Settings of `exchange`."""
        return f"certificate: {self.file}, key: {self.key_file}, assertion_algorithm: {algorithm}"


def configuration(recorder, upstream, authority, exchange, scopes=SCOPE):
    """A file for the proxy with one server, `tickets`, behind this provider; `exchange` are further settings."""
    return f"""
identity: {{issuer: "{recorder.issuer}", ca_file: {authority.file}}}
exchange: {{client_id: {CLIENT_ID}, ca_file: {authority.file}, {exchange}}}
servers:
  tickets: {{url: "{upstream.url}", obo: {{scopes: "{scopes}"}}}}
"""


# Nothing from the environment that would stand in for the file.
NO_VARIABLES = {
    f"OBO_{name}": None
    for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "SERVER_TICKETS_URL", "SERVER_TICKETS_SCOPES")
}
