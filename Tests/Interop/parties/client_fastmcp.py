"""The client of FastMCP, 3 or 4, whichever this Python has."""

from contextlib import asynccontextmanager

from client import NAME, ROOT, WORD, main, plain
import fastmcp
from fastmcp import Client
from fastmcp.client.transports import SSETransport, StreamableHttpTransport
from mcp.shared._httpx_utils import create_mcp_http_client

SDK2 = int(fastmcp.__version__.split(".")[0]) >= 4


class Session:
    def __init__(self, client, connection):
        self.client, self.connection = client, connection

    async def opened(self):
        found = self.client.initialize_result
        return {"opened": plain(found) if found is not None else None}

    async def list(self):
        return plain(await self.client.list_tools_mcp())

    async def call(self, tool, arguments):
        progressed = self.connection.progressed
        self.latest = getattr(self.client.session, "_request_id", None)  # the id that the next request takes
        return plain(await self.client.call_tool_mcp(tool, arguments, progress_handler=progressed))

    async def cancel(self, call):
        """FastMCP 3 leaves it to its user to say that a call is given up."""
        if SDK2:
            call.cancel()
        else:
            await self.client.cancel(self.latest)

    async def read(self, uri):
        return plain(await self.client.read_resource_mcp(uri))

    async def ping(self):
        return await self.client.ping()


@asynccontextmanager
async def adapter(connection):
    def http_client(*arguments, follow_redirects=None, **options):
        return connection.http_client(create_mcp_http_client, *arguments, **options)

    async def elicited(message, response_type, params, context):
        connection.tell("asked", message=message)
        return dict.fromkeys((params.requested_schema if SDK2 else params.requestedSchema)["properties"], NAME)

    async def sampled(messages, params, context):
        connection.tell("asked", **plain(params))
        return WORD

    kind = SSETransport if connection.transport == "sse" else StreamableHttpTransport
    modes = {} if connection.era is None else {"mode": connection.era}
    async with Client(
        kind(connection.url, httpx_client_factory=http_client), timeout=20, roots=[ROOT], elicitation_handler=elicited,
        sampling_handler=sampled, log_handler=connection.logged, message_handler=connection.handled, **modes,
    ) as client:
        yield Session(client, connection)


main(adapter)
