"""The client of the Python SDK 1.x."""

from contextlib import asynccontextmanager
from datetime import timedelta

from client import NAME, ROOT, WORD, main, plain
from mcp import ClientSession
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.types import (
    CancelledNotification,
    CancelledNotificationParams,
    ClientNotification,
    CreateMessageResult,
    ElicitResult,
    ListRootsResult,
    Root,
    TextContent,
)


class Session:
    def __init__(self, session, initialized, connection):
        self.session, self.initialized, self.connection = session, initialized, connection
        self.latest = None

    async def opened(self):
        return {
            "server": self.initialized.serverInfo.name,
            "protocol": self.initialized.protocolVersion,
            "instructions": self.initialized.instructions,
            "capabilities": plain(self.initialized.capabilities),
        }

    async def list(self):
        return plain(await self.session.list_tools())

    async def call(self, tool, arguments):
        self.latest = self.session._request_id  # the id that the next request takes
        return plain(await self.session.call_tool(tool, arguments, progress_callback=self.connection.progressed))

    async def cancel(self, call):
        """This SDK leaves it to its user to say that a call is given up."""
        params = CancelledNotificationParams(requestId=self.latest)
        await self.session.send_notification(ClientNotification(CancelledNotification(params=params)))

    async def read(self, uri):
        return plain(await self.session.read_resource(uri))

    async def level(self, level):
        return plain(await self.session.set_logging_level(level))

    async def ping(self):
        return plain(await self.session.send_ping())


@asynccontextmanager
async def adapter(connection):
    def http_client(*arguments, **options):
        return connection.http_client(create_mcp_http_client, *arguments, **options)

    async def elicited(context, params):
        connection.tell("asked", **plain(params))
        return ElicitResult(action="accept", content=dict.fromkeys(params.requestedSchema["properties"], NAME))

    async def sampled(context, params):
        connection.tell("asked", **plain(params))
        return CreateMessageResult(role="assistant", model="none", content=TextContent(type="text", text=WORD))

    async def listed(context):
        return ListRootsResult(roots=[Root(uri=ROOT)])

    if connection.transport == "sse":
        transport = sse_client(connection.url, httpx_client_factory=http_client)
    else:
        transport = streamable_http_client(connection.url, http_client=http_client())
    async with transport as (reading, writing, *_):
        async with ClientSession(
            reading, writing, timedelta(seconds=20), elicitation_callback=elicited, sampling_callback=sampled,
            list_roots_callback=listed, logging_callback=connection.logged, message_handler=connection.handled,
        ) as session:
            yield Session(session, await session.initialize(), connection)


main(adapter)
