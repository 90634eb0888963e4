"""What the process gives up before it does anything: looked at from outside, and lived with from inside."""

import os
from pathlib import Path

import pytest
from fixtures.credential import write
from fixtures.proxy import Proxy, _sanitizers

pytestmark = pytest.mark.skipif(bool(_sanitizers()), reason="sanitizers trace and fork the process that they watch")

NOBODY = 65534


def threads(proxy):
    """What /proc says of each thread: all came after the one that was restrained, or they would not be."""
    for task in Path(f"/proc/{proxy.pid}/task").iterdir():
        yield dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines() if ":\t" in line)


def core_limit(proxy):
    return next(line.split()[4:6] for line in Path(f"/proc/{proxy.pid}/limits").read_text().splitlines() if "core" in line)


async def test_every_thread_is_restrained(start_proxy, provider):
    proxy = await start_proxy(OBO_WORKERS="2")
    assert (await proxy.call(provider.user_token("ada"))).status == 200
    states = list(threads(proxy))
    assert len(states) > 2
    assert {(state["NoNewPrivs"], state["Seccomp"]) for state in states} == {("1", "2")}
    assert core_limit(proxy) == ["0", "0"]
    [record] = proxy.records("hardening")
    measures = ["no_new_privileges", "unreadable_memory", "system_call_filter", "unwritable_files"]
    assert {record[measure] for measure in measures} == {"on"}


async def test_names_secrets_and_the_way_out_work_under_it(start_proxy, provider, upstream, tmp_path):
    """Names are resolved by threads that load libraries, and secrets are read again."""
    secret = write(tmp_path, "secret", "first")
    proxy = await start_proxy(
        OBO_SERVER_TICKETS_URL=upstream.url.replace("127.0.0.1", "localhost"),
        OBO_CLIENT_SECRET=None,
        OBO_CLIENT_SECRET_FILE=secret,
    )
    assert (await proxy.call(provider.user_token("ada"))).status == 200
    os.rename(write(tmp_path, "next", "second"), secret)
    assert (await proxy.call(provider.user_token("grace"))).status == 200
    assert [exchange.form["client_secret"] for exchange in provider.exchanges] == ["first", "second"]
    assert len(upstream.requests) == 2
    assert await proxy.stop() == 0


async def test_a_listener_of_the_file_system_can_be_left_and_taken_over(start_proxy, provider, tmp_path):
    address = f"unix:{tmp_path}/socket"
    for _ in range(2):
        proxy = await start_proxy(OBO_LISTEN=address)
        assert (await proxy.call(provider.user_token("ada"))).status == 200
        assert await proxy.stop() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a process as somebody else")
async def test_its_own_user_cannot_read_its_memory(tmp_path, variables, provider):
    """The kernel gives what belongs to such a process to root; the metrics do not suffer."""
    proxy = Proxy("/", variables, "run", user=NOBODY)
    try:
        await proxy.start()
        assert os.stat(f"/proc/{proxy.pid}/mem").st_uid == 0 and f"{NOBODY}\t" in next(threads(proxy))["Uid"]
        assert (await proxy.call(provider.user_token("ada"))).status == 200
        assert await proxy.metric("process_open_fds") > 3
        assert await proxy.metric("process_resident_memory_bytes") > 0
    finally:
        assert await proxy.stop() == 0


async def test_off_takes_nothing(start_proxy):
    proxy = await start_proxy(OBO_HARDENING="off")
    assert {(state["NoNewPrivs"], state["Seccomp"]) for state in threads(proxy)} == {("0", "0")}
    assert [record["message"] for record in proxy.records("hardening")] == ["hardening is off"]
