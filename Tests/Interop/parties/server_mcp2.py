"""A server of the Python SDK 2.x, which speaks with sessions and without."""

from typing import Annotated

import anyio
from event_store import Memory
from mcp.server.mcpserver import Context, Elicit, ListRoots, MCPServer, Resolve, Sample
from mcp_types import CreateMessageResult, ListRootsResult, SamplingMessage, TextContent
from pydantic import BaseModel
from server import KINDS, say, serve, user


class Name(BaseModel):
    name: str


async def name(ctx: Context):
    return Elicit("Who are you?", Name)


async def sampled(ctx: Context):
    return Sample([SamplingMessage(role="user", content=TextContent(type="text", text="Say a word."))], max_tokens=9)


async def listed(ctx: Context):
    return ListRoots()


def make():
    mcp = MCPServer("interop", instructions="Call the tools.")
    lingering = []

    @mcp.tool()
    async def whoami(ctx: Context) -> str:
        return user(ctx.headers)

    @mcp.tool()
    async def add(a: int, b: int) -> dict[str, int]:
        return {"sum": a + b}

    @mcp.tool()
    async def fail() -> str:
        raise ValueError("it broke")

    @mcp.tool()
    async def count(to: int, ctx: Context) -> str:
        for step in range(1, to + 1):
            await ctx.report_progress(step, to, f"step {step}")
        return f"counted to {to}"

    @mcp.tool()
    async def narrate(lines: int, ctx: Context) -> str:
        for line in range(lines):
            await ctx.info(f"line {line}")
        return "told"

    @mcp.tool()
    async def ask(answer: Annotated[Name, Resolve(name)]) -> str:
        return f"you are {answer.name}"

    @mcp.tool()
    async def sample(answer: Annotated[CreateMessageResult, Resolve(sampled)]) -> str:
        return f"sampled {answer.content.text}"

    @mcp.tool()
    async def roots(found: Annotated[ListRootsResult, Resolve(listed)]) -> str:
        return " ".join(str(root.uri) for root in found.roots)

    @mcp.tool()
    async def large(size: int) -> str:
        return "x" * size

    @mcp.tool()
    async def wait(ctx: Context) -> str:
        try:
            await ctx.report_progress(1, 2, "waiting")
            await anyio.sleep(60)
        except anyio.get_cancelled_exc_class():
            say("cancelled")
            raise
        return "too late"

    @mcp.tool()
    async def change(ctx: Context) -> str:
        if ctx.protocol_version >= "2026":
            await ctx.notify_tools_changed()
            await ctx.notify_resource_updated("memo://one")
        else:
            await ctx.session.send_tool_list_changed()
            await ctx.session.send_resource_updated("memo://one")
        return "changed"

    @mcp.tool()
    async def pause(ctx: Context) -> str:
        await ctx.report_progress(1, 2, "before")
        await ctx.close_sse_stream()
        await ctx.report_progress(2, 2, "after")
        return "resumed"

    @mcp.tool()
    async def linger(ctx: Context) -> str:
        lingering.append(anyio.Event())
        await ctx.report_progress(1, 2, "before")
        await lingering[-1].wait()
        await ctx.report_progress(2, 2, "after")
        return "resumed"

    @mcp.tool()
    async def proceed() -> str:
        lingering[-1].set()
        return "opened"

    @mcp.resource("memo://one")
    async def memo() -> str:
        return "a memo"

    return mcp


apps = {
    kind: make().streamable_http_app(
        streamable_http_path=f"/{kind}", json_response=json, stateless_http=stateless,
        event_store=None if stateless or json else Memory(), retry_interval=10)
    for kind, (json, stateless) in KINDS.items()
}
serve({**apps, "sse": make().sse_app()})
