"""Everybody at one table: the demo's provider, every server, every client, and the one proxy between them."""

import asyncio
import json
import urllib.parse

from connection import Connection
from demo_provider import CLIENT_ID, CLIENT_SECRET, DEMO, SCOPE
from fixtures.client import Client, encode
from fixtures.proxy import Proxy
from party import SOFTWARE, Party

KINDS = ("stateful", "stateful-json", "stateless", "stateless-json", "sse")


class Table:
    def __init__(self, directory):
        self.directory = directory
        self.servers = {name: Party("server", name) for name in SOFTWARE}
        self.clients = {name: Party("client", name) for name in SOFTWARE}

    @property
    def parties(self):
        return [*self.servers.values(), *self.clients.values()]

    async def __aenter__(self):
        self.provider = await asyncio.create_subprocess_exec(
            DEMO, "provider", "--delay", "0", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        self.issuing = (await self.provider.stdout.readline()).decode().strip()
        await asyncio.gather(*(party.start() for party in self.parties))
        self.urls = {name: await server.url() for name, server in self.servers.items()}
        await asyncio.gather(*(client.begun("ready") for client in self.clients.values()))
        (self.directory / "interop.yaml").write_text(self.configuration())
        self.proxy = await Proxy(self.directory, {"OBO_WORKERS": "2"}, "run", "--config", "interop.yaml").start()
        return self

    async def __aexit__(self, *_):
        await asyncio.gather(*(party.stop() for party in self.parties))
        code = await self.proxy.stop(timeout=30)
        self.provider.kill()
        await self.provider.wait()
        assert code == 0, f"the proxy left with {code}:\n{self.proxy.text[-5000:]}"

    def configuration(self):
        servers = {
            f"{name}-{kind}": {
                "url": f"{url}/{kind}",
                "type": "sse" if kind == "sse" else "streamable-http",
                "obo": {"scopes": SCOPE},
            }
            for name, url in self.urls.items()
            for kind in KINDS
        }
        exchange = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        identity = {"issuer": f"{self.issuing}/demo/v2.0"}
        # JSON is YAML.
        return json.dumps({"identity": identity, "exchange": exchange, "servers": servers})

    async def sign_in(self, user="ada", kind="access"):
        """A user's token, as the chat server holds it; another one each time."""
        return (await self.ask("GET", f"/sign-in?user={user}&kind={kind}")).body.decode()

    async def minted(self, user="ada"):
        """A token for the servers on behalf of a user, as the proxy would get it."""
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "requested_token_use": "on_behalf_of",
                "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "scope": SCOPE,
                "assertion": await self.sign_in(user)}
        fields = [("Content-Type", "application/x-www-form-urlencoded")]
        answer = await self.ask("POST", "/demo/oauth2/v2.0/token", urllib.parse.urlencode(form).encode(), fields)
        return answer.json()["access_token"]

    async def ask(self, method, target, body=None, fields=()):
        host, _, port = self.issuing.removeprefix("http://").partition(":")
        async with await Client.connect((host, int(port))) as client:
            request = encode(method, target, None, fields)
            if body is not None:
                request = request[:-2] + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
            await client.send(request)
            return await client.response()

    def way(self, server, kind, proxied):
        """(URL, how a user's token is made): through the proxy, or straight to the server with what it would mint."""
        if not proxied:
            return f"{self.urls[server]}/{kind}", self.minted
        host, port = self.proxy.address
        return f"http://{host}:{port}/{server}-{kind}", self.sign_in

    async def connect(self, client, era, server, kind, proxied, user="ada", token=None):
        """A connection that is open, or whose `opened` says why not."""
        url, make = self.way(server, kind, proxied)
        connection = Connection(self.clients[client], self.servers[server], kind, era)
        connection.token = make
        return await connection.open(url, token or await make(user))


