"""A long answer to a client that reads slowly: the proxy's memory must not follow the body."""

import socket
import time

from . import proxies
from .process import resident_bytes, stopping
from .table import show


def _read_slowly(proxy, token, size):
    """Stalls, then reads all. Returns how many bytes came and the largest RSS seen meanwhile."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    connection.settimeout(20)
    connection.connect(("127.0.0.1", proxy.port))
    connection.sendall(
        f"GET {proxy.path}?bytes={size} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Accept: application/json\r\nConnection: close\r\n\r\n".encode())
    largest = received = 0
    for _ in range(20):
        time.sleep(0.1)
        largest = max(largest, resident_bytes(proxy.measured_pid))
    while data := connection.recv(262144):
        received += len(data)
        if received % 64 == 0:
            time.sleep(0.001)
        largest = max(largest, resident_bytes(proxy.measured_pid))
    return received, largest


def _measure_proxy(bench, kind, size):
    with bench.provider(), bench.streaming_upstream() as port:
        proxy = kind(bench, proxies.Upstream(port), streaming=True)
        with stopping(proxy.process):
            _read_slowly(proxy, bench.token, 1)
            before = resident_bytes(proxy.measured_pid)
            received, largest = _read_slowly(proxy, bench.token, size)
            if received < size:
                raise RuntimeError(f"{kind.name}: only {received} of {size} bytes came")
            return (largest - before) / 2**20


def measure(bench, kinds):
    size = bench.options.slow_megabytes * 1_000_000
    results = {kind.name: _measure_proxy(bench, kind, size) for kind in kinds}
    show(
        f"{bench.options.slow_megabytes} MB answer to a slow reader",
        ["", "RSS growth MiB"], list(map(list, results.items())), ["nginx with proxy_buffering off, haproxy with http-no-delay."])
    return results
