"""What `make install` and `make deb` put where, the manual page and the completions."""

import json
import os
import re
import shutil
import subprocess

import pytest
from fixtures.proxy import BINARY, REPOSITORY

PAGE = REPOSITORY / "deploy/obo-proxy.1"
SHELLS = {
    "bash": "share/bash-completion/completions/obo-proxy",
    "zsh": "share/zsh/vendor-completions/_obo-proxy",
    "fish": "share/fish/vendor_completions.d/obo-proxy.fish",
}


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """Of the debug build, whose libraries differ by Swift's own; `make deploy-test` has the real one."""
    folder = tmp_path_factory.mktemp("package")
    environment = {**os.environ, "BUILD": str(BINARY.parent), "DPKG_DEB_COMPRESSOR_TYPE": "none"}
    done = subprocess.run(
        [REPOSITORY / "Scripts/deb", folder], env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return folder / done.stdout.strip()


@pytest.fixture(scope="module")
def unpacked(package, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    subprocess.run(["dpkg-deb", "--raw-extract", package, folder], check=True)
    return folder


def field(package, name):
    done = subprocess.run(["dpkg-deb", "--field", package, name], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_what_the_package_says_of_itself(package):
    assert field(package, "Package") == "obo-proxy"
    version = subprocess.run([BINARY, "version"], capture_output=True, text=True, check=True).stdout
    assert version.startswith(f"obo-proxy {field(package, 'Version')}\n")
    depends = field(package, "Depends")
    for library in ("libc6", "libevent-core", "libssl3", "libyaml-0-2", "ca-certificates"):
        assert library in depends
    assert "@" not in depends


def test_everything_is_there_and_belongs_to_root(package, unpacked):
    names = [
        "usr/bin/obo-proxy", "usr/lib/systemd/system/obo-proxy.service", "usr/lib/systemd/system/obo-proxy.socket",
        "usr/lib/systemd/system/obo-proxy-admin.socket", "usr/lib/sysusers.d/obo-proxy.conf",
        "usr/share/man/man1/obo-proxy.1.gz", "usr/share/obo-proxy/environment", "usr/share/obo-proxy/proxy.yaml",
    ]  # fmt: skip
    for name in [*names, *(f"usr/{path}" for path in SHELLS.values())]:
        assert (unpacked / name).is_file(), name
    listing = subprocess.run(["dpkg-deb", "--contents", package], capture_output=True, text=True, check=True).stdout
    assert {line.split()[1] for line in listing.splitlines()} == {"root/root"}
    assert "drwxr-x--- root/root" in next(line for line in listing.splitlines() if line.endswith("./etc/obo-proxy/"))
    assert (unpacked / "usr/share/obo-proxy/proxy.yaml").read_text() == (REPOSITORY / "proxy.yaml").read_text()


def test_maintainer_scripts_are_well_formed(unpacked):
    for name in ("postinst", "prerm", "postrm"):
        subprocess.run(["sh", "-n", unpacked / "DEBIAN" / name], check=True)
        assert os.access(unpacked / "DEBIAN" / name, os.X_OK)


@pytest.mark.parametrize("shell", SHELLS)
def test_completions_name_every_command(unpacked, shell):
    path = unpacked / "usr" / SHELLS[shell]
    assert all(name in path.read_text() for name in commands())
    if shutil.which(shell):
        subprocess.run([shell, "-n", path], check=True)


def tree():
    said = subprocess.run([BINARY, "--experimental-dump-help"], capture_output=True, text=True, check=True).stdout
    return json.loads(said)["command"]


def commands():
    return {each["commandName"]: each for each in tree()["subcommands"]}


def test_the_manual_page_is_well_formed():
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", PAGE], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_manual_page_knows_every_command_and_option():
    page = PAGE.read_text()
    listed = set(re.findall(r"^\.It Cm (\w+)$", page.partition(".Sh ENVIRONMENT")[0], re.M))
    assert listed == set(commands())
    options = {
        name["name"]
        for command in commands().values()
        for argument in command.get("arguments", [])
        if argument["shouldDisplay"]
        for name in argument.get("names", [])
        if name["kind"] == "long"
    }
    assert set(re.findall(r"Fl Fl ([\w-]+)", page)) == options


def test_the_manual_page_knows_every_exit_code_of_ours():
    sources = "".join(path.read_text() for path in (REPOSITORY / "Sources/obo-proxy").glob("*.swift"))
    codes = {code for code in re.findall(r"ExitCode\((\d+)\)", sources)} | {"0", "64"}
    page = PAGE.read_text().partition(".Sh EXIT STATUS")[2].partition(".Sh SIGNALS")[0]
    assert set(re.findall(r"^\.It (\d+)$", page, re.M)) == codes
