"""An MCP server of the Python SDK that takes minted tokens only, on a port of the kernel's choosing."""

import asyncio
import socket

import uvicorn
from cryptography.exceptions import InvalidSignature
from fixtures.journal import Journal
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import Context, MCPServer


class Verifier:
    """Believes the provider's signature, and only tokens that were minted for this server."""

    def __init__(self, provider):
        self.provider = provider
        self.seen = []

    async def verify_token(self, token):
        self.seen.append(token)
        try:
            claims = self.provider.key.verify(token)
        except (InvalidSignature, ValueError):
            return None
        if claims["aud"] != "api://tickets":
            return None
        return AccessToken(
            token=token,
            client_id=self.provider.client_id,
            scopes=claims["scp"].split(),
            subject=claims["sub"],
            claims={"iss": claims["iss"]},
        )


class Recorder:
    """An ASGI layer that keeps what was asked and answered over HTTP."""

    def __init__(self, app):
        self.app = app
        self.exchanges = Journal()

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        fields = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}

        async def recording(message):
            if message["type"] == "http.response.start":
                answered = {name.decode().lower(): value.decode("latin-1") for name, value in message["headers"]}
                self.exchanges.append((scope["method"], fields, message["status"], answered))
            await send(message)

        await self.app(scope, receive, recording)


class SDKServer:
    def __init__(self, provider, transport="streamable-http"):
        self.transport = transport
        self.verifier = Verifier(provider)
        self.may_go_on = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.mcp = MCPServer(
            "tickets",
            token_verifier=self.verifier,
            auth=AuthSettings(
                issuer_url=provider.issuer,
                resource_server_url="http://127.0.0.1/mcp",
                required_scopes=["access_as_user"],
                validate_token_resource=False,
            ),
        )
        self.mcp.tool()(self.whoami)
        self.mcp.tool()(self.count)
        self.mcp.tool()(self.wait)
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        path = {"streamable-http": "/mcp", "sse": "/sse"}[transport]
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}{path}"

    async def whoami(self) -> str:
        """Who calls, as the minted token says."""
        return get_access_token().subject

    async def count(self, to: int, ctx: Context) -> str:
        """Reports progress, one step each time the test says so."""
        for step in range(1, to + 1):
            await ctx.report_progress(step, to, f"step {step}")
            await asyncio.wait_for(self.may_go_on.wait(), 10)
            self.may_go_on.clear()
        return f"counted to {to}"

    async def wait(self, ctx: Context) -> str:
        """Never done."""
        try:
            await ctx.report_progress(1, 2, "waiting")
            await asyncio.sleep(60)
        finally:
            self.cancelled.set()
        return "too late"

    async def __aenter__(self):
        app = self.mcp.sse_app() if self.transport == "sse" else self.mcp.streamable_http_app()
        self.recorder = Recorder(app)
        config = uvicorn.Config(self.recorder, log_level="warning", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._task = asyncio.ensure_future(self._server.serve(sockets=[self._socket]))
        async with asyncio.timeout(10):
            while not self._server.started:
                await asyncio.sleep(0.01)
        return self

    async def __aexit__(self, *_):
        self._server.should_exit = True
        await self._task
        self._socket.close()
