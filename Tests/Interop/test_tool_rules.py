"""The Python MCP SDK's client lists and calls tools of its server through rules that it knows nothing of."""

import pytest
from mcp import Client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from sdk_server import SDKServer


@pytest.fixture
async def sdk_server(provider):
    async with SDKServer(provider) as server:
        yield server


@pytest.mark.parametrize("era", ["legacy", "auto"])
@pytest.mark.parametrize("rules", [{"ALLOW": "who*,count"}, {"DENY": "w?it"}], ids=["allow", "deny"])
async def test_list_and_call(sdk_server, provider, start_proxy, era, rules):
    variables = {f"OBO_SERVER_TICKETS_TOOLS_{name}": value for name, value in rules.items()}
    proxy = await start_proxy(OBO_SERVER_TICKETS_URL=sdk_server.url, **variables)
    host, port = proxy.address
    http = create_mcp_http_client(headers={"Authorization": f"Bearer {provider.user_token()}"})
    transport = streamable_http_client(f"http://{host}:{port}/tickets", http_client=http)
    steps = []

    async def progressed(progress, total, note):
        steps.append(progress)
        sdk_server.may_go_on.set()

    async with Client(transport, mode=era, read_timeout_seconds=15) as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == {"whoami", "count"}
        assert (await client.call_tool("whoami")).content[0].text == "alice-pairwise-subject"
        with pytest.raises(Exception) as refused:
            await client.call_tool("wait")
        assert refused.value.error.data["reason"] == "tool_not_allowed"
        answer = await client.call_tool("count", {"to": 3}, progress_callback=progressed)
        assert answer.content[0].text == "counted to 3" and steps == [1, 2, 3]
    assert not sdk_server.cancelled.is_set(), "the tool was never begun"


async def test_list_and_call_by_the_older_transport(provider, start_proxy):
    async with SDKServer(provider, "sse") as server:
        proxy = await start_proxy(
            OBO_SERVER_TICKETS_URL=server.url, OBO_SERVER_TICKETS_TYPE="sse", OBO_SERVER_TICKETS_TOOLS_DENY="w?it")
        host, port = proxy.address
        fields = {"Authorization": f"Bearer {provider.user_token()}"}
        transport = sse_client(f"http://{host}:{port}/tickets", headers=fields)
        async with Client(transport, mode="legacy", read_timeout_seconds=15) as client:
            assert {tool.name for tool in (await client.list_tools()).tools} == {"whoami", "count"}
            assert (await client.call_tool("whoami")).content[0].text == "alice-pairwise-subject"
