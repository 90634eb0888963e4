"""Just enough of an HTTP/1.1 server on asyncio for the provider and the event stream upstream."""

import asyncio


async def read_request(reader):
    """Returns (method, target, body), or None when the client has left."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    lines = head.decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ", 2)
    length = 0
    for line in lines[1:]:
        if line.lower().startswith("content-length:"):
            length = int(line.split(":", 1)[1])
    body = await reader.readexactly(length) if length else b""
    return method, target, body


def write_json(writer, status, text):
    body = text.encode()
    writer.write(
        f"HTTP/1.1 {status} Reply\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n".encode() + body)


async def serve(port, answer):
    """Calls `answer(request, writer)` for each request of each connection, for ever."""

    async def connection(reader, writer):
        try:
            while request := await read_request(reader):
                await answer(request, writer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", port, backlog=4096)
    async with server:
        await server.serve_forever()
