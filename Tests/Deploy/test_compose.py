"""The Compose file: the services that there are, restrained, and configured so that the program takes it."""

import re

import pytest
import yaml
from manifests import DEPLOY, check, variables

COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
FILLED = {"<tenant id>": "tenant", "<client id>": "client", "<tickets id>": "tickets"}


def filled(text):
    for place, value in FILLED.items():
        text = text.replace(place, value)
    return text


def test_the_proxy_comes_with_the_chat_and_the_demo_by_itself():
    plain = {name for name, service in SERVICES.items() if "profiles" not in service}
    assert plain == {"obo-proxy", "librechat", "mongodb"}
    assert {name for name, service in SERVICES.items() if service.get("profiles") == ["demo"]} == {
        "demo-proxy", "demo-provider", "demo-tools", "demo-chat",
    }  # fmt: skip


@pytest.mark.parametrize("name", [name for name in SERVICES if name not in ("librechat", "mongodb")])
def test_ours_are_restrained(name):
    service = SERVICES[name]
    assert service["read_only"] and service["cap_drop"] == ["ALL"] and not service["user"].startswith("0")
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_stages_exist():
    stages = re.findall(r"^FROM \S+ AS (\S+)$", (DEPLOY / "Dockerfile").read_text(), re.M)
    assert {service["build"]["target"] for service in SERVICES.values() if "build" in service} <= set(stages)


def test_depends_on_what_there_is():
    for service in SERVICES.values():
        assert set(service.get("depends_on", {})) <= SERVICES.keys()
        assert service.get("network_mode", "service:obo-proxy").removeprefix("service:") in SERVICES


def test_the_example_of_variables_is_enough(tmp_path):
    active = [line for line in (DEPLOY / ".env.example").read_text().splitlines() if re.match("[A-Z]", line)]
    environment = dict(filled(line).split("=", 1) for line in active)
    code, text = check(environment, tmp_path)
    assert code == 0, text


def test_with_compose_it_lacks_the_sidecar_key_and_nothing_else(tmp_path):
    active = [line for line in (DEPLOY / ".env.example").read_text().splitlines() if re.match("[A-Z]", line)]
    environment = dict(filled(line).split("=", 1) for line in active) | SERVICES["obo-proxy"]["environment"]
    code, text = check(environment, tmp_path)
    assert code == 78 and text.count("\n") == 1 and "sidecar_key" in text
    assert check({**environment, "OBO_SIDECAR_KEY": "key"}, tmp_path)[0] == 0


def test_every_variable_of_the_example_exists(tmp_path):
    """What is commented out as well: an unknown one would be named."""
    environment = {name: filled(value) or "x" for name, value in variables(DEPLOY / ".env.example").items()}
    assert len(environment) > 20
    text = check(environment, tmp_path)[1]
    assert "unknown" not in text and "did you mean" not in text, text
    assert "unknown" in check({**environment, "OBO_NOTHING": "x"}, tmp_path)[1]


def test_the_demo_is_configured_for_itself(tmp_path):
    environment = SERVICES["demo-proxy"]["environment"]
    code, text = check(environment, tmp_path)
    assert code == 0, text
    addresses = set(re.findall(r"http://127\.0\.0\.1:(\d+)", " ".join(SERVICES["demo-chat"]["command"])))
    ports = {SERVICES[name]["command"][2] for name in ("demo-provider", "demo-tools")}
    assert addresses == ports | {environment["OBO_LISTEN"].rpartition(":")[2]}


def test_secrets_are_declared_and_named():
    secrets = SERVICES["obo-proxy"]["secrets"]
    assert set(secrets) == COMPOSE["secrets"].keys()
    assert SERVICES["obo-proxy"]["environment"]["OBO_CLIENT_SECRET_FILE"] == f"/run/secrets/{secrets[0]}"


def test_time_to_leave():
    assert int(SERVICES["obo-proxy"]["stop_grace_period"].removesuffix("s")) > 20
