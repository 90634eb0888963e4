"""The manifests: valid for the API, complete in themselves, and in agreement with the program that they start."""

import copy
import re
import shutil
import subprocess
import textwrap

import kubernetes_validate
import pytest
import yaml
from manifests import DEPLOY, apply, check, render

FOLDER = DEPLOY / "kubernetes"
OVERLAYS = ["secret", "workload-identity"]
CREDENTIALS = {False: "client_secret", True: "federated_token_file"}
# The first version with native sidecars by default, and the last that the schemas know.
VERSIONS = ["1.29", kubernetes_validate.latest_version()]


def rendered(overlay, prometheus):
    resources = render(FOLDER / "overlays" / overlay)
    return apply(FOLDER / "components/prometheus", resources) if prometheus else resources


@pytest.fixture(params=[(overlay, prometheus) for overlay in OVERLAYS for prometheus in (False, True)], ids=str)
def resources(request):
    return rendered(*request.param)


@pytest.fixture
def pod(resources):
    return resources["Deployment"]["spec"]["template"]["spec"]


@pytest.fixture
def sidecar(pod):
    [container] = pod["initContainers"]
    return container


def test_valid_for_the_api(resources):
    for version in VERSIONS:
        for resource in resources.values():
            kubernetes_validate.validate(copy.deepcopy(resource), version, strict=True)


def test_the_pages_own_kustomization_works(tmp_path):
    """It says `env/0` and `env/1`, and replaces the configuration."""
    page = (DEPLOY / "kubernetes.md").read_text()
    text = textwrap.dedent(re.search(r"```yaml\n(.*?)```", page, re.S)[1])
    for place, value in [("<clone>", "clone"), ("<tenant id>", "T"), ("<client id>", "C"), ("<registry>", "r.example")]:
        text = text.replace(place, value)
    (tmp_path / "clone/deploy").mkdir(parents=True)
    shutil.copytree(FOLDER, tmp_path / "clone/deploy/kubernetes")
    (tmp_path / "kustomization.yaml").write_text(text)
    (tmp_path / "proxy.yaml").write_text("replaced")
    settings = yaml.safe_load(text)
    [patch] = settings["patches"]
    [sidecar] = rendered("secret", False)["Deployment"]["spec"]["template"]["spec"]["initContainers"]
    names = [each["name"] for each in sidecar["env"]]
    places = [int(step["path"].split("/")[-2]) for step in yaml.safe_load(patch["patch"])]
    assert [names[place] for place in places] == ["AZURE_TENANT_ID", "OBO_CLIENT_ID"]
    if shutil.which("kubectl"):
        done = subprocess.run(["kubectl", "kustomize", tmp_path], capture_output=True, check=True)
        made = {each["kind"]: each for each in yaml.safe_load_all(done.stdout)}
        assert made["ConfigMap"]["data"] == {"proxy.yaml": "replaced"}
        [sidecar] = made["Deployment"]["spec"]["template"]["spec"]["initContainers"]
        assert sidecar["image"] == "r.example/obo-proxy:0.1.0"
        assert {"name": "AZURE_TENANT_ID", "value": "T"} in sidecar["env"]


@pytest.mark.skipif(not shutil.which("kubectl"), reason="no kubectl here; the tests' own rendering is all there is")
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_kustomize_makes_the_same_of_it(overlay):
    done = subprocess.run(["kubectl", "kustomize", FOLDER / "overlays" / overlay], capture_output=True, check=True)
    assert {each["kind"]: each for each in yaml.safe_load_all(done.stdout)} == rendered(overlay, False)


def test_a_native_sidecar_without_any_privilege(pod, sidecar):
    assert sidecar["restartPolicy"] == "Always"
    security = sidecar["securityContext"]
    assert security["runAsNonRoot"] and security["runAsUser"] > 0 and security["readOnlyRootFilesystem"]
    assert security["capabilities"] == {"drop": ["ALL"]} and security["allowPrivilegeEscalation"] is False
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False and pod["serviceAccountName"] == "chat"
    assert {"requests", "limits"} <= sidecar["resources"].keys()


def test_the_configuration_is_good(resources, sidecar, tmp_path):
    environment = {each["name"]: each["value"] for each in sidecar["env"]}
    code, text = check(environment, tmp_path, resources["ConfigMap"]["data"]["proxy.yaml"])
    assert code == 0, text
    assert "listen: 127.0.0.1:8089" in text
    set_here = {key for key in ("client_secret", "federated_token_file") if f"exchange.{key}: (none)" not in text}
    assert set_here == {CREDENTIALS["AZURE_FEDERATED_TOKEN_FILE" in environment]}


def test_what_is_mounted_is_named_and_what_is_named_is_mounted(resources, pod, sidecar):
    text = resources["ConfigMap"]["data"]["proxy.yaml"] + " ".join(each["value"] for each in sidecar["env"])
    volumes = {each["name"] for each in pod["volumes"]}
    for mount in sidecar["volumeMounts"]:
        assert mount["name"] in volumes and mount["readOnly"]
        assert mount["mountPath"] == "/etc/obo-proxy" or f"{mount['mountPath']}/" in text
    names = {each["name"] for each in pod["volumes"] if "configMap" in each and each["configMap"]["name"] == "obo-proxy"}
    assert names == {mount["name"] for mount in sidecar["volumeMounts"] if mount["mountPath"] == "/etc/obo-proxy"}


def test_probes_are_commands_of_the_program(sidecar, tmp_path):
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        program, *arguments = sidecar[probe]["exec"]["command"]
        assert program == "/usr/bin/obo-proxy" and arguments[0] == "health"
        assert set(arguments[1:]) == ({"--ready"} if probe == "readinessProbe" else set())
        # The command itself waits up to five seconds.
        assert sidecar[probe]["timeoutSeconds"] > 5


def test_time_to_leave(pod):
    """The chat's default of 30 s and then the proxy's `timeouts.shutdown`."""
    assert pod["terminationGracePeriodSeconds"] >= 30 + 20


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nobody_reaches_the_admin_listener_but_prometheus(overlay):
    closed, opened = rendered(overlay, False), rendered(overlay, True)
    ports = [port["port"] for rule in closed["NetworkPolicy"]["spec"]["ingress"] for port in rule["ports"]]
    assert ports == [3080]
    [rule] = [rule for rule in opened["NetworkPolicy"]["spec"]["ingress"] if rule["ports"][0]["port"] == 9089]
    assert rule["from"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]
    annotations = opened["Deployment"]["spec"]["template"]["metadata"]["annotations"]
    assert annotations["prometheus.io/port"] == "9089" and annotations["prometheus.io/path"] == "/metrics"


def test_policy_and_deployment_are_of_the_same_pods(resources):
    labels = resources["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert resources["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
    assert resources["Deployment"]["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert resources["ServiceAccount"]["metadata"]["name"] == "chat"


def test_the_identity_token_is_for_entra():
    pod = rendered("workload-identity", False)["Deployment"]["spec"]["template"]["spec"]
    [volume] = [each for each in pod["volumes"] if "projected" in each]
    token = volume["projected"]["sources"][0]["serviceAccountToken"]
    [mount] = [each for each in pod["initContainers"][0]["volumeMounts"] if each["name"] == volume["name"]]
    [variable] = [each for each in pod["initContainers"][0]["env"] if each["name"] == "AZURE_FEDERATED_TOKEN_FILE"]
    assert token["audience"] == "api://AzureADTokenExchange"
    assert variable["value"] == f"{mount['mountPath']}/{token['path']}"
