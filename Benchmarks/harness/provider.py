"""A provider for the bench: discovery, keys, and a token endpoint that can be slow and counts its calls.

Run as `python -m harness.provider PORT JWKS_FILE DELAY_SECONDS`. What it mints is opaque, of a real token's
size, and another for each assertion. GET /stats says how many exchanges there were, and at which moment of the
monotonic clock, which all processes share, the last was answered.
"""

import asyncio
import hashlib
import json
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs

from .http_server import serve, write_json


class Provider:
    def __init__(self, port, keys, delay):
        self.url = f"http://127.0.0.1:{port}"
        self.keys = keys
        self.delay = delay
        self.exchanges = 0
        self.answered = 0.0

    async def answer(self, request, writer):
        method, target, body = request
        if method == "POST" and target == "/token":
            await self.exchange(body, writer)
        elif target == "/.well-known/openid-configuration":
            write_json(writer, 200, json.dumps({
                "issuer": self.url, "jwks_uri": f"{self.url}/jwks", "token_endpoint": f"{self.url}/token"}))
        elif target == "/jwks":
            write_json(writer, 200, self.keys)
        elif target == "/stats":
            write_json(writer, 200, json.dumps({"exchanges": self.exchanges, "answered": self.answered}))
        else:
            write_json(writer, 404, "{}")

    async def exchange(self, body, writer):
        self.exchanges += 1
        assertion = parse_qs(body.decode())["assertion"][0]
        minted = hashlib.shake_256(assertion.encode()).hexdigest(700)
        if self.delay:
            await asyncio.sleep(self.delay)
        write_json(writer, 200, json.dumps({"token_type": "Bearer", "expires_in": 14400, "access_token": minted}))
        self.answered = time.monotonic()


if __name__ == "__main__":
    port, keys, delay = sys.argv[1:]
    asyncio.run(serve(int(port), Provider(port, Path(keys).read_text(), float(delay)).answer))
