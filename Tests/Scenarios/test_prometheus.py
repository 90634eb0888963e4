"""Metrics as Prometheus itself takes them: its linter, a real scrape, and the alerts and the dashboard of deploy/."""

import asyncio
import json
import re
import shutil
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml
from fixtures import behaviour
from fixtures.client import Client
from fixtures.proxy import free_port

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "deploy/alerts.yaml"
ALERT_TESTS = ROOT / "Tests/Prometheus/alerts_test.yaml"
DASHBOARD = json.loads((ROOT / "deploy/grafana-dashboard.json").read_text())

CONFIGURATION = """
global: {{scrape_interval: 200ms, evaluation_interval: 200ms}}
rule_files: [{alerts}]
scrape_configs:
  - job_name: obo-proxy
    static_configs: [{{targets: ["{target}"]}}]
"""


def tool(name):
    return shutil.which(name) or pytest.fail(f"there is no {name}: run Scripts/setup tests")


async def promtool(*arguments, text=None, directory=ROOT):
    """Exit code and output."""
    process = await asyncio.create_subprocess_exec(
        tool("promtool"), *map(str, arguments), cwd=directory, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)  # fmt: skip
    output, _ = await process.communicate(text)
    return process.returncode, output.decode()


class Prometheus:
    """A server of its own that scrapes one proxy five times a second."""

    def __init__(self, directory, proxy):
        self.directory = directory
        self.address = ("127.0.0.1", free_port())
        target = "{}:{}".format(*proxy.admin)
        (directory / "prometheus.yml").write_text(CONFIGURATION.format(alerts=ALERTS, target=target))

    async def __aenter__(self):
        with (self.directory / "prometheus.log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                tool("prometheus"), "--config.file=prometheus.yml", "--storage.tsdb.path=data",
                "--web.listen-address={}:{}".format(*self.address), cwd=self.directory, stdout=log, stderr=log)  # fmt: skip
        async with asyncio.timeout(30):
            while not await self._is_ready():
                assert self._process.returncode is None, (self.directory / "prometheus.log").read_text()
                await asyncio.sleep(0.05)
        return self

    async def _is_ready(self):
        try:
            async with await Client.connect(self.address) as client:
                return (await client.request("GET", "/-/ready")).status == 200
        except OSError:
            return False

    async def __aexit__(self, *_):
        self._process.kill()
        await self._process.wait()

    async def _get(self, path):
        async with await Client.connect(self.address) as client:
            return (await client.request("GET", path)).json()

    async def query(self, expression):
        """The samples, by labels."""
        answer = await self._get(f"/api/v1/query?query={quote(expression)}")
        assert answer["status"] == "success", f"{expression}: {answer}"
        return answer["data"]["result"]

    async def until(self, expression, timeout=30):
        """Waits until there are samples."""
        async with asyncio.timeout(timeout):
            while not (samples := await self.query(expression)):
                await asyncio.sleep(0.05)
            return samples

    async def rules(self):
        return [rule for group in (await self._get("/api/v1/rules"))["data"]["groups"] for rule in group["rules"]]


@pytest.fixture
async def prometheus(tmp_path, proxy):
    async with Prometheus(tmp_path, proxy) as prometheus:
        yield prometheus


async def traffic(proxy, provider):
    """Something in every metric."""
    await proxy.call(provider.user_token())
    await proxy.call("{{X}}")
    await proxy.call(provider.user_token(), target="/nowhere")
    provider.always(behaviour.json_answer({"error": "invalid_client"}, 401))
    await proxy.call(provider.user_token("bob"))


async def test_linter_finds_nothing(proxy, provider):
    await traffic(proxy, provider)
    page = await proxy.ask("GET", "/metrics")
    assert page.value("content-type").startswith("text/plain; version=0.0.4")
    assert await promtool("check", "metrics", text=page.body) == (0, "")


async def test_a_real_scrape(proxy, provider, prometheus):
    await traffic(proxy, provider)
    await prometheus.until('obo_refusals_total{reason="client_rejected"} == 1')
    [up] = await prometheus.query('up{job="obo-proxy"}')
    assert up["value"][1] == "1"
    [calls] = await prometheus.query('obo_requests_total{server="tickets"}')
    assert calls["metric"]["method"] == "POST" and calls["metric"]["status"] == "200" and calls["value"][1] == "3"
    stored = {each["metric"]["__name__"] for each in await prometheus.query('{__name__=~"obo_.*|process_.*"}')}
    page = (await proxy.ask("GET", "/metrics")).body.decode()
    assert stored == {re.match(r"\w+", line)[0] for line in page.splitlines() if not line.startswith("#")}


async def test_alerts_are_understood_and_one_sounds(proxy, provider, prometheus):
    await traffic(proxy, provider)
    await prometheus.until('ALERTS{alertname="OboProxyMisconfigured", alertstate="firing"}')
    rules = await prometheus.rules()
    assert {rule["health"] for rule in rules} == {"ok"}, [rule.get("lastError") for rule in rules]


async def test_the_dashboard_has_something_to_show(proxy, provider, prometheus):
    """Every expression is one that Prometheus understands, and finds what it names, but for what is not there."""
    await traffic(proxy, provider)
    await prometheus.until('rate(obo_refusals_total{reason="client_rejected"}[1m]) >= 0')
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            expression = target["expr"].replace("$__rate_interval", "1m")
            expression = re.sub(r"\$\w+", ".*", expression)
            samples = await prometheus.query(expression)
            assert samples or "certificate" in expression, f"{panel['title']}: {expression}"
    for annotation in DASHBOARD["annotations"]["list"]:
        await prometheus.query(re.sub(r"\$\w+", ".*", annotation["expr"]))


async def test_alerts_by_their_own_tests():
    code, output = await promtool("check", "rules", ALERTS)
    assert code == 0, output
    code, output = await promtool("test", "rules", ALERT_TESTS)
    assert code == 0, output


def test_each_alert_is_tested_sounding_and_silent():
    rules = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
    cases = [case for test in yaml.safe_load(ALERT_TESTS.read_text())["tests"] for case in test["alert_rule_test"]]
    names = {rule["alert"] for rule in rules}
    assert {case["alertname"] for case in cases if case.get("exp_alerts")} == names
    assert {case["alertname"] for case in cases if not case.get("exp_alerts")} == names
