"""Memory per idle event stream: many GET streams open at once, nothing flowing. Both sides of the proxy are counted."""

import socket
import time

from . import proxies
from .process import resident_bytes, stopping
from .table import show


def open_stream(proxy, token):
    """Opens a stream and reads until its first event has come through."""
    connection = socket.create_connection(("127.0.0.1", proxy.port), timeout=20)
    connection.sendall(
        f"GET {proxy.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Accept: text/event-stream\r\n\r\n".encode())
    seen = b""
    while b"list_changed" not in seen:
        data = connection.recv(4096)
        if not data:
            raise RuntimeError(f"{proxy.process.name} ended a stream: {seen[:200]!r}\n{proxy.process.tail()}")
        seen += data
    if not seen.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"{proxy.process.name} refused a stream: {seen[:200]!r}")
    return connection


def _measure_proxy(bench, kind):
    with bench.provider(), bench.streaming_upstream() as port:
        proxy = kind(bench, proxies.Upstream(port), streaming=True)
        with stopping(proxy.process):
            streams = [open_stream(proxy, bench.token) for _ in range(20)]
            before = resident_bytes(proxy.measured_pid)
            streams += [open_stream(proxy, bench.token) for _ in range(bench.options.streams)]
            time.sleep(1)  # what a proxy gives back after opening counts in its favour
            after = resident_bytes(proxy.measured_pid)
            for stream in streams:
                stream.close()
            return (after - before) / bench.options.streams / 1024


def measure(bench, kinds):
    results = {kind.name: _measure_proxy(bench, kind) for kind in kinds}
    base = results.get("nginx")
    show(
        f"{bench.options.streams:,} idle event streams",
        ["", "KiB RSS each", "× nginx"],
        [[name, value, value / base if base else None] for name, value in results.items()],
        ["nginx with proxy_buffering off and haproxy with http-no-delay, as event streams need."])
    return results
