"""An upstream that holds event streams open, or sends a long body; run as `python -m harness.streaming_upstream PORT`.

GET answers with one event and then silence; `?bytes=N` answers with a chunked body of N bytes, as fast as it is taken.
"""

import asyncio
import sys

from .http_server import serve

_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n")
_EVENT = b"event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}\n\n"
_BLOCK = b"x" * 65536


def _chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


async def _long_body(size, writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    while size > 0:
        block = _BLOCK[:size]
        writer.write(_chunk(block))
        await writer.drain()
        size -= len(block)
    writer.write(b"0\r\n\r\n")


async def answer(request, writer):
    _, target, _ = request
    if "bytes=" in target:
        await _long_body(int(target.split("bytes=")[1]), writer)
    else:
        writer.write(_STREAM_HEAD + _chunk(_EVENT))


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), answer))
