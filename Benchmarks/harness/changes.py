"""Calls while the proxy's configuration is reloaded, and while it is replaced by another one: how many fail."""

import os
import signal
import socket
import sys
import threading

from . import load
from .identity import CLIENT_ID, CLIENT_SECRET
from .process import Process, free_port, wait_until
from .proxies import OboProxy
from .table import show

# Becomes the proxy with the listening socket where systemd would put it.
_HAND_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3, inheritable=True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="listen")
os.execv(sys.argv[2], sys.argv[2:])
"""


class _Proxy:
    """One proxy of several that come after each other on one port."""

    admin = True

    def __init__(self, bench, port, upstream, inherited=None, **settings):
        self.admin_port = free_port()
        self.path = bench.directory / "reload.yaml"
        environment = {
            "OBO_LISTEN": f"127.0.0.1:{port}", "OBO_ADMIN_LISTEN": f"127.0.0.1:{self.admin_port}",
            "OBO_WORKERS": "2", "OBO_ISSUER": bench.issuer.url, "OBO_CLIENT_ID": CLIENT_ID,
            "OBO_CLIENT_SECRET": CLIENT_SECRET, "OBO_SERVER_TOOLS_URL": f"http://127.0.0.1:{upstream}/",
            "OBO_SERVER_TOOLS_SCOPES": "api://tools/.default", "OBO_CONFIG": str(self.path), **settings,
        }
        command, descriptors = [OboProxy.binary, "run"], ()
        if inherited:
            command, descriptors = [sys.executable, "-c", _HAND_OVER, inherited.fileno(), *command], (inherited.fileno(),)
        self.process = Process("reload", command, bench.directory, bench.proxy_cores, environment, descriptors)
        wait_until(lambda: OboProxy._is_ready(self), self.process)


_GOOD, _BAD = "timeouts: {{idle: {}s}}\n", "servers: [\n"


def _reload(bench, proxy, over):
    """A good, a bad and an unchanged file, in turn, each with a signal. Returns how often."""
    times = 0
    while not over.wait(0.02):
        proxy.path.write_text([_GOOD.format(60 + times % 30), _BAD, _GOOD.format(60)][times % 3])
        os.kill(proxy.process.pid, signal.SIGHUP)
        times += 1
    return times


def _measure(bench, port, change, closing):
    """One load during which `change(over)` runs beside it."""
    over, result = threading.Event(), []
    thread = threading.Thread(target=lambda: result.append(change(over)))
    thread.start()
    figures = load.run(bench, port, "/tools", 32, bench.options.seconds, strict=False, closing=closing)
    over.set()
    thread.join()
    return [figures["requests"], figures["requests"] / figures["seconds"], result[0], figures["refused"],
            figures["broken"]]


def measure(bench):
    rows = []
    with bench.provider(), bench.cheap_upstream() as (upstream, _):
        for closing in (False, True):
            kind = "a connection a call" if closing else "kept connections"
            rows.append([f"reload, {kind}", *_reloading(bench, upstream, closing)])
            rows.append([f"replaced, one socket, {kind}", *_replacing(bench, upstream, closing, inherits=True)])
            rows.append([f"replaced, shared port, {kind}", *_replacing(bench, upstream, closing, inherits=False)])
    show(
        "Calls during changes", ["", "calls", "calls/s", "changes", "refused", "broken"], rows,
        [f"wrk with 32 connections for {bench.options.seconds} s; it tries nothing again."])
    return rows


def _reloading(bench, upstream, closing):
    port = free_port()
    (bench.directory / "reload.yaml").write_text(_GOOD.format(60))
    proxy = _Proxy(bench, port, upstream)
    try:
        return _measure(bench, port, lambda over: _reload(bench, proxy, over), closing)
    finally:
        proxy.process.stop()


def _replacing(bench, upstream, closing, inherits):
    """A new proxy beside the old one, then SIGTERM for the old one, again and again."""
    (bench.directory / "reload.yaml").write_text(_GOOD.format(60))
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if not inherits:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(("127.0.0.1", 0))
        if inherits:
            listener.listen(4096)
        port = listener.getsockname()[1]
        settings = {"inherited": listener} if inherits else {"OBO_REUSE_PORT": "true"}
        proxies = [_Proxy(bench, port, upstream, **settings)]

        def replace(over):
            times = 0
            while not over.wait(0.2):
                proxies.append(_Proxy(bench, port, upstream, **settings))
                proxies.pop(0).process.stop()
                times += 1
            return times

        try:
            return _measure(bench, port, replace, closing)
        finally:
            for each in proxies:
                each.process.stop()
