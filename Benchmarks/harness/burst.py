"""1,000 concurrent cold calls of one user against a provider that takes a second: one exchange, no failure, no queue."""

import select
import socket
import time

from . import proxies
from .process import cpu_seconds, stopping
from .table import show

_BODY = b'{"jsonrpc":"2.0","id":17,"method":"tools/call","params":{"name":"whoami"}}'
_DELAY = 1.0


def _request(path, token):
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Accept: application/json, text/event-stream\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(_BODY)}\r\n\r\n".encode() + _BODY)


def _at_once(connections, request):
    """Sends one request on each connection.

    Returns the moments of the first sending, of the last, and of each answer, and how many answers were no 200.
    """
    poll = select.epoll()
    start = time.monotonic()
    for connection in connections.values():
        poll.register(connection, select.EPOLLIN)
        connection.sendall(request)
    sent = time.monotonic()
    moments, failures, waiting = [], 0, len(connections)
    while waiting:
        events = poll.poll(30)
        if not events:
            return start, sent, moments, failures + waiting
        for number, _ in events:
            data = connections[number].recv(65536)
            moments.append(time.monotonic())
            poll.unregister(number)
            waiting -= 1
            if not data.startswith(b"HTTP/1.1 200") or b'"error"' in data:
                failures += 1
    return start, sent, moments, failures


class _Burst:
    """Connections to one proxy, all opened before the first request."""

    def __init__(self, bench, proxy, token):
        self.proxy = proxy
        self.request = _request(proxy.path, token)
        opened = [socket.create_connection(("127.0.0.1", proxy.port)) for _ in range(bench.options.burst)]
        self.connections = {each.fileno(): each for each in opened}

    def run(self, answered=None):
        """Milliseconds to the first, the middle and the last answer, counted from `answered()` or the first request;
        the proxy's CPU milliseconds; and the number of failures."""
        before = cpu_seconds(self.proxy.measured_pid)
        start, sent, moments, failures = _at_once(self.connections, self.request)
        cpu = (cpu_seconds(self.proxy.measured_pid) - before) * 1e3
        if answered:
            start = answered()
            if sent > start:
                raise RuntimeError("the provider answered before every call was sent; this machine is too busy for it")
        after = sorted((moment - start) * 1e3 for moment in moments)
        return [after[0], after[len(after) // 2], after[-1], cpu], failures

    def close(self):
        for each in self.connections.values():
            each.close()


def measure(bench):
    """Cold; then warm over the same connections; and as many first calls through nginx, which waits for nobody."""
    rows = []
    with bench.provider(_DELAY), bench.cheap_upstream() as (port, _):
        proxy = proxies.OboProxy(bench, proxies.Upstream(port))
        with stopping(proxy.process):
            burst = _Burst(bench, proxy, bench.issuer.token("grace"))
            cold, failures = burst.run(lambda: bench.provider_stats()["answered"])
            warm, warm_failures = burst.run()
            burst.close()
        exchanges = bench.provider_stats()["exchanges"]
        rows += [["cold, from the provider's answer", *cold], ["the same warm, from the first request", *warm]]
        if proxies.Nginx.found:
            nginx = proxies.Nginx(bench, proxies.Upstream(port))
            with stopping(nginx.process):
                burst = _Burst(bench, nginx, bench.token)
                rows.append(["nginx's first, from the first request", *burst.run()[0]])
                burst.close()
    failures += warm_failures
    show(
        f"{bench.options.burst:,} concurrent cold calls of one user: provider calls {exchanges}, failures {failures}",
        ["ms to an answer", "first", "median", "last", "proxy's CPU ms"], rows,
        ["Load and upstream share a core and are part of every figure but the last column's."])
    return {"provider_calls": exchanges, "failures": failures, "rows": rows}
