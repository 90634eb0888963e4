"""The client of the Python SDK 2.x."""

from contextlib import asynccontextmanager

from client import NAME, ROOT, WORD, main, plain
from mcp import Client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp_types import CreateMessageResult, ElicitResult, ListRootsResult, Root, TextContent


class Session:
    def __init__(self, client, connection):
        self.client, self.connection = client, connection

    async def opened(self):
        return {
            "server": self.client.server_info and self.client.server_info.name,
            "protocol": self.client.protocol_version,
            "instructions": self.client.instructions,
            "capabilities": plain(self.client.server_capabilities),
        }

    async def list(self):
        return plain(await self.client.list_tools())

    async def call(self, tool, arguments):
        return plain(await self.client.call_tool(tool, arguments, progress_callback=self.connection.progressed))

    async def cancel(self, call):
        call.cancel()

    async def read(self, uri):
        return plain(await self.client.read_resource(uri))

    async def level(self, level):
        return plain(await self.client.set_logging_level(level))

    async def ping(self):
        return plain(await self.client.send_ping())

    async def listen(self, tool):
        """What is heard on a stream of changes while a tool makes some."""
        async with self.client.listen(tools_list_changed=True, resource_subscriptions=["memo://one"]) as changes:
            await self.client.call_tool(tool, {})
            heard = []
            async for change in changes:
                heard.append(repr(change))
                if len(heard) == 2:
                    return heard


@asynccontextmanager
async def adapter(connection):
    def http_client(*arguments, **options):
        return connection.http_client(create_mcp_http_client, *arguments, **options)

    async def elicited(context, params):
        connection.tell("asked", **plain(params))
        return ElicitResult(action="accept", content=dict.fromkeys(params.requested_schema["properties"], NAME))

    async def sampled(context, params):
        connection.tell("asked", **plain(params))
        return CreateMessageResult(role="assistant", model="none", content=TextContent(type="text", text=WORD))

    async def listed(context):
        return ListRootsResult(roots=[Root(uri=ROOT)])

    if connection.transport == "sse":
        transport = sse_client(connection.url, httpx_client_factory=http_client)
    else:
        transport = streamable_http_client(connection.url, http_client=http_client(), max_sse_event_size=None)
    async with Client(
        transport, mode=connection.era, read_timeout_seconds=20, elicitation_callback=elicited,
        sampling_callback=sampled, list_roots_callback=listed, logging_callback=connection.logged,
        message_handler=connection.handled, log_level="info", cache=None,
    ) as client:
        yield Session(client, connection)


main(adapter)
