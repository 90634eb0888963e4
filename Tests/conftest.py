"""The peers and the proxy as pytest fixtures, each test with its own."""

import asyncio

import pytest
import pytest_asyncio
from fixtures.certificate import Authority
from fixtures.provider import Provider
from fixtures.proxy import BINARY, Process, Proxy
from fixtures.upstream import Upstream
from table import Table

SCOPE = "api://tickets/access_as_user"


def pytest_report_header():
    return f"obo-proxy: {BINARY}{'' if BINARY.exists() else ' (not built)'}"


@pytest.fixture(autouse=True)
def no_sanitizer_report():
    """Comes first and so ends last: when every proxy has left and has said all it had to."""
    yield
    reports = Process.sanitizer_reports()
    assert not reports, "a sanitizer reported:\n" + "\n".join(reports)[-20000:]


@pytest.fixture
async def provider():
    async with Provider() as provider:
        yield provider


@pytest.fixture
async def upstream():
    async with Upstream() as upstream:
        yield upstream


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def variables(provider, upstream):
    """The environment that is enough for one server behind one provider."""
    return {
        "OBO_ISSUER": provider.issuer,
        "OBO_CLIENT_ID": provider.client_id,
        "OBO_CLIENT_SECRET": provider.client_secret,
        "OBO_SERVER_TICKETS_URL": upstream.url,
        "OBO_SERVER_TICKETS_SCOPES": SCOPE,
        "OBO_WORKERS": "1",
        "OBO_LOG_LEVEL": "debug",
    }


@pytest.fixture
async def start_proxy(tmp_path, variables):
    """Starts proxies: `start_proxy(OBO_WORKERS="2")` changes variables, None leaves one out."""
    started = []

    async def start(yaml=None, ready=True, inherits=(), open_files=None, **changes):
        arguments = ("run",)
        if yaml is not None:
            (tmp_path / "scenario.yaml").write_text(yaml)
            arguments += ("--config", "scenario.yaml")
        environment = {name: value for name, value in {**variables, **changes}.items() if value is not None}
        started.append(Proxy(tmp_path, environment, *arguments))
        started[-1].inherits = inherits
        started[-1].open_files = open_files
        return await started[-1].start(ready)

    yield start
    codes = []
    try:
        codes = await asyncio.gather(*(proxy.stop() for proxy in started if proxy.running))
    finally:
        for proxy in started:
            print(f"--- the proxy wrote:\n{proxy.text[-20000:]}")
    assert all(code == 0 for code in codes), f"a proxy left with {codes}"


@pytest.fixture
async def proxy(start_proxy):
    """A ready proxy with one worker and the environment of `variables`."""
    return await start_proxy()


@pytest.fixture
def run_binary(tmp_path, variables):
    """Runs the binary to its end and returns (exit code, all it wrote)."""

    async def run(*arguments, yaml=None, timeout=15, inherits=(), **changes):
        if yaml is not None:
            (tmp_path / "scenario.yaml").write_text(yaml)
            arguments += ("--config", "scenario.yaml")
        environment = {name: value for name, value in {**variables, **changes}.items() if value is not None}
        process = Process(tmp_path, environment, *arguments)
        process.inherits = inherits
        await process.spawn()
        return await process.exit(timeout), process.text

    return run


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def table(tmp_path_factory):
    """Every peer of the interop suite, and the proxy between them, started once."""
    async with Table(tmp_path_factory.mktemp("interop")) as table:
        yield table
