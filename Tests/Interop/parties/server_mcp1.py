"""A server of the Python SDK 1.x."""

import anyio
from event_store import Memory
from mcp.server.fastmcp import Context, FastMCP
from mcp.types import SamplingMessage, TextContent
from pydantic import BaseModel
from server import KINDS, say, serve, user


class Name(BaseModel):
    name: str


def make(**settings):
    mcp = FastMCP("interop", instructions="Call the tools.", **settings)
    lingering = []

    @mcp.tool()
    async def whoami(ctx: Context) -> str:
        return user(ctx.request_context.request.headers)

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
    async def ask(ctx: Context) -> str:
        answer = await ctx.elicit("Who are you?", Name)
        return f"you are {answer.data.name}"

    @mcp.tool()
    async def sample(ctx: Context) -> str:
        message = SamplingMessage(role="user", content=TextContent(type="text", text="Say a word."))
        answer = await ctx.session.create_message([message], max_tokens=9, related_request_id=ctx.request_id)
        return f"sampled {answer.content.text}"

    @mcp.tool()
    async def roots(ctx: Context) -> str:
        return " ".join(str(root.uri) for root in (await ctx.session.list_roots()).roots)

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
    kind: make(
        streamable_http_path=f"/{kind}", json_response=json, stateless_http=stateless,
        event_store=None if stateless or json else Memory(), retry_interval=10).streamable_http_app()
    for kind, (json, stateless) in KINDS.items()
}
serve({**apps, "sse": make().sse_app()})
