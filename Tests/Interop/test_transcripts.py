"""Nobody can tell the proxy from a direct connection, except by the token that the server sees: each scenario is played
once straight to the server and once through the proxy, and the two transcripts are the same."""

import pytest
import scenarios

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]

SERVERS = ["mcp2", "mcp1", "fastmcp4", "fastmcp3", "js"]
LEGACY = {("mcp2", "legacy"): SERVERS, ("mcp1", None): SERVERS, ("js", None): SERVERS,
          ("fastmcp4", "legacy"): ["fastmcp4", "js"], ("fastmcp3", None): ["fastmcp3", "js"]}
MODERN = [("mcp2", "2026-07-28"), ("mcp2", "auto"), ("fastmcp4", "2026-07-28")]
KIN = {"mcp2": ("mcp2", "legacy"), "mcp1": ("mcp1", None), "fastmcp4": ("fastmcp4", "legacy"),
       "fastmcp3": ("fastmcp3", None), "js": ("js", None)}
JSON = ("stateful-json", "stateless-json")


def pairs():
    """Clients with servers, with sessions and answers as streams; the other kinds of server each with its own
    kin; and the era without sessions."""
    for client, servers in LEGACY.items():
        yield from ((*client, server, "stateful") for server in servers)
    for server in SERVERS:
        for kind in ("stateful-json", "stateless", "stateless-json", "sse"):
            yield (*KIN[server], server, kind)
    yield from ((*client, server, "sse") for client, server in zip(LEGACY, ["mcp1", "js", "mcp2", "js", "js"]))
    for client in MODERN:
        yield from ((*client, server, kind) for server in ("mcp2", "fastmcp4") for kind in ("stateful", "stateless-json"))


def plays(scenario, client, era, server, kind):
    """Whether these have what the scenario is about."""
    modern = era not in (None, "legacy")
    streams, session = kind not in JSON, kind in ("stateful", "sse")
    match scenario.__name__:
        case "progress" | "logging":
            return streams
        case "large":  # no event of more than 1 MiB for FastMCP 4, nor for the SDK 2.x on the older transport
            return kind in JSON or client != "fastmcp4" and (client, kind) != ("mcp2", "sse")
        case "elicitation":
            return modern and server == "mcp2" or session and not modern
        case "sampling" | "roots":  # FastMCP 4 has neither
            return "fastmcp4" not in (client, server) and (modern and server == "mcp2" or session and not modern)
        case "notifications":
            return not modern and session
        case "listening":
            return modern and client == "mcp2" and server == "mcp2"
        case "resumption":
            return not modern and kind == "stateful"
        case "cancellation":
            return not modern and session or modern and streams
    return True


SCENARIOS = [scenarios.basics, scenarios.progress, scenarios.logging, scenarios.elicitation, scenarios.sampling,
             scenarios.roots, scenarios.large, scenarios.notifications, scenarios.listening, scenarios.resumption,
             scenarios.cancellation, scenarios.renewal]
PLAYED = [(scenario, *pair) for pair in pairs() for scenario in SCENARIOS if plays(scenario, *pair)]


def name(played):
    scenario, client, era, server, kind = played
    return f"{scenario.__name__}-{client}{'' if era is None else '-' + era}-{server}-{kind}"


@pytest.mark.parametrize("played", PLAYED, ids=name)
async def test_same_transcript(table, played):
    direct, proxied = [await transcript(table, *played, proxied) for proxied in (False, True)]
    assert proxied == direct


async def transcript(table, scenario, client, era, server, kind, proxied):
    connection = await table.connect(client, era, server, kind, proxied)
    assert "result" in connection.opened, connection.opened
    try:
        await scenario(connection)
        await connection.settle()
    finally:
        await connection.close()
    return connection.transcript()
