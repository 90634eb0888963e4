"""What it costs to be seen: CPU per warm call with counts, access log and status page, against all of them off."""

import http.client
import os
import threading
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from . import load
from .process import cpu_seconds, stopping
from .proxies import OboProxy, Upstream
from .table import show


class Silent(OboProxy):
    """No admin listener, and a log of warnings only."""

    name = "no log, no page"
    admin = False
    changes = {"OBO_LOG_LEVEL": "warning"}


class Bare(Silent):
    """A build whose `Metrics.record` does nothing, where there is one: counting has no switch."""

    name = "nothing at all"
    binary = Path(os.environ.get("BENCH_BARE", "/nonexistent"))
    found = binary.exists()


class Logged(OboProxy):
    name = "access log"
    admin = False


class Watched(OboProxy):
    """As it is by default, and looked at more often than any browser and any Prometheus does."""

    name = "all, looked at each second"


def _look(port, ended):
    while not ended.wait(1):
        for path in ("/", "/metrics"):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            assert connection.getresponse().read()


@contextmanager
def _looking(proxy):
    ended = threading.Event()
    thread = threading.Thread(target=_look, args=(proxy.admin_port, ended)) if proxy.admin else None
    if thread:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        if thread:
            thread.join()


def _measure_once(bench, kind, upstream):
    proxy = kind(bench, upstream)
    with stopping(proxy.process), _looking(proxy):
        load.run(bench, proxy.port, proxy.path, 64, 1)
        before = cpu_seconds(proxy.measured_pid)
        figures = load.run(bench, proxy.port, proxy.path, 64, bench.options.seconds)
        return (cpu_seconds(proxy.measured_pid) - before) * 1e6 / figures["requests"]


def measure(bench):
    """Measures each way `runs` times, A B C A B C. Each run's ratio is to the run of the first way beside it, so that
    what else the machine does falls on both."""
    kinds = [kind for kind in (Bare, Silent, Logged, Watched) if kind.found]
    runs = {kind.name: [] for kind in kinds}
    with bench.provider(), bench.cheap_upstream() as (port, _):
        for _ in range(bench.options.runs):
            for kind in kinds:
                runs[kind.name].append(_measure_once(bench, kind, Upstream(port)))
    base = runs[kinds[0].name]
    results = {
        name: {"cpu": median(each), "ratio": median(one / other for one, other in zip(each, base))}
        for name, each in runs.items()
    }
    show(
        "What it costs to be seen", ["", "CPU µs/req", "× the first"],
        [[name, each["cpu"], f"{each['ratio']:.3f}"] for name, each in results.items()],
        [f"Medians of {bench.options.runs} runs of {bench.options.seconds} s in turn, 64 connections."]
        + ([] if Bare.found else ["Counting is in all of them: it has no switch. BENCH_BARE names a build without."]))
    return results
