"""The instructions of the Dockerfile, carried out in clean roots: for machines without a container engine."""

import json
import re
import shutil
import subprocess
from pathlib import Path

from clean_root import Root, debian
from fixtures.proxy import REPOSITORY

DOCKERFILE = REPOSITORY / "deploy/Dockerfile"
_MIRRORS = REPOSITORY / ".build/repositories"
# Beside the toolchain, what the image with Swift in it has: Swift's own list of what it needs on this Debian.
SWIFT_NEEDS = [
    "binutils", "ca-certificates", "git", "gnupg2", "libc6-dev", "libcurl4", "libedit2", "libgcc-12-dev", "libncurses6",
    "libpython3.11", "libsqlite3-0", "libstdc++-12-dev", "libxml2", "libz3-4", "tzdata", "unzip", "zlib1g-dev",
]  # fmt: skip


def stages():
    """Each stage's name, what it comes from, and its instructions."""
    lines = [line for line in DOCKERFILE.read_text().splitlines() if not line.lstrip().startswith("#")]
    found = {}
    for line in filter(None, re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines()):
        name, rest = line.split(" ", 1)
        if name == "FROM":
            source, _, stage = rest.split()
            found[stage] = (source, [])
        elif found:
            found[stage][1].append((name, rest))
    return found


class Build:
    """The stages that were asked for, each once."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.made = {}
        self.ended_in = {}
        # Of this machine, in the place of the image that the first stage comes from.
        self.toolchain = Path(shutil.which("swift")).resolve().parents[2]
        self.environment = {"PATH": "/toolchain/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}

    def stage(self, name):
        """The stage's root."""
        if name not in self.made:
            source, instructions = stages()[name]
            self.made[name] = root = self._begin(name, source)
            where = self.ended_in.get(source, "/")
            for instruction, rest in instructions:
                where = self._take(root, where, instruction, rest)
            self.ended_in[name] = where
        return self.made[name]

    def _begin(self, name, source):
        place = self.folder / name
        if source == "scratch":
            place.mkdir()
            return Root(place)
        if source in stages():
            # Stages are not changed any more once others come from them, so they may be one.
            return self.stage(source)
        root = debian(place)
        root.must("apt-get", "update")
        root.must("apt-get", "install", "--yes", "--no-install-recommends", *SWIFT_NEEDS)
        self._mirror_packages(root)
        return root

    def _mirror_packages(self, root):
        """Swift packages that this machine has already are not fetched once more."""
        with (root.path / "root/.gitconfig").open("a") as file:
            file.write("[safe]\n\tdirectory = *\n")
            for mirror in _MIRRORS.glob("*-*"):
                name = mirror.name.rpartition("-")[0]
                file.write(f'[url "/repositories/{mirror.name}"]\n\tinsteadOf = https://github.com/apple/{name}\n')

    def _take(self, root, where, instruction, rest):
        if instruction == "WORKDIR":
            (root.path / rest.lstrip("/")).mkdir(exist_ok=True)
            return rest
        if instruction == "RUN":
            binds = {self.toolchain: "/toolchain"} | ({_MIRRORS: "/repositories"} if _MIRRORS.exists() else {})
            root.must("sh", "-c", rest, folder=where, environment=self.environment, binds=binds)
        if instruction == "COPY":
            self._copy(root, where, rest)
        return where

    def _copy(self, root, where, rest):
        if rest == ". .":
            lines = (DOCKERFILE.parent / "Dockerfile.dockerignore").read_text().splitlines()
            for name in [line[1:] for line in lines if line.startswith("!")]:
                subprocess.run(["cp", "--archive", REPOSITORY / name, root.path / where.lstrip("/")], check=True)
            return
        stage, source, target = re.fullmatch(r"--from=(\S+) (\S+) (\S+)", rest).groups()
        whence = self.stage(stage).path / source.lstrip("/")
        subprocess.run(["cp", "--archive", f"{whence}/.", root.path / target.lstrip("/")], check=True)


def settings(stage):
    """What a container of that stage is started with: environment, user, program and arguments."""
    found = dict(stages()[stage][1])
    variable = dict([found["ENV"].split("=", 1)]) if "ENV" in found else {}
    health = json.loads(found["HEALTHCHECK"].partition("CMD ")[2]) if "HEALTHCHECK" in found else []
    return {
        "environment": variable,
        "user": found["USER"],
        "program": json.loads(found["ENTRYPOINT"]),
        "command": json.loads(found.get("CMD", "[]")),
        "health": health,
    }
