"""What the Python clients share: commands come in on standard input, what each brings and everything heard meanwhile goes
out on standard output. One JSON object a line."""

import asyncio
import json
import sys

NAME = "Ada"  # what its user answers when asked
WORD = "lighthouse"  # what its model answers when asked
ROOT = "file:///home/ada"


class Fault(Exception):
    """What a connection that is not there any more is asked for."""


def say(**values):
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


def plain(result):
    return result.model_dump(mode="json", by_alias=True, exclude_none=True)


def described(error):
    """An error as its user sees it: the one inside of groups, with what the server said."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    said = getattr(error, "error", None)
    if said is None:
        return {"type": type(error).__name__, "message": str(error)}
    return {"type": type(error).__name__, "code": said.code, "message": said.message, "data": said.data}


class Connection:
    """One connection: its HTTP client and what it hears are said under its name."""

    def __init__(self, name, url, transport, era, token):
        self.name, self.url, self.transport, self.era, self.token = name, url, transport, era, token
        self.clients = []
        self.closing = asyncio.Event()
        self.session = None

    def tell(self, event, **values):
        say(connection=self.name, event=event, **values)

    def http_client(self, make, *arguments, headers=None, **options):
        """An HTTP client as the SDK makes it, that sends the token and says what was answered."""
        http = make(*arguments, headers={**(headers or {}), "Authorization": f"Bearer {self.token}"}, **options)

        async def answered(response):
            self.tell("http", method=response.request.method, status=response.status_code,
                      fields={name.lower(): value for name, value in response.headers.items()})

        http.event_hooks["response"].append(answered)
        self.clients.append(http)
        return http

    def renew(self, token):
        self.token = token
        for http in self.clients:
            http.headers["Authorization"] = f"Bearer {token}"

    async def progressed(self, progress, total, message):
        self.tell("progress", step=[progress, total, message])

    async def logged(self, params):
        self.tell("log", **plain(params))

    async def handled(self, message):
        """Notifications that have no callback of their own."""
        message = getattr(message, "root", message)
        method = getattr(message, "method", "")
        if method.startswith("notifications/") and method not in ("notifications/progress", "notifications/message"):
            self.tell("notification", method=method, params=plain(message.params) if message.params else None)


class Party:
    """`adapter(connection)` is an asynchronous context manager around a session whose methods are the commands."""

    def __init__(self, adapter):
        self.adapter = adapter
        self.connections = {}
        self.tasks = {}

    async def run(self):
        reader = asyncio.StreamReader(limit=1 << 24)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        say(event="ready")
        while line := await reader.readline():
            command = json.loads(line)
            self.tasks[command["id"]] = asyncio.ensure_future(self.answer(**command))

    async def answer(self, id, do, **values):
        try:
            result = await getattr(self, "do_" + do, self.within)(do=do, **values)
            say(id=id, result=result)
        except asyncio.CancelledError:
            say(id=id, error={"type": "Cancelled"})
        except Exception as error:
            say(id=id, error=described(error))
        finally:
            self.tasks.pop(id, None)

    async def do_connect(self, do, connection, url, transport, era, token):
        opened = asyncio.get_running_loop().create_future()
        self.connections[connection] = made = Connection(connection, url, transport, era, token)
        made.task = asyncio.ensure_future(self.keep(made, opened))
        return await opened

    async def keep(self, connection, opened):
        """Enters and leaves in one task, as the SDKs' scopes demand."""
        try:
            async with self.adapter(connection) as session:
                connection.session = session
                opened.set_result(await session.opened())
                await connection.closing.wait()
        except BaseException as error:
            if not opened.done():
                opened.set_exception(Fault() if isinstance(error, asyncio.CancelledError) else error)
            elif not connection.closing.is_set():
                connection.tell("lost", error=described(error))
        finally:
            connection.session = None

    async def do_close(self, do, connection):
        closed = self.connections.pop(connection)
        closed.closing.set()
        await asyncio.wait([closed.task])

    async def do_renew(self, do, connection, token):
        self.connections[connection].renew(token)

    async def do_cancel(self, do, connection, call):
        await self.connections[connection].session.cancel(self.tasks[call])

    async def within(self, do, connection, **values):
        session = self.connections[connection].session
        if session is None:
            raise Fault("the connection is lost")
        return await getattr(session, do)(**values)


def main(adapter):
    asyncio.run(Party(adapter).run())
