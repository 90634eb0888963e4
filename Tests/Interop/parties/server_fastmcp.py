"""A server of FastMCP, 3 or 4, whichever this Python has."""

import anyio
import fastmcp
from event_store import Memory
from fastmcp import Context, FastMCP
from fastmcp.server.dependencies import get_http_request
from server import KINDS, say, serve, user

ASKS_MID_CALL = int(fastmcp.__version__.split(".")[0]) < 4  # FastMCP 4 left sampling and roots behind


def make():
    mcp = FastMCP("interop", instructions="Call the tools.")

    @mcp.tool
    async def whoami() -> str:
        return user(get_http_request().headers)

    @mcp.tool
    async def add(a: int, b: int) -> dict[str, int]:
        return {"sum": a + b}

    @mcp.tool
    async def fail() -> str:
        raise ValueError("it broke")

    @mcp.tool
    async def count(to: int, ctx: Context) -> str:
        for step in range(1, to + 1):
            await ctx.report_progress(step, to, f"step {step}")
        return f"counted to {to}"

    @mcp.tool
    async def narrate(lines: int, ctx: Context) -> str:
        for line in range(lines):
            await ctx.info(f"line {line}")
        return "told"

    @mcp.tool
    async def ask(ctx: Context) -> str:
        answer = await ctx.elicit("Who are you?", str)
        return f"you are {answer.data}"

    if ASKS_MID_CALL:

        @mcp.tool
        async def sample(ctx: Context) -> str:
            return f"sampled {(await ctx.sample('Say a word.', max_tokens=9)).text}"

        @mcp.tool
        async def roots(ctx: Context) -> str:
            return " ".join(str(root.uri) for root in await ctx.list_roots())

    @mcp.tool
    async def large(size: int) -> str:
        return "x" * size

    @mcp.tool
    async def wait(ctx: Context) -> str:
        try:
            await ctx.report_progress(1, 2, "waiting")
            await anyio.sleep(60)
        except anyio.get_cancelled_exc_class():
            say("cancelled")
            raise
        return "too late"

    @mcp.tool
    async def change(ctx: Context) -> str:
        await ctx.session.send_tool_list_changed()
        await ctx.session.send_resource_updated("memo://one")
        return "changed"

    @mcp.tool
    async def pause(ctx: Context) -> str:
        await ctx.report_progress(1, 2, "before")
        await ctx.close_sse_stream()
        await ctx.report_progress(2, 2, "after")
        return "resumed"

    @mcp.resource("memo://one")
    async def memo() -> str:
        return "a memo"

    return mcp


apps = {
    kind: make().http_app(
        path=f"/{kind}", json_response=json, stateless_http=stateless,
        event_store=None if stateless or json else Memory(), retry_interval=None if stateless or json else 10)
    for kind, (json, stateless) in KINDS.items()
}
serve({**apps, "sse": make().http_app(path="/sse", transport="sse")})
