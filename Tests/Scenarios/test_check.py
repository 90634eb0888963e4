"""`check` prints what will be in force and where each value comes from, and shows no secret."""

YAML = """\
identity:
  issuer: https://login.example/tenant/v2.0
exchange:
  client_id: from-the-file
  client_secret: s3cret-of-the-file
sidecar_key: ${KEY}
timeouts: {connect: 3s}
servers:
  tickets: {url: https://tickets.example/mcp, obo: {scopes: [api://tickets/a, api://tickets/b]}}
"""
NONE = {
    f"OBO_{name}": None
    for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "SERVER_TICKETS_URL", "SERVER_TICKETS_SCOPES", "WORKERS")
}


def line_of(text, name):
    found = [line for line in text.splitlines() if name in line]
    assert found, f"{name} is missing in\n{text}"
    return found[0]


async def test_origins_and_redaction(run_binary):
    changes = {**NONE, "OBO_CLIENT_ID": "from-the-environment", "KEY": "s3cret-of-the-key"}
    code, text = await run_binary("check", yaml=YAML, **changes)
    assert code == 0, text
    assert "s3cret" not in text
    assert "from-the-environment" in text and "from-the-file" not in text, "a variable wins over the file"
    assert "OBO_CLIENT_ID" in line_of(text, "client_id: from-the-environment")
    assert "scenario.yaml:2" in line_of(text, "https://login.example/tenant/v2.0")
    assert "scenario.yaml:7" in line_of(text, "timeouts.connect:")
    assert "default" in line_of(text, "timeouts.idle:")
    assert "https://tickets.example/mcp" in text and "api://tickets/b" in text


async def test_chat_servers_own_variables(run_binary):
    """The chat server's .env is enough: AZURE_* before OPENID_*."""
    changes = {
        **NONE,
        "OPENID_ISSUER": "https://login.example/tenant/v2.0",
        "OPENID_CLIENT_ID": "by-openid",
        "OPENID_CLIENT_SECRET": "s3cret-by-openid",
        "AZURE_CLIENT_ID": "by-azure",
        "OBO_SERVER_TICKETS_URL": "https://tickets.example/mcp",
        "OBO_SERVER_TICKETS_SCOPES": "api://tickets/a",
    }
    code, text = await run_binary("check", **changes)
    assert code == 0, text
    assert "AZURE_CLIENT_ID" in line_of(text, "client_id: by-azure")
    assert "OPENID_ISSUER" in line_of(text, "https://login.example/tenant/v2.0")
    assert "s3cret" not in text


async def test_secret_from_a_file(run_binary, tmp_path):
    (tmp_path / "secret").write_text("s3cret-in-a-file\n")
    (tmp_path / "secret").chmod(0o600)
    code, text = await run_binary("check", OBO_CLIENT_SECRET=None, OBO_CLIENT_SECRET_FILE=str(tmp_path / "secret"))
    assert code == 0, text
    assert "s3cret" not in text and "OBO_CLIENT_SECRET_FILE" in text


async def test_version(run_binary):
    code, text = await run_binary("version")
    assert code == 0
    for library in ("obo-proxy", "swift", "libevent", "openssl", "yaml"):
        assert library in text.lower(), text
