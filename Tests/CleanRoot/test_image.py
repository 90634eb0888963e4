"""The images, by the Dockerfile's own steps from a bare Debian, and what runs in them: as their user, on a root file system
that nobody can write to, with nothing else there."""

import re
import shlex
import shutil
import subprocess

import pytest
import yaml
from dockerfile import settings
from fixtures.proxy import REPOSITORY

SERVICES = yaml.safe_load((REPOSITORY / "deploy/compose.yaml").read_text())["services"]
ENVIRONMENT = SERVICES["demo-proxy"]["environment"]

# By its path, as its environment is the container's alone.
CHROOT = shutil.which("chroot", path="/usr/sbin:/usr/bin")

pytestmark = pytest.mark.timeout(3000)


@pytest.fixture(scope="module")
def image(build):
    return build.stage("proxy")


@pytest.fixture
def inside(image):
    """Runs the image's program as a container would."""

    def run(*arguments, **environment):
        started = settings("proxy")
        return image.run(
            *started["program"], *arguments, user=started["user"], read_only=True,
            environment={**started["environment"], **environment},
        )  # fmt: skip

    return run


def test_nothing_but_the_program_is_in_it(image):
    names = {str(path.relative_to(image.path)) for path in image.path.rglob("*") if path.is_file()}
    others = {name for name in names if not re.search(r"\.so(\.\d+)*$", name)}
    assert others == {
        "usr/bin/obo-proxy", "etc/passwd", "etc/group", "etc/nsswitch.conf", "etc/ssl/certs/ca-certificates.crt",
    }  # fmt: skip


def test_size_is_as_stated(image):
    [stated] = re.findall(r"(\d+) MiB", (REPOSITORY / "deploy/compose.md").read_text())
    # Debian's updates of the libraries move it a little.
    assert abs(image.size / 2**20 - int(stated)) < 1


def test_it_starts_and_reads_its_configuration(inside):
    version = inside("version")
    assert version.returncode == 0 and version.stdout.startswith("obo-proxy ")
    good, bad = inside("check", **ENVIRONMENT), inside("check")
    assert good.returncode == 0 and "demo-secret" not in good.stdout
    assert bad.returncode == 78


def test_trust_anchors_are_found(inside):
    """Nobody is there, but the anchors are read before anybody is called."""
    done = inside("doctor", **{**ENVIRONMENT, "OBO_ISSUER": "https://127.0.0.1:9/"})
    assert done.returncode == 1 and "refused" in done.stdout


def test_the_demonstration_of_the_compose_file(image, build, tmp_path):
    """Its four services with their own commands and variables, on one loopback."""
    demo = build.stage("demo")
    started = settings("proxy")
    lines = ["set -eu", "ip link set lo up"]

    def command(root, arguments, environment=None):
        container = started if root is image else settings("demo")
        variables = [f"{name}={value}" for name, value in (environment or {}).items()]
        inside = [f"--userspec={container['user']}", str(root.path), *container["program"], *arguments]
        return shlex.join(["env", "-i", *variables, CHROOT, *inside])

    proxy = {**started["environment"], **ENVIRONMENT}
    for root in (image, demo):
        # Swift reads its arguments there.
        (root.path / "proc").mkdir(exist_ok=True)
        lines += [
            f"mount --bind {root.path} {root.path}", f"mount -o remount,bind,ro {root.path}",
            f"mount -t proc proc {root.path}/proc",
        ]  # fmt: skip
    lines += [
        f"{command(demo, SERVICES['demo-provider']['command'])} &",
        f"{command(image, started['command'], proxy)} & proxy=$!",
        f"health() {{ {command(image, started['health'][1:], proxy)} 2>/dev/null; }}",
        "for _ in $(seq 150); do health && break; sleep 0.2; done; health",
        f"{command(demo, SERVICES['demo-tools']['command'])} > {tmp_path}/tools &",
        f"for _ in $(seq 150); do grep -q http {tmp_path}/tools && break; sleep 0.1; done",
        command(demo, SERVICES["demo-chat"]["command"]),
        "kill $proxy && wait $proxy && echo left in good order",
    ]
    (tmp_path / "scenario").write_text("\n".join(lines))
    done = subprocess.run(
        ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "sh", tmp_path / "scenario"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0 and "left in good order" in done.stdout, done.stdout
    assert '"system_call_filter":"on"' in done.stdout and '"unwritable_files":"on"' in done.stdout

