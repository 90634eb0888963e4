"""A bad configuration: exit 78, and every error at once, each with its place and what was expected."""

import socket

import pytest

ALONE = {f"OBO_{name}": None for name in ("ISSUER", "CLIENT_ID", "SERVER_TICKETS_URL", "SERVER_TICKETS_SCOPES")}

MANY_ERRORS = """\
listen: 127.0.0.1:0
workers: many
timeouts: {conect: 5s, idle: 75 parsecs}
identity:
  issuer: http://login.example/tenant/v2.0
  issuer: https://login.example/tenant/v2.0
exchange:
  client_id: chat
  client_secret: ${NOT_SET_ANYWHERE}
servers:
  tickets:
    url: https://tickets.example/mcp
  Bad_Name:
    url: https://tickets.example/mcp
    obo: {scopes: api://x/y}
  local:
    type: stdio
    url: https://tickets.example/mcp
    obo: {scopes: api://x/y}
"""


@pytest.mark.parametrize("command", ["run", "check"])
async def test_all_errors_are_listed(run_binary, command):
    code, text = await run_binary(command, yaml=MANY_ERRORS, **ALONE)
    assert code == 78, text
    for place in ("scenario.yaml:2:", "scenario.yaml:3:", "scenario.yaml:6:", "scenario.yaml:9:", "scenario.yaml:13:"):
        assert place in text, f"{place} is missing in\n{text}"
    for words in ("workers", "connect", "idle", "issuer", "NOT_SET_ANYWHERE", "tickets", "expected a name of a-z", "stdio"):
        assert words in text, f"{words} is missing in\n{text}"


ONE_ERROR = {
    "unknown key": ("lisen: 127.0.0.1:0\n", "listen"),
    "not YAML": ("servers: [\n", "scenario.yaml:"),
    "alias": ("allowed_origins: &a [x]\nservers: *a\n", "scenario.yaml:"),
    "list instead of a map": ("servers: [a, b]\n", "servers"),
    "redirects of scope": ("servers: {a: {url: 'http://127.0.0.1:1/', obo: {scopes: ''}}}\n", "scopes"),
    "authorization as an extra field": (
        "servers: {a: {url: 'http://127.0.0.1:1/', obo: {scopes: x}, headers: {authorization: x}}}\n",
        "authorization",
    ),
    "algorithm none": ("identity: {algorithms: [none]}\n", "none"),
    "algorithm HS256": ("identity: {algorithms: [RS256, HS256]}\n", "HS256"),
    "size without a unit that exists": ("limits: {body_bytes: 4MB}\n", "body_bytes"),
}


@pytest.mark.parametrize("name", ONE_ERROR)
async def test_each_error(run_binary, name):
    yaml, words = ONE_ERROR[name]
    code, text = await run_binary("check", yaml=yaml)
    assert code == 78, text
    assert "scenario.yaml:" in text and words in text


VARIABLES = {
    "issuer without TLS": {"OBO_ISSUER": "http://login.example/v2.0"},
    "token endpoint without TLS": {"OBO_TOKEN_ENDPOINT": "http://login.example/token"},
    "open to the network": {"OBO_LISTEN": "0.0.0.0:0"},
    "admin open to the network": {"OBO_ADMIN_LISTEN": "0.0.0.0:0"},
    "no issuer": {"OBO_ISSUER": None},
    "no client id": {"OBO_CLIENT_ID": None},
    "no secret": {"OBO_CLIENT_SECRET": None},
    "no server": {"OBO_SERVER_TICKETS_URL": None, "OBO_SERVER_TICKETS_SCOPES": None},
    "no scopes": {"OBO_SERVER_TICKETS_SCOPES": None},
    "websocket": {"OBO_SERVER_TICKETS_TYPE": "websocket"},
    "bad number of workers": {"OBO_WORKERS": "-1"},
    "bad duration": {"OBO_TIMEOUTS_CONNECT": "soon"},
    "secret from a file that is not there": {"OBO_CLIENT_SECRET": None, "OBO_CLIENT_SECRET_FILE": "/nonexistent"},
}


@pytest.mark.parametrize("name", VARIABLES)
async def test_variables(run_binary, name):
    code, text = await run_binary("check", **VARIABLES[name])
    assert code == 78, text
    assert len(text) > 20


async def test_file_that_is_not_there(run_binary):
    code, text = await run_binary("check", "--config", "nowhere.yaml")
    assert code == 78 and "nowhere.yaml" in text


async def test_errors_hold_no_secret(run_binary):
    secret = "s3cret-that-must-not-be-printed"
    yaml = f"exchange: {{client_secret: {secret}, client_secrte: {secret}}}\nsidecar_key: [{secret}]\n"
    code, text = await run_binary("check", yaml=yaml, OBO_CLIENT_SECRET=None)
    assert code == 78 and secret not in text


async def test_port_that_is_taken(run_binary):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        code, text = await run_binary("run", OBO_LISTEN=address, OBO_ADMIN_LISTEN="off")
    assert code == 71 and address in text
