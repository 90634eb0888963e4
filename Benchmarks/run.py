#!/usr/bin/env python3
"""Measures obo-proxy beside nginx, haproxy and Envoy. `make bench` is the way to run it."""

import argparse
import json
import platform
import shutil
import sys
from pathlib import Path

from harness import burst, calls, changes, cost, events, idle_streams, proxies, slow_reader, soak
from harness.bench import Bench

SCENARIOS = ["calls", "tls", "burst", "streams", "events", "slow", "soak", "changes", "cost"]


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", nargs="+", choices=SCENARIOS, default=SCENARIOS)
    parser.add_argument("--only", nargs="+", choices=[kind.name for kind in proxies.ALL], help="leave the others out")
    parser.add_argument("--runs", type=int, default=5, help="runs of each proxy, in turn")
    parser.add_argument("--seconds", type=int, default=5, help="length of one load")
    parser.add_argument("--burst", type=int, default=1000, help="concurrent cold calls")
    parser.add_argument("--streams", type=int, default=2000, help="idle event streams")
    parser.add_argument("--slow-megabytes", type=int, default=200)
    parser.add_argument("--soak-requests", type=int, default=100_000)
    parser.add_argument("--soak-users", type=int, default=20_000)
    parser.add_argument("--json", type=Path, help="write all figures here as well")
    parser.add_argument("--keep", action="store_true", help="keep the logs and configurations of the run")
    return parser.parse_args()


def choose(only):
    """The proxies to measure; says which are left out, so that no table is silently shorter."""
    wanted = [kind for kind in proxies.ALL if not only or kind.name in only]
    for kind in wanted:
        if not kind.found:
            print(f"bench: {kind.name} is not there and is left out", file=sys.stderr)
    return [kind for kind in wanted if kind.found]


def measure(bench, kinds):
    ours = proxies.OboProxy in kinds
    http_only = [kind for kind in kinds if kind is not proxies.Envoy]
    steps = {
        "calls": lambda: calls.measure(bench, kinds),
        "tls": lambda: calls.measure(bench, http_only, tls=True),
        "burst": lambda: burst.measure(bench) if ours else None,
        "streams": lambda: idle_streams.measure(bench, kinds),
        "events": lambda: events.measure(bench, kinds),
        "slow": lambda: slow_reader.measure(bench, kinds),
        "soak": lambda: soak.measure(bench) if ours else None,
        "cost": lambda: cost.measure(bench) if ours else None,
        "changes": lambda: changes.measure(bench) if ours else None,
    }
    return {name: steps[name]() for name in SCENARIOS if name in bench.options.scenario}


def main():
    options = parse()
    bench = Bench(options)
    print(f"{platform.machine()}, proxy on core {bench.proxy_cores[0]}, load and upstream on {bench.load_cores}")
    try:
        results = measure(bench, choose(options.only))
        if options.json:
            options.json.write_text(json.dumps(results, indent=2) + "\n")
    except RuntimeError as problem:
        sys.exit(f"bench: {problem}")
    finally:
        if options.keep:
            print(f"\nkept: {bench.directory}")
        else:
            shutil.rmtree(bench.directory, ignore_errors=True)


if __name__ == "__main__":
    main()
