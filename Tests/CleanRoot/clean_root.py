"""Root file systems to carry things out in: Debian's smallest one, and copies of it. Needs root and debootstrap."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from fixtures.proxy import REPOSITORY

SUITE = "bookworm"
# Made once, kept until `make clean`.
_BASE = REPOSITORY / f".build-root/{SUITE}"
# What the kernel gives every container.
_KERNEL = ["mount -t proc proc {root}/proc", "mount --rbind /dev {root}/dev"]


def debian(place):
    """A new minimal Debian at `place`."""
    if not _BASE.exists():
        made = _BASE.with_suffix(".new")
        shutil.rmtree(made, ignore_errors=True)
        _BASE.parent.mkdir(exist_ok=True)
        subprocess.run(["debootstrap", "--variant=minbase", SUITE, made], check=True, stdout=subprocess.DEVNULL)
        made.rename(_BASE)
    subprocess.run(["cp", "--archive", _BASE, place], check=True)
    for name in ("resolv.conf", "hosts"):
        shutil.copy(f"/etc/{name}", f"{place}/etc/{name}")
    return Root(place)


class Root:
    """A folder that commands run in as if it were all there is."""

    def __init__(self, path):
        self.path = Path(path)

    def run(self, *command, user="0:0", environment=None, folder="/", binds=None, read_only=False, network=True):
        """Returns the finished process, whose output is both streams together. `binds` are folders of this machine."""
        for name in ("proc", "dev"):
            (self.path / name).mkdir(exist_ok=True)
        mounts = list(_KERNEL)
        for source, target in (binds or {}).items():
            (self.path / target.lstrip("/")).mkdir(parents=True, exist_ok=True)
            mounts.append(f"mount --bind {source} {{root}}{target}")
        if read_only:
            mounts.insert(0, "mount --bind {root} {root} && mount -o remount,bind,ro {root}")
        inside = f"cd {folder} && exec {shlex.join(map(str, command))}" if folder != "/" else None
        command = ["/bin/sh", "-c", inside] if inside else command
        script = " && ".join(mounts).format(root=self.path)
        script += f" && exec chroot --userspec={user} {self.path} {shlex.join(map(str, command))}"
        spaces = ["--mount", "--pid", "--fork", "--kill-child", *([] if network else ["--net"])]
        return subprocess.run(
            ["unshare", *spaces, "sh", "-c", script],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def must(self, *command, **options):
        """The same, and the output of what has to succeed."""
        done = self.run(*command, **options)
        assert done.returncode == 0, done.stdout[-8000:]
        return done.stdout

    def install(self, package, *others):
        """A package file, with what it depends on."""
        shutil.copy(package, self.path / "package.deb")
        self.must("apt-get", "update")
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        self.must("apt-get", "install", "--yes", "--no-install-recommends", "/package.deb", *others, environment=quiet)

    def fill_in_environment(self, target, mode):
        """The installed example of variables with its places filled in."""
        text = (self.path / "usr/share/obo-proxy/environment").read_text()
        target = self.path / target.lstrip("/")
        target.write_text(re.sub(r"<[^>]*>", "filled-in", text))
        target.chmod(mode)

    @property
    def size(self):
        """Bytes of all files."""
        return sum(os.lstat(Path(folder) / name).st_size for folder, _, names in os.walk(self.path) for name in names)
