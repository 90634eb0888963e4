"""Many users over a long time: memory must stop growing once the cache is full."""

from . import load, proxies
from .process import resident_bytes, stopping
from .table import show


def measure(bench):
    options = bench.options
    bench.tokens_file("many-tokens", [bench.issuer.token(f"user-{number}") for number in range(options.soak_users)])
    series, total = [], 0
    with bench.provider(), bench.cheap_upstream() as (port, _):
        proxy = proxies.OboProxy(bench, proxies.Upstream(port))
        with stopping(proxy.process):
            series.append((0, resident_bytes(proxy.measured_pid) / 2**20))
            while total < options.soak_requests:
                total += load.run(bench, proxy.port, proxy.path, 64, 5, "many-tokens")["requests"]
                series.append((total, resident_bytes(proxy.measured_pid) / 2**20))
            exchanges = bench.provider_stats()["exchanges"]
    half = next(resident for requests, resident in series if requests >= total / 2)
    result = {"requests": total, "exchanges": exchanges, "series": series, "growth_mib": series[-1][1] - half}
    show(
        f"{total:,} requests of {options.soak_users:,} users, {exchanges:,} exchanges",
        ["requests", "RSS MiB"], [[f"{requests:,}", resident] for requests, resident in series],
        [f"Growth over the second half: {result['growth_mib']:.1f} MiB."])
    return result
