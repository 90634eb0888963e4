"""What `deploy/` holds, read the way its tools read it, as far as the tests need that."""

import copy
import os
import re
import subprocess
from pathlib import Path

import yaml
from fixtures.proxy import BINARY, REPOSITORY

DEPLOY = REPOSITORY / "deploy"
# Where secrets and certificates are mounted; the tests have them elsewhere.
_MOUNTED = re.compile(r"(?:(?:/var)?/run/secrets|/etc/obo-proxy)/[\w./-]+")


def check(environment, directory, file=None):
    """What `obo-proxy check` makes of a deployment's variables and file; every file that they name is there.
    Returns the exit code and all it wrote."""
    directory = Path(directory)
    moved = {name: _moved(value, directory) for name, value in environment.items()}
    arguments = []
    if file is not None:
        (directory / "checked.yaml").write_text(_moved(file, directory))
        arguments = ["--config", directory / "checked.yaml"]
    done = subprocess.run(
        [BINARY, "check", *arguments], env={"PATH": os.environ["PATH"], **moved}, cwd=directory, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    return done.returncode, done.stdout


def _moved(text, directory):
    def found(path):
        target = directory / Path(path[0]).name
        target.write_text("a-secret-of-the-test-that-is-long-enough")
        return str(target)

    return _MOUNTED.sub(found, text)


def variables(path):
    """A file of NAME=value lines; with the commented ones, as what somebody might set."""
    lines = [line.removeprefix("#") for line in path.read_text().splitlines()]
    return dict(line.split("=", 1) for line in lines if re.match(r"[A-Z_]+=", line))


def render(folder):
    """The resources of a Kustomize folder, by kind: bases, components, generated config maps and JSON patches, which is
    all that ours use."""
    settings = yaml.safe_load((folder / "kustomization.yaml").read_text())
    found = {}
    for name in settings.get("resources", []) + settings.get("components", []):
        place = folder / name
        if place.is_dir() and yaml.safe_load((place / "kustomization.yaml").read_text())["kind"] == "Component":
            apply(place, found)
        elif place.is_dir():
            found |= render(place)
        else:
            found |= {each["kind"]: each for each in yaml.safe_load_all(place.read_text())}
    for made in settings.get("configMapGenerator", []):
        data = {name: (folder / name).read_text() for name in made["files"]}
        found["ConfigMap"] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": made["name"]}, "data": data}
    return apply(folder, found)


def apply(folder, resources):
    """The patches of a folder, on what there is."""
    for patch in yaml.safe_load((folder / "kustomization.yaml").read_text()).get("patches", []):
        resource = resources[patch["target"]["kind"]]
        assert resource["metadata"]["name"] == patch["target"]["name"]
        for step in yaml.safe_load(patch["patch"]):
            assert step["op"] == "add"
            *way, last = step["path"].strip("/").split("/")
            place = resource
            for name in way:
                place = place[int(name) if isinstance(place, list) else name]
            value = copy.deepcopy(step["value"])
            place.append(value) if last == "-" else place.__setitem__(last, value)
    return resources
