"""By hand with curl: a session from its beginning to its end, once straight to the server and once through the proxy. The
answers are the same byte by byte, but for the session's name."""

import asyncio
import json
import re

import pytest
from connection import HOP

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "curl", "version": "1"}},
}
INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}
VERSION = "Mcp-Protocol-Version: 2025-06-18"


def call(tool, request_id=1, **arguments):
    params = {"name": tool, "arguments": arguments, "_meta": {"progressToken": "p"}}
    return {"jsonrpc": "2.0", "id": request_id, "method": "tools/call", "params": params}


async def start(url, token, *options, body=None, method=None):
    arguments = ["curl", "--silent", "--show-error", "--no-buffer", "--include", "--max-time", "20",
                 "--header", f"Authorization: Bearer {token}",
                 "--header", "Accept: application/json, text/event-stream"]
    if body is not None:
        text = body if isinstance(body, str) else json.dumps(body)
        arguments += ["--header", "Content-Type: application/json", "--data-binary", text]
    arguments += ["--request", method] if method else []
    return await asyncio.create_subprocess_exec(
        *arguments, *options, url, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)


def header(*fields):
    return [part for field in fields for part in ("--header", field)]


class Answer:
    def __init__(self, output):
        head, _, self.body = output.partition(b"\r\n\r\n")
        first, *fields = head.decode().split("\r\n")
        self.status = int(first.split()[1])
        self.fields = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}

    def comparable(self):
        """Without what no two answers have in common."""
        hidden = HOP - {"content-length"}
        fields = {name: "..." if name == "mcp-session-id" else value for name, value in self.fields.items()
                  if name not in hidden}
        return self.status, fields, re.sub(rb"(?m)^id: \S+", b"id: ...", self.body)


async def curl(url, token, *options, body=None, method=None):
    process = await start(url, token, *options, body=body, method=method)
    output, errors = await process.communicate()
    assert process.returncode == 0, errors
    return Answer(output)


async def a_session(url, token):
    """All answers of one session's life."""
    answers = []

    async def ask(*fields, **options):
        answers.append(await curl(url, token, *header(*fields), **options))
        return answers[-1]

    session = f"Mcp-Session-Id: {(await ask(body=INITIALIZE)).fields['mcp-session-id']}"
    known = (session, VERSION)
    assert (await ask(*known, body=INITIALIZED)).status == 202
    assert b'"ada"' in (await ask(*known, body=call("whoami"))).body
    assert (await ask(*known, body=call("count", to=5))).body.count(b"notifications/progress") in (0, 5)
    assert len((await ask(*known, body=call("large", size=2 << 20))).body) > 2 << 20
    await ask(*known, body={"jsonrpc": "2.0", "id": "x", "method": "none/such"})
    await ask(*known, body=call("none-such", request_id="text id"))
    await ask(*known, body="{")
    await ask(*known, body=[])
    await ask(VERSION, body=call("whoami"))
    await ask(session, "Mcp-Protocol-Version: 1999-01-01", body=call("whoami"))
    await ask(*known, "Accept: text/html", body=call("whoami"))
    await ask(*known, method="DELETE")
    assert (await ask(*known, body=call("whoami"))).status == 404
    return answers


@pytest.mark.parametrize("kind", ["stateful", "stateful-json"])
@pytest.mark.parametrize("server", ["mcp2", "mcp1", "fastmcp3", "js"])
async def test_same_bytes(table, server, kind):
    lives = []
    for proxied in (False, True):
        url, make = table.way(server, kind, proxied)
        lives.append([answer.comparable() for answer in await a_session(url, await make())])
    for number, (direct, proxied) in enumerate(zip(*lives, strict=True)):
        assert proxied == direct, f"answer {number}"


@pytest.mark.parametrize("proxied", [False, True], ids=["direct", "proxied"])
@pytest.mark.parametrize("server", ["mcp2", "mcp1", "js"])
async def test_cut_and_resumed(table, server, proxied):
    """The connection is cut in the middle of an answer; what was missed comes by the last event's id, once and in order."""
    url, make = table.way(server, "stateful", proxied)
    token = await make()
    version = "Mcp-Protocol-Version: 2025-11-25"
    begin = {**INITIALIZE, "params": {**INITIALIZE["params"], "protocolVersion": "2025-11-25"}}
    session = f"Mcp-Session-Id: {(await curl(url, token, body=begin)).fields['mcp-session-id']}"
    await curl(url, token, *header(session, version), body=INITIALIZED)
    process = await start(url, token, *header(session, version), body=call("linger"))
    seen = b""
    while b"before" not in seen:
        line = await process.stdout.readline()
        assert line, seen
        seen += line
    process.kill()
    await process.wait()
    assert b"opened" in (await curl(url, token, *header(session, version), body=call("proceed", request_id=2))).body
    last = re.findall(rb"^id: ?(\S+)", seen, re.MULTILINE)[-1].decode()
    stream = await start(url, token, *header(session, version, f"Last-Event-ID: {last}"), method="GET")
    missed = b""
    while b"resumed" not in missed:
        line = await stream.stdout.readline()
        assert line, missed
        missed += line
    stream.kill()
    await stream.wait()
    assert b"before" not in missed and missed.count(b"after") == 1


@pytest.mark.parametrize("proxied", [False, True], ids=["direct", "proxied"])
async def test_stream_of_its_own(table, proxied):
    """`curl -N` shows each event as it happens."""
    url, make = table.way("mcp2", "stateful", proxied)
    token = await make()
    session = f"Mcp-Session-Id: {(await curl(url, token, body=INITIALIZE)).fields['mcp-session-id']}"
    await curl(url, token, *header(session, VERSION), body=INITIALIZED)
    server = table.servers["mcp2"]
    since = len(server.said)
    stream = await start(url, token, *header(session, VERSION), method="GET")
    assert (await server.find(lambda said: said.get("method") == "GET", since))["status"] == 200
    for _ in range(2):
        await curl(url, token, *header(session, VERSION), body=call("change"))
        seen = b""
        while b"resources/updated" not in seen:
            line = await stream.stdout.readline()
            assert line, seen
            seen += line
        assert seen.count(b"tools/list_changed") == 1
    stream.kill()
    await stream.wait()


async def test_refusal_for_human_eyes(table):
    url, _ = table.way("mcp2", "stateful", True)
    refused = await curl(url, await table.sign_in(kind="expired"), body=call("whoami"))
    error = json.loads(refused.body)["error"]
    assert refused.status == 200 and error["data"]["reason"] == "expired_token"
    assert re.fullmatch(r"[A-Z][^.]+\. [A-Z].+\.", error["message"]), error["message"]
    refused = await curl(url, await table.sign_in(kind="expired"), body=INITIALIZE)
    assert refused.status == 401 and "www-authenticate" not in refused.fields
