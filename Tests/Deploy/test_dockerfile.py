"""The Dockerfile, as far as it can be told without running it; `make deploy-test` takes its steps."""

import re

from fixtures.proxy import REPOSITORY

DOCKERFILE = REPOSITORY / "deploy/Dockerfile"


def instructions():
    """(name, rest) of each, with continued lines joined."""
    lines = [line for line in DOCKERFILE.read_text().splitlines() if not line.lstrip().startswith("#")]
    return [tuple(line.split(" ", 1)) for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines() if line]


def last_stage():
    found = instructions()
    start = max(number for number, (name, _) in enumerate(found) if name == "FROM")
    return dict(found[start:])


def test_the_image_is_the_program_alone_and_not_roots():
    stage = last_stage()
    assert stage["FROM"].startswith("scratch ")
    user, _, group = stage["USER"].partition(":")
    assert int(user) > 0 and int(group) > 0
    assert stage["ENTRYPOINT"] == '["/usr/bin/obo-proxy"]' and stage["CMD"] == '["run"]'
    assert '["/usr/bin/obo-proxy", "health", "--ready"]' in stage["HEALTHCHECK"]


def test_the_build_has_what_setup_installs():
    """But for Python and what only tests need."""
    [step] = [rest for name, rest in instructions() if name == "RUN" and "apt-get install" in rest]
    setup = (REPOSITORY / "Scripts/setup").read_text()
    libraries = set(re.findall(r"\blib\w+-dev\b", setup)) | {"pkg-config"}
    assert libraries <= set(step.split())


def test_the_context_holds_what_the_build_needs_and_nothing_secret():
    lines = (DOCKERFILE.parent / "Dockerfile.dockerignore").read_text().splitlines()
    assert [line for line in lines if not line.startswith(("#", "!"))] == ["*"]
    kept = {line[1:] for line in lines if line.startswith("!")}
    paths = set(re.findall(r'path: "(\w+)/', (REPOSITORY / "Package.swift").read_text()))
    assert {"Package.swift", "Sources", "Tests", "Scripts"} | paths <= kept
    assert all((REPOSITORY / name).exists() for name in kept)


def test_the_port_is_the_default_one():
    assert last_stage()["EXPOSE"] == "8089"
