"""What each SDK's client shows of a refusal, and that it goes on: one user's expired token is one call's error, and
nobody else's matter."""

import json

import pytest
from fixtures.refusal import BANNED

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]

CLIENTS = [("mcp2", "legacy"), ("mcp2", "2026-07-28"), ("mcp1", None), ("fastmcp4", "legacy"), ("fastmcp3", None), ("js", None)]


@pytest.fixture(params=CLIENTS, ids=lambda client: "-".join(map(str, client)))
def client(request):
    return request.param


async def test_one_calls_error(table, client):
    ada = await table.connect(*client, "mcp2", "stateful", proxied=True)
    bea = await table.connect(*client, "mcp2", "stateful", proxied=True, user="bea")
    assert await ada.text("whoami") == "ada"
    await ada.record("renew", token=await table.sign_in(kind="expired"))
    for tool in ("whoami", "count"):
        error = (await ada.record("call", tool=tool, arguments={"to": 3}))["error"]
        assert error["code"] == -32603 and error["data"]["reason"] == "expired_token"
        assert "sign in" in error["message"].lower() and not BANNED.search(error["message"].encode())
    assert await bea.text("whoami") == "bea"
    await ada.record("renew", token=await table.sign_in())
    assert await ada.text("whoami") == "ada", "the same connection, not a new one"
    assert not ada.heard("lost") and not bea.heard("lost")
    await ada.close()
    await bea.close()


async def test_another_users_session_is_none(table):
    """A session that moves to another user ends there: the client is told what makes it start a new one."""
    ada = await table.connect("js", None, "mcp2", "stateful", proxied=True)
    await ada.record("renew", token=await table.sign_in("bea"))
    error = (await ada.record("call", tool="whoami", arguments={}))["error"]
    assert error["code"] == 404 and "session_mismatch" in error["message"]
    await ada.record("renew", token=await table.sign_in())
    assert await ada.text("whoami") == "ada"
    await ada.close()


async def test_no_connection_without_a_good_token(table, client):
    for token in (await table.sign_in(kind="expired"), "{{LIBRECHAT_OPENID_ACCESS_TOKEN}}"):
        connection = await table.connect(*client, "mcp2", "stateful", proxied=True, token=token)
        # A version that is known beforehand needs no handshake: there the first call is refused.
        opened = connection.opened if client[1] != "2026-07-28" else await connection.record("call", tool="whoami", arguments={})
        assert "error" in opened, opened
    connection = await table.connect(*client, "mcp2", "stateful", proxied=True)
    assert await connection.text("whoami") == "ada"
    await connection.close()


async def test_the_javascript_client_shows_the_words(table):
    """Its error text is the answer's body, and chat servers show it."""
    token = await table.sign_in(kind="expired")
    connection = await table.connect("js", None, "mcp2", "stateful", proxied=True, token=token)
    text = connection.opened["error"]["message"]
    said = json.loads(text[text.index("{") :])
    assert "expired_token" in json.dumps(said) and "sign in" in text.lower()
