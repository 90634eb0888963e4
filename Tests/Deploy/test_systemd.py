"""The unit, read by systemd itself from where `make install` puts it."""

import os
import re
import subprocess

import pytest
from fixtures.proxy import BINARY, REPOSITORY


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prefix")
    environment = {**os.environ, "PREFIX": str(folder), "DESTDIR": "", "BUILD": str(BINARY.parent)}
    subprocess.run([REPOSITORY / "Scripts/install"], env=environment, check=True)
    return folder


@pytest.fixture(scope="module")
def units(prefix):
    return prefix / "lib/systemd/system"


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_systemd_understands_all_of_it(units):
    done = analyze("verify", "--man=no", *sorted(units.iterdir()))
    assert (done.returncode, done.stdout) == (0, "")


def test_exposure_is_as_stated(units):
    done = analyze("security", "--offline=true", "--threshold=15", units / "obo-proxy.service")
    assert done.returncode == 0, done.stdout
    found = re.search(r"exposure level for obo-proxy.service: ([\d.]+) (\w+)", done.stdout)
    assert f"says {found[1]} ({found[2]}) of 10" in (REPOSITORY / "deploy/systemd.md").read_text()


def test_the_program_is_the_installed_one(prefix, units):
    text = (units / "obo-proxy.service").read_text()
    [command] = re.findall("^ExecStart=(.*)$", text, re.M)
    program, *arguments = command.split()
    assert program == f"{prefix}/bin/obo-proxy" and os.access(program, os.X_OK) and arguments == ["run"]


def test_sockets_are_those_of_the_defaults(units):
    """Named as the program knows them."""
    keys = subprocess.run([BINARY, "check", "--list-keys"], capture_output=True, text=True, check=True).stdout
    defaults = {key: default for key, _, default in (line.split("\t") for line in keys.splitlines())}
    for unit, name, key in [("obo-proxy", "listen", "listen"), ("obo-proxy-admin", "admin", "admin.listen")]:
        text = (units / f"{unit}.socket").read_text()
        assert f"ListenStream={defaults[key]}\n" in text and f"FileDescriptorName={name}\n" in text
        assert "Service=obo-proxy.service\n" in text


def test_time_to_leave(units):
    [seconds] = re.findall(r"^TimeoutStopSec=(\d+)s$", (units / "obo-proxy.service").read_text(), re.M)
    assert int(seconds) > 20


def test_the_user_exists_after_sysusers(prefix):
    [line] = (prefix / "lib/sysusers.d/obo-proxy.conf").read_text().splitlines()
    unit = (prefix / "lib/systemd/system/obo-proxy.service").read_text()
    assert f"User={line.split()[1]}\n" in unit
