"""Child processes, and what the kernel accounts to them."""

import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path


class Process:
    """A child that logs to a file and is gone when `stop` returns."""

    def __init__(self, name, command, directory, cores, environment=None, descriptors=()):
        self.name = name
        self.log = Path(directory) / f"{name}.log"
        pinned = ["taskset", "--cpu-list", ",".join(map(str, sorted(cores))), *map(str, command)]
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                pinned, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=directory, pass_fds=descriptors,
                env={**os.environ, **(environment or {})})

    @property
    def pid(self):
        return self.child.pid

    def fail_if_gone(self):
        if self.child.poll() is not None:
            raise RuntimeError(f"{self.name} ended with {self.child.returncode}:\n{self.tail()}")

    def tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def stop(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()


@contextmanager
def stopping(*processes):
    """Stops the processes at the end, whatever happened."""
    try:
        yield processes if len(processes) > 1 else processes[0]
    finally:
        for process in reversed(processes):
            process.stop()


def free_port():
    """A port that the kernel chose and nobody listens on.

    The proxies compared with cannot say which port 0 became, so the port is free, not reserved.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(ready, process, seconds=20):
    """Polls `ready` until it is true; raises when the process ends or the time is over."""
    deadline = time.monotonic() + seconds
    while not ready():
        process.fail_if_gone()
        if time.monotonic() > deadline:
            raise RuntimeError(f"{process.name} was not ready in {seconds} s:\n{process.tail()}")
        time.sleep(0.02)


def accepts(port):
    """Whether something listens on the port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def cpu_seconds(pid):
    """CPU time of all threads, to the nanosecond where the kernel keeps schedstat, else to the tick."""
    total = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        total += int((thread / "schedstat").read_text().split()[0])
    if total:
        return total / 1e9
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"process {pid} has no VmRSS")
