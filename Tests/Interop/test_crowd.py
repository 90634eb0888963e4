"""A hundred sessions of twenty users at once: each answer belongs to its user, and so does each event."""

import asyncio

import pytest

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]

USERS = [f"user{number}" for number in range(20)]
# No server here takes a session of another user's token for its own matter: whose a call is, says the token alone.
WAYS = [("mcp2", "legacy", "mcp2", "stateful"), ("mcp2", "2026-07-28", "mcp2", "stateless"),
        ("mcp1", None, "mcp1", "sse"), ("js", None, "js", "stateful"), ("js", None, "js", "sse")]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: "-".join(map(str, way)))
async def test_hundred_sessions(table, way):
    tokens = dict(zip(USERS, await asyncio.gather(*map(table.sign_in, USERS))))

    async def session(user):
        connection = await table.connect(*way, proxied=True, user=user, token=tokens[user])
        assert "result" in connection.opened, connection.opened
        assert await connection.text("whoami") == user
        await connection.call("count", to=3)
        assert [said["step"][0] for said in connection.heard("progress")] == [1, 2, 3]
        await everybody.wait()  # all hundred are open at once
        assert await connection.text("whoami") == user
        await connection.close()

    everybody = asyncio.Barrier(100)
    async with asyncio.timeout(40):
        await asyncio.gather(*(session(user) for user in USERS for _ in range(5)))
