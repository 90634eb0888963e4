"""What the Python servers share: one process serves every kind of transport, takes tokens that were minted for it and no
others, and says on standard output what it was asked. One JSON object a line."""

import base64
import json
import os
import socket
import sys
import threading
from contextlib import AsyncExitStack

import anyio
import uvicorn

AUDIENCE = "api://tools"
# Path of a streamable server: (JSON answers, without sessions).
KINDS = {
    "stateful": (False, False),
    "stateful-json": (True, False),
    "stateless": (False, True),
    "stateless-json": (True, True),
}


def say(event, **values):
    print(json.dumps({"event": event, **values}), flush=True)


def claims(fields):
    """The claims of the bearer token of a request, unverified: who may mint is other tests' matter."""
    scheme, _, token = fields.get("authorization", "").partition(" ")
    try:
        payload = token.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}


def user(fields):
    return claims(fields)["preferred_username"]


class Guard:
    """Says what was asked and answered over HTTP, and refuses tokens of another audience."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        fields = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        body = bytearray()
        begun = False

        async def receiving():
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        async def sending(message):
            nonlocal begun
            # The SDK's SSE application begins a second answer when the stream's client has left.
            if message["type"] == "http.response.start" and not begun:
                begun = True
                say("http", method=scope["method"], path=scope["path"], fields=fields, body=body.decode(),
                    status=message["status"], audience=claims(fields).get("aud"))
            await send(message)

        if claims(fields).get("aud") != AUDIENCE:
            await sending({"type": "http.response.start", "status": 401, "headers": []})
            return await sending({"type": "http.response.body", "body": b""})
        await self.app(scope, receiving, sending)


class Dispatch:
    """Paths to applications: `/stateful`, ..., and `/sse` with what it announces."""

    def __init__(self, apps):
        self.apps = apps

    async def __call__(self, scope, receive, send):
        name = scope["path"].split("/")[1]
        await self.apps["sse" if name == "messages" else name](scope, receive, send)


def serve(apps):
    """Serves until standard input ends. `apps` are Starlette applications by the first part of their paths."""
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    anyio.run(_serve, apps)


async def _serve(apps):
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    config = uvicorn.Config(Guard(Dispatch(apps)), log_level="warning", lifespan="off", timeout_keep_alive=60)
    async with AsyncExitStack() as stack:
        for app in apps.values():
            await stack.enter_async_context(app.router.lifespan_context(app))
        say("listening", port=listener.getsockname()[1])
        await uvicorn.Server(config).serve(sockets=[listener])
