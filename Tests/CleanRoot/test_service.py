"""The service under a real systemd: the package on a bare Debian, booted, and taken through what deploy/systemd.md says."""

import re
import subprocess

import pytest
from clean_root import debian
from fixtures.proxy import REPOSITORY

pytestmark = pytest.mark.timeout(1500)

# Runs in the booted system, with what it says in /told; the last word turns the machine off.
STEPS = """#!/bin/sh
exec >/told 2>&1
run() { echo "== $*"; "$@"; echo "exit $?"; }
main() { systemctl show --property MainPID --value obo-proxy.service; }

run systemctl enable --now obo-proxy.service
run systemctl is-active obo-proxy.service
run systemd-run --quiet --wait --pipe --uid=obo-proxy --property=EnvironmentFile=/etc/obo-proxy/environment \\
    /usr/bin/obo-proxy health
grep -E '^(Uid|NoNewPrivs|Seccomp|CapEff|CapBnd):' /proc/$(main)/status
run systemctl reload obo-proxy.service
run systemctl is-active obo-proxy.service
run systemctl stop obo-proxy.service
systemctl show --property Result --property ExecMainStatus obo-proxy.service

run systemctl start obo-proxy.socket obo-proxy-admin.socket
run systemctl start obo-proxy.service
run systemctl restart obo-proxy.service
run systemctl is-active obo-proxy.service
journalctl --unit obo-proxy.service --output cat --no-pager
systemctl poweroff 2>/dev/null
"""
# Which the container around the system would deny; a machine does not.
LANDLOCK = "landlock_create_ruleset landlock_add_rule landlock_restrict_self"
UNIT = """[Unit]
After=multi-user.target
[Service]
Type=idle
ExecStart=/steps
[Install]
WantedBy=multi-user.target
"""


@pytest.fixture(scope="module")
def told(package, tmp_path_factory):
    """All that the steps said."""
    root = debian(tmp_path_factory.mktemp("service") / "root")
    root.install(package, "dbus", "systemd-sysv")
    root.fill_in_environment("/etc/obo-proxy/environment", 0o600)
    secret = root.path / "etc/obo-proxy/client-secret"
    secret.write_text("a secret of the test")
    root.must("chgrp", "obo-proxy", "/etc/obo-proxy/client-secret")
    secret.chmod(0o640)
    (root.path / "steps").write_text(STEPS)
    (root.path / "steps").chmod(0o755)
    (root.path / "etc/systemd/system/steps.service").write_text(UNIT)
    root.must("systemctl", "enable", "steps.service")
    booted = subprocess.run(
        [
            "systemd-nspawn", "--quiet", f"--directory={root.path}", "--boot", "--register=no", "--keep-unit",
            "--private-network", f"--system-call-filter={LANDLOCK}",
        ],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300,
    )  # fmt: skip
    assert (root.path / "told").exists(), booted.stdout[-4000:]
    return (root.path / "told").read_text()


def test_every_step_succeeds(told):
    """Type=notify: start and reload come back only after the proxy has said that it is ready."""
    assert re.findall(r"^exit (\d+)$", told, re.M) == ["0"] * 10, told
    assert told.count("\nactive\n") == 3


def test_it_leaves_in_good_order(told):
    assert "Result=success\n" in told and "ExecMainStatus=0\n" in told


def test_it_has_no_privileges(told):
    assert not re.search(r"^Uid:\s+0\b", told, re.M)
    for name, value in [("NoNewPrivs", "1"), ("Seccomp", "2"), ("CapEff", "0" * 16), ("CapBnd", "0" * 16)]:
        assert re.search(rf"^{name}:\s+{value}$", told, re.M), told


def test_it_restrains_itself_further(told):
    """The unit's own filter and limits leave it the calls for that."""
    lines = re.findall(r'"event":"hardening".*', told)
    assert lines and all(line.count('"on"') == 4 for line in lines)


def test_its_log_holds_nothing_but_its_lines(told):
    journal = told.partition("Starting obo-proxy.service")[2]
    others = [line for line in journal.splitlines() if not line.startswith("{") and "obo-proxy.service" not in line]
    assert [line for line in others if "On-Behalf-Of proxy" not in line] == []


def test_it_takes_the_sockets_that_systemd_holds(told):
    assert '"address":"127.0.0.1:8089"' in told and '"admin":"127.0.0.1:9089"' in told
