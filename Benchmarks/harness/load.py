"""wrk with `call.lua`."""

import json
import os
import subprocess
from pathlib import Path

_SCRIPT = Path(__file__).parent.parent / "call.lua"


def run(bench, port, path, connections, seconds, tokens="one-token", strict=True, closing=False):
    """Loads a port and returns wrk's figures; raises when an answer was an error, unless told not to be `strict`, so that
    no table shows refusals. With `closing` each call has a connection of its own."""
    result = bench.directory / "wrk.json"
    result.unlink(missing_ok=True)
    done = subprocess.run(
        ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s", "--timeout", "20s",
         "--script", str(_SCRIPT), f"http://127.0.0.1:{port}{path}"],
        env={**os.environ, "BENCH_TOKENS": str(bench.directory / tokens), "BENCH_RESULT": str(result),
             "BENCH_CONNECTION": "close" if closing else ""},
        capture_output=True, text=True)
    if done.returncode or not result.exists():
        raise RuntimeError(f"wrk failed: {done.stdout}{done.stderr}")
    figures = json.loads(result.read_text())
    if strict and (figures["refused"] or figures["broken"]) or not figures["requests"]:
        raise RuntimeError(f"the load met errors: {figures}")
    return figures
