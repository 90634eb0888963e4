"""Event streams with events: none lost, none out of order, how long one is on its way, and what it costs the proxy."""

import json
import select
import socket
import time
from statistics import median

from . import proxies
from .process import cpu_seconds, resident_bytes, stopping
from .table import show

# Streams, and seconds between two events of one stream.
_CASES = [(1, 0.01), (100, 0.1), (2000, 1.0)]


class _Stream:
    """One event stream, which takes nothing but its own events in their order."""

    def __init__(self, proxy, token, name):
        self.name, self.raw, self.body, self.received, self.ended = name, b"", b"", 0, False
        self.socket = socket.create_connection(("127.0.0.1", proxy.port), timeout=20)
        self.socket.sendall(
            f"GET {proxy.path}?stream={name} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
            f"Accept: text/event-stream\r\n\r\n".encode())
        while b"\r\n\r\n" not in self.raw:
            self._take()
        head, _, self.raw = self.raw.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"stream {name} was refused: {head[:200]!r}")

    def _take(self):
        data = self.socket.recv(65536)
        if not data:
            raise RuntimeError(f"stream {self.name} was cut after {self.received} events")
        self.raw += data

    def read(self):
        """Takes what is there. Returns how many nanoseconds each of its events was on its way."""
        self._take()
        now = time.monotonic_ns()
        self._decode()
        *events, self.body = self.body.split(b"\n\n")
        return [now - self._check(event) for event in events]

    def _decode(self):
        while b"\r\n" in self.raw and not self.ended:
            line, _, rest = self.raw.partition(b"\r\n")
            size = int(line, 16)
            if len(rest) < size + 2:
                return
            self.body, self.raw, self.ended = self.body + rest[:size], rest[size + 2:], size == 0

    def _check(self, event):
        params = json.loads(event.partition(b"data: ")[2])["params"]
        got = params["progressToken"], params["progress"]
        if got != (str(self.name), self.received):
            raise RuntimeError(f"stream {self.name} got event {got} in place of its number {self.received}")
        self.received += 1
        return params["at"]


def _read_all(streams, events):
    """Reads until every stream has ended. Returns all times on the way; raises when an event is missing."""
    poll = select.epoll()
    by_descriptor = {stream.socket.fileno(): stream for stream in streams}
    for descriptor in by_descriptor:
        poll.register(descriptor, select.EPOLLIN)
    waiting, times = len(streams), []
    while waiting:
        ready = poll.poll(30)
        if not ready:
            raise RuntimeError(f"{waiting} streams stand still")
        for descriptor, _ in ready:
            stream = by_descriptor[descriptor]
            times += stream.read()
            if stream.ended:
                poll.unregister(descriptor)
                waiting -= 1
    lost = sum(events - stream.received for stream in streams)
    if lost:
        raise RuntimeError(f"{lost} events were lost")
    return times


def _run(proxy, token, count, events):
    """One run: milliseconds on the way, and with a proxy its CPU microseconds an event and KiB a stream."""
    pid = getattr(proxy, "measured_pid", None)
    resident = resident_bytes(pid) if pid else 0
    streams = [_Stream(proxy, token, number) for number in range(count)]
    before = cpu_seconds(pid) if pid else 0
    times = sorted(_read_all(streams, events))
    figures = {"p50": times[len(times) // 2] / 1e6, "p99": times[len(times) * 99 // 100] / 1e6, "max": times[-1] / 1e6}
    if pid:
        figures["cpu"] = (cpu_seconds(pid) - before) * 1e6 / len(times)
        figures["kib"] = (resident_bytes(pid) - resident) / 1024 / count
    for stream in streams:
        stream.socket.close()
    return figures


class _Direct:
    """The source itself, in a proxy's place."""

    path = "/"

    def __init__(self, port):
        self.port = port


def _measure(bench, kind, port, count, events):
    if not kind:
        return _run(_Direct(port), bench.token, count, events)
    proxy = kind(bench, proxies.Upstream(port), streaming=True)
    with stopping(proxy.process):
        return _run(proxy, bench.token, count, events)


def _measure_case(bench, kinds, count, interval):
    """Every kind of proxy in turn, `runs` times; medians."""
    events = max(1, round(bench.options.seconds / interval))
    runs = {}
    with bench.provider(), bench.event_source(count, events, interval) as port:
        for _ in range(bench.options.runs):
            for kind in [None, *kinds]:
                name = kind.name if kind else "no proxy"
                runs.setdefault(name, []).append(_measure(bench, kind, port, count, events))
    results = {name: {key: median(run[key] for run in each) for key in each[0]} for name, each in runs.items()}
    _print(bench, results, count, events, interval)
    return results


def _print(bench, results, count, events, interval):
    base = results.get("nginx", {})

    def beside(each, key):
        return each[key] / base[key] if key in each and key in base else None

    show(
        f"{count:,} event stream{'s' * (count > 1)}, an event every {interval * 1000:,.0f} ms on each",
        ["", "p50 ms", "× nginx", "p99 ms", "longest ms", "CPU µs/event", "× nginx", "KiB RSS each"],
        [[name, each["p50"], beside(each, "p50"), each["p99"], each["max"], each.get("cpu"), beside(each, "cpu"),
          each.get("kib") if count > 1 else None] for name, each in results.items()],
        [f"Medians of {bench.options.runs} runs of {count * events:,} numbered events in turn: none lost, none out of "
         "order, none on another stream.",
         "Times from the server's write to the client's read. nginx with proxy_buffering off, haproxy with "
         "http-no-delay."])


def measure(bench, kinds):
    return {str(count): _measure_case(bench, kinds, count, interval) for count, interval in _CASES}
