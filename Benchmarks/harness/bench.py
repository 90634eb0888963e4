"""One run's surroundings: a directory, keys and tokens, the provider and the upstreams on the load's cores."""

import http.client
import json
import os
import resource
import secrets
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from .identity import Issuer, write_certificate
from .process import Process, accepts, free_port, stopping, wait_until
from .proxies import fill


class Bench:
    def __init__(self, options):
        self.options = options
        self.directory = Path(tempfile.mkdtemp(prefix="obo-bench-"))
        os.chmod(self.directory, 0o755)  # nginx drops its rights, and must still reach its files
        cores = sorted(os.sched_getaffinity(0))
        self.proxy_cores = cores[:1]
        self.load_cores = cores[1:] or cores
        # Thousands of streams need two descriptors each, in here and in the proxies.
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        # This process, the load, the provider and the upstreams stay off the proxy's core.
        os.sched_setaffinity(0, self.load_cores)
        self.certificate, self.key = write_certificate(self.directory)
        self.provider_port = free_port()
        self.issuer = Issuer(f"http://127.0.0.1:{self.provider_port}")
        self.fixed_token = secrets.token_hex(700)
        self.token = self.issuer.token("ada")
        self.tokens_file("one-token", [self.token])

    def tokens_file(self, name, tokens):
        path = self.directory / name
        path.write_text("".join(f"{token}\n" for token in tokens))
        return path

    def module(self, name, *arguments):
        """Starts a module of this package with the Python that runs now."""
        here = str(Path(__file__).parent.parent)
        return Process(
            name, [sys.executable, "-m", f"harness.{name}", *arguments], self.directory, self.load_cores,
            {"PYTHONPATH": here})

    @contextmanager
    def provider(self, delay=0.0):
        keys = self.directory / "jwks.json"
        keys.write_text(json.dumps(self.issuer.jwks()))
        process = self.module("provider", self.provider_port, keys, delay)
        with stopping(process):
            wait_until(lambda: accepts(self.provider_port), process)
            yield process

    def provider_stats(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.provider_port, timeout=5)
        connection.request("GET", "/stats")
        return json.load(connection.getresponse())

    @contextmanager
    def cheap_upstream(self):
        """nginx with a canned answer. Yields the plain port and the TLS port."""
        port, tls_port = free_port(), free_port()
        configuration = fill(
            "upstream.conf", self.directory, port=port, tls_port=tls_port, certificate=self.certificate, key=self.key)
        process = Process(
            "upstream", ["nginx", "-c", configuration, "-e", "stderr"], self.directory, self.load_cores)
        with stopping(process):
            wait_until(lambda: accepts(port) and accepts(tls_port), process)
            yield port, tls_port

    @contextmanager
    def streaming_upstream(self):
        port = free_port()
        process = self.module("streaming_upstream", port)
        with stopping(process):
            wait_until(lambda: accepts(port), process)
            yield port

    @contextmanager
    def event_source(self, streams, events, interval):
        port = free_port()
        process = self.module("event_source", port, streams, events, interval)
        with stopping(process):
            wait_until(lambda: accepts(port), process)
            yield port
