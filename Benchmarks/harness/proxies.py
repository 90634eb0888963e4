"""How each proxy that is measured is started: one worker, on one core, on a port that was free.

`streaming` asks for what an operator would set for event streams: nginx must not gather an answer in buffers,
haproxy must not wait for more of it.
"""

import http.client
import os
import re
import shutil
from pathlib import Path

from .identity import CLIENT_ID, CLIENT_SECRET
from .process import Process, accepts, children, free_port, wait_until

_TEMPLATES = Path(__file__).parent.parent / "templates"
_ROOT = Path(__file__).parent.parent.parent


def fill(template, directory, **values):
    """Writes a template with its @NAMES@ filled in to the run's directory, and returns where."""
    values = {"DIRECTORY": directory, **{name.upper(): value for name, value in values.items()}}
    text = re.sub(r"@([A-Z_]+)@", lambda match: str(values[match[1]]), (_TEMPLATES / template).read_text())
    path = Path(directory) / template
    path.write_text(text)
    return path


class Upstream:
    """Where a proxy sends what it gets."""

    def __init__(self, port, tls=None, path="/"):
        self.port = port
        self.certificate = tls
        self.path = path

    @property
    def scheme(self):
        return "https" if self.certificate else "http"


class Nginx:
    name = "nginx"
    does = "replaces Authorization; access log by one write a request"
    found = bool(shutil.which("nginx"))

    def __init__(self, bench, upstream, streaming=False):
        self.port = free_port()
        configuration = fill(
            "nginx.conf", bench.directory, port=self.port, upstream=f"127.0.0.1:{upstream.port}",
            scheme=upstream.scheme, certificate=upstream.certificate or bench.certificate, token=bench.fixed_token,
            buffering="off" if streaming else "on")
        self.process = Process(
            self.name, ["nginx", "-c", configuration, "-e", "stderr"], bench.directory, bench.proxy_cores)
        wait_until(lambda: accepts(self.port) and children(self.process.pid), self.process)
        self.measured_pid = children(self.process.pid)[0]
        self.path = "/"


class Haproxy:
    name = "haproxy"
    does = "replaces Authorization; access log by one write a request"
    found = bool(shutil.which("haproxy"))

    def __init__(self, bench, upstream, streaming=False):
        self.port = free_port()
        tls = f"ssl verify required ca-file {upstream.certificate} sni str(localhost)" if upstream.certificate else ""
        configuration = fill(
            "haproxy.cfg", bench.directory, port=self.port, upstream=f"127.0.0.1:{upstream.port}",
            token=bench.fixed_token, tls=tls,
            streaming="option http-no-delay" if streaming else "")
        self.process = Process(self.name, ["haproxy", "-db", "-f", configuration], bench.directory, bench.proxy_cores)
        wait_until(lambda: accepts(self.port), self.process)
        self.measured_pid = self.process.pid
        self.path = "/"


class Envoy:
    name = "envoy"
    does = "replaces Authorization; access log buffered"
    _command = Path(__file__).parents[2] / ".venv/bin/envoy"
    found = _command.exists()

    def __init__(self, bench, upstream, streaming=False):
        self.port = free_port()
        configuration = fill(
            "envoy.yaml", bench.directory, port=self.port, host="127.0.0.1", upstream_port=upstream.port,
            token=bench.fixed_token)
        self.process = Process(
            self.name, [self._command, "-c", configuration, "--concurrency", "1", "--disable-hot-restart",
                        "--log-level", "warn"], bench.directory, bench.proxy_cores)
        wait_until(lambda: accepts(self.port), self.process, seconds=60)
        # The package starts the real binary either in its own place or as a child.
        below = children(self.process.pid)
        self.measured_pid = below[0] if below else self.process.pid
        self.path = "/"


class OboProxy:
    name = "obo-proxy"
    does = "validates, looks the minted token up, counts, writes an access log line a request"
    binary = Path(os.environ.get("BENCH_BINARY", _ROOT / ".build/release/obo-proxy"))
    found = binary.exists()
    # Whether it has its admin listener.
    admin = True
    # Variables that differ from the usual ones.
    changes = {}

    def __init__(self, bench, upstream, streaming=False):
        self.port, self.admin_port = free_port(), free_port()
        host = "localhost" if upstream.certificate else "127.0.0.1"
        environment = {
            "OBO_LISTEN": f"127.0.0.1:{self.port}",
            "OBO_ADMIN_LISTEN": f"127.0.0.1:{self.admin_port}" if self.admin else "off",
            "OBO_WORKERS": "1",
            "OBO_ISSUER": bench.issuer.url,
            "OBO_CLIENT_ID": CLIENT_ID,
            "OBO_CLIENT_SECRET": CLIENT_SECRET,
            "OBO_SERVER_TOOLS_URL": f"{upstream.scheme}://{host}:{upstream.port}{upstream.path}",
            "OBO_SERVER_TOOLS_SCOPES": "api://tools/.default",
            **self.changes,
        }
        if upstream.certificate:
            environment["OBO_SERVER_TOOLS_CA_FILE"] = str(upstream.certificate)
        self.process = Process(self.name, [self.binary, "run"], bench.directory, bench.proxy_cores, environment)
        wait_until(self._is_ready, self.process)
        self.measured_pid = self.process.pid
        self.path = "/tools"

    def _is_ready(self):
        if not self.admin:
            return accepts(self.port)
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=1)
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False


ALL = [Nginx, Haproxy, Envoy, OboProxy]
