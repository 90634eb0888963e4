"""Warm tool calls: CPU of the proxy, throughput and latency, beside the other proxies, in turn."""

from statistics import median

from . import load, proxies
from .process import cpu_seconds, resident_bytes, stopping
from .table import show


def _measure(bench, proxy, connections):
    """One run against one proxy at one number of connections."""
    load.run(bench, proxy.port, proxy.path, connections, 1)
    before = cpu_seconds(proxy.measured_pid)
    figures = load.run(bench, proxy.port, proxy.path, connections, bench.options.seconds)
    figures["cpu"] = (cpu_seconds(proxy.measured_pid) - before) * 1e6 / figures["requests"]
    figures["rate"] = figures["requests"] / figures["seconds"]
    return figures


def _measure_proxy(bench, kind, upstream):
    proxy = kind(bench, upstream)
    with stopping(proxy.process):
        at_start = resident_bytes(proxy.measured_pid)
        alone = _measure(bench, proxy, 1)
        crowd = _measure(bench, proxy, 64)
        return {
            "cpu": crowd["cpu"], "cpu1": alone["cpu"], "rate": crowd["rate"], "p50": alone["p50"], "p99": alone["p99"],
            "p50c": crowd["p50"], "p99c": crowd["p99"], "start": at_start / 2**20,
            "loaded": resident_bytes(proxy.measured_pid) / 2**20}


def _measure_direct(bench, port):
    """The load straight at the upstream: what no proxy can be faster than."""
    alone = load.run(bench, port, "/", 1, bench.options.seconds)
    crowd = load.run(bench, port, "/", 64, bench.options.seconds)
    return {"rate": crowd["requests"] / crowd["seconds"], "p50": alone["p50"], "p99": alone["p99"],
            "p50c": crowd["p50"], "p99c": crowd["p99"]}


def _medians(runs):
    return {key: median(run[key] for run in runs) for key in runs[0]}


def measure(bench, kinds, tls=False):
    """Measures every kind of proxy `runs` times, A B C A B C, and prints the medians."""
    runs = {}
    with bench.provider(), bench.cheap_upstream() as (port, tls_port):
        upstream = proxies.Upstream(tls_port, bench.certificate) if tls else proxies.Upstream(port)
        for _ in range(bench.options.runs):
            if not tls:
                runs.setdefault("no proxy", []).append(_measure_direct(bench, port))
            for kind in kinds:
                runs.setdefault(kind.name, []).append(_measure_proxy(bench, kind, upstream))
    results = {name: _medians(each) for name, each in runs.items()}
    _print(bench, kinds, results, tls)
    return results


def _print(bench, kinds, results, tls):
    base = results.get("nginx", {})
    rows = [[
        name, each.get("cpu"), each["cpu"] / base["cpu"] if "cpu" in each and "cpu" in base else None, each.get("cpu1"),
        each["rate"], each["p50"], each["p99"], each["p50c"], each["p99c"], each.get("start"), each.get("loaded"),
    ] for name, each in results.items()]
    show(
        "Tool calls, TLS to the upstream" if tls else "Tool calls",
        ["", "CPU µs/req", "× nginx", "at 1 conn", "req/s", "p50 µs (1)", "p99 µs (1)", "p50 µs (64)", "p99 µs (64)",
         "RSS MiB", "after load"],
        rows,
        [f"Medians of {bench.options.runs} runs of {bench.options.seconds} s in turn; CPU at 64 connections unless said."]
        + [f"{kind.name} {kind.does}." for kind in kinds])
