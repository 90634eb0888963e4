"""The peers of the interop suite: each a process of its own, for not all of them can live in one Python. What they say, one
JSON object a line, is kept and can be waited for."""

import asyncio
import itertools
import json
import os
from pathlib import Path

from fixtures.journal import Journal
from fixtures.proxy import REPOSITORY

PARTIES = Path(__file__).parent / "parties"
SECOND = REPOSITORY / ".venv-mcp1"  # beside .venv: what needs the SDK before 2.0, and the TypeScript SDK
# Name: (script, where its packages are).
SOFTWARE = {
    "mcp2": ("{}_mcp2.py", REPOSITORY / ".venv"),
    "mcp1": ("{}_mcp1.py", SECOND),
    "fastmcp4": ("{}_fastmcp.py", REPOSITORY / ".venv"),
    "fastmcp3": ("{}_fastmcp.py", SECOND),
    "js": ("{}_js.cjs", SECOND),
}


def command(role, name):
    script, packages = SOFTWARE[name]
    path = PARTIES / script.format(role)
    if path.suffix == ".py":
        return [packages / "bin/python", path]
    [driver] = packages.glob("lib/python3*/site-packages/playwright/driver")
    return [driver / "node", path, driver]


class Party:
    """`role` is `client` or `server`."""

    def __init__(self, role, name):
        self.role, self.name = role, name
        self.said = Journal()
        self.numbers = itertools.count(1)
        self.errors = bytearray()

    async def start(self):
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "FASTMCP_CHECK_FOR_UPDATES": "off",
                       "FASTMCP_SHOW_SERVER_BANNER": "false", "PYTHONUNBUFFERED": "1"}
        self.process = await asyncio.create_subprocess_exec(
            *command(self.role, self.name), env=environment, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, limit=1 << 24)
        self.readers = [asyncio.ensure_future(self.hear()), asyncio.ensure_future(self.complaints())]
        return self

    async def hear(self):
        while line := await self.process.stdout.readline():
            self.said.append(json.loads(line))
        self.said.append({"event": "left"})

    async def complaints(self):
        while line := await self.process.stderr.readline():
            self.errors += line

    async def find(self, wanted, since=0, timeout=30):
        """The first thing said, from the number `since` on, of which `wanted` holds."""

        def found():
            return next((said for said in self.said[since:] if wanted(said) or said.get("event") == "left"), None)

        try:
            await self.said.until(lambda: found() is not None, timeout)
        except TimeoutError:
            raise AssertionError(f"{self.role} {self.name} does not say it:\n{self.errors.decode()[-3000:]}") from None
        assert found().get("event") != "left", f"{self.role} {self.name} left:\n{self.errors.decode()[-3000:]}"
        return found()

    async def url(self):
        """Of a server: where it listens."""
        return f"http://127.0.0.1:{(await self.begun('listening'))['port']}"

    async def begun(self, event):
        """The first thing that it says. All the software of the suite starts at once, and that may take its time."""
        return await self.find(lambda said: said.get("event") == event, timeout=90)

    def begin(self, do, **values):
        """Of a client: gives a command. Returns its number."""
        number = next(self.numbers)
        self.process.stdin.write(json.dumps({"id": number, "do": do, **values}).encode() + b"\n")
        return number

    async def outcome(self, number, timeout=30):
        """What a command brought: `{"result": ...}` or `{"error": ...}`."""
        said = await self.find(lambda said: said.get("id") == number, timeout=timeout)
        return {name: value for name, value in said.items() if name != "id"}

    async def do(self, do, **values):
        return await self.outcome(self.begin(do, **values))

    async def stop(self):
        self.process.stdin.close()
        try:
            async with asyncio.timeout(5):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
        await asyncio.gather(*self.readers)
