"""README's walk "Beside LibreChat", with its own files: only the names in angle brackets and the addresses are filled in.
LibreChat itself is not here; its part is done as it does it: variables first, then the user's token, then a connection of
the MCP SDK."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from fixtures.client import message
from fixtures.proxy import REPOSITORY, Process
from fixtures.refusal import assert_refused
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from sdk_server import SDKServer

PLACEHOLDER = "{{LIBRECHAT_OPENID_ACCESS_TOKEN}}"


class Walk:
    """The chapter's files, filled in as a reader would."""

    def __init__(self, provider, server):
        readme = Path(REPOSITORY, "README.md").read_text()
        chapter = readme.split("## Beside LibreChat\n")[1].split("\n## ")[0]
        blocks = re.findall(r"^ +```(\w+)\n(.*?)^ +```$", chapter, re.MULTILINE | re.DOTALL)
        (_, dot_env), (_, librechat), (_, sidecar) = blocks
        names = {
            "https://login.microsoftonline.com/<tenant id>/v2.0": provider.issuer,
            "https://tickets.example.com/mcp": server.url,
            "<client id>": provider.client_id,
            "<client secret>": provider.client_secret,
            "<tickets id>": "tickets",
            "<32 random bytes: openssl rand -hex 32>": "6b" * 32,
        }

        def filled_in(text):
            for name, value in names.items():
                text = text.replace(name, value)
            assert not re.search(r"<[a-z]", text), f"nobody says what to fill in: {text}"
            return text

        lines = [line.strip().split("=", 1) for line in filled_in(dot_env).splitlines()]
        self.dot_env = {name: value.strip('"') for name, value in lines}
        lines = [line.strip() for line in filled_in(sidecar).splitlines()]
        self.exports = dict(line.removeprefix("export ").split("=", 1) for line in lines if line.startswith("export "))
        self.commands = [line.split()[1:] for line in lines if line.split()[0] == "obo-proxy"]
        self.librechat = yaml.safe_load(filled_in(librechat))
        self.server = self.librechat["mcpServers"]["tickets"]

    @property
    def environment(self):
        """The sidecar's: `.env`, and what is exported besides."""
        return {**self.dot_env, **self.exports}

    def headers(self, token):
        """What LibreChat makes of its file for one user; without a token the placeholder stays as it is."""
        values = {}
        for name, value in self.server["headers"].items():
            value = re.sub(r"\$\{(\w+)\}", lambda variable: self.dot_env[variable[1]], value)
            values[name] = value.replace(PLACEHOLDER, token) if token else value
        return values


@pytest.fixture
async def server(provider):
    async with SDKServer(provider) as server:
        yield server


@pytest.fixture
def walk(provider, server):
    return Walk(provider, server)


@pytest.fixture
def variables(walk):
    return walk.environment


def connect(walk, proxy, token):
    http = create_mcp_http_client(headers=walk.headers(token))
    host, port = proxy.address
    url = walk.server["url"].replace(urlsplit(walk.server["url"]).netloc, f"{host}:{port}")
    return Client(streamable_http_client(url, http_client=http), mode="legacy", read_timeout_seconds=15)


async def test_the_three_commands(walk, tmp_path, provider):
    """`check` and `doctor` find nothing to mend, and the last command serves where `librechat.yaml` looks for it."""
    assert walk.commands == [["check"], ["doctor"], []]
    for command in walk.commands[:2]:
        process = Process(tmp_path, walk.environment, *command)
        await process.spawn()
        assert await process.exit(30) == 0, process.text
        assert provider.client_secret not in process.text and walk.dot_env["OBO_SIDECAR_KEY"] not in process.text
        if command == ["check"]:
            assert urlsplit(walk.server["url"]).netloc in process.text, "the default listener is another"
    assert walk.librechat["mcpSettings"]["allowedAddresses"] == [urlsplit(walk.server["url"]).netloc]


async def test_two_users_call_under_their_own_names(walk, provider, start_proxy):
    proxy = await start_proxy()
    for user in ("alice", "bob"):
        # The scopes of `.env`: a token for LibreChat's own application.
        audience = walk.dot_env["OPENID_SCOPE"].split("/.default")[0]
        async with connect(walk, proxy, provider.user_token(user, aud=audience)) as client:
            called = await client.call_tool("whoami")
            assert called.content[0].text == f"{user}-pairwise-subject"
    assert {record["outcome"] for record in proxy.records("exchange")} == {"minted"}


@pytest.mark.parametrize(
    "reason, changes",
    [
        ("placeholder_token", None),
        ("id_token", {"aud": "client", "nonce": "n", "scp": None}),
        ("expired_token", {"exp": 1_700_000_000}),
        ("wrong_audience", {"aud": "00000003-0000-0000-c000-000000000000"}),
        ("wrong_issuer", {"iss": "https://sts.windows.net/other/"}),
    ],
)
async def test_refusals_of_its_table(walk, provider, start_proxy, server, reason, changes):
    proxy = await start_proxy()
    token = None if changes is None else provider.user_token(**changes)
    fields = list(walk.headers(token).items())
    answer = await proxy.request("POST", "/tickets", message("tools/call", 1, name="whoami"), fields)
    assert_refused(answer, reason, 1)
    assert not server.verifier.seen
    readme = Path(REPOSITORY, "README.md").read_text()
    table = readme.split("### When a user is refused\n")[1].split("\n### ")[0]
    assert f"`{reason}`" in table


async def test_what_librechat_asks_before_it_connects(walk, start_proxy):
    """It takes a 401, or metadata, for an invitation to sign in by itself. `requiresOAuth: false` spares the questions."""
    proxy = await start_proxy()
    key = [(name, value) for name, value in walk.headers(None).items() if name == "X-OBO-Key"]
    assert (await proxy.request("HEAD", "/tickets", fields=key)).status == 405
    assert (await proxy.request("POST", "/tickets", {}, key)).status == 400
    for path in ("/.well-known/oauth-protected-resource/tickets", "/.well-known/oauth-protected-resource"):
        assert (await proxy.request("GET", path, fields=key)).status == 404
    assert walk.server["requiresOAuth"] is False
