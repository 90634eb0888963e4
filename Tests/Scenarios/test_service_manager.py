"""What systemd is told, and the sockets that it hands over; without systemd, by its documented protocol."""

import re

import pytest
from fixtures.client import Client, encode, message
from fixtures.manager import Manager, bound
from fixtures.operator import Operator
from fixtures.refusal import reason_of
from fixtures.upstream import result


@pytest.fixture(params=["path", "abstract"])
async def manager(request, tmp_path):
    name = str(tmp_path / "notify")
    async with Manager(name if request.param == "path" else f"@{name}") as manager:
        yield manager


async def test_states(start_proxy, manager):
    proxy = await start_proxy("log: {level: info}", NOTIFY_SOCKET=manager.name)
    operator = Operator(proxy, "log: {level: info}")
    await manager.hears("READY=1")
    await operator.reload("timeouts: {idle: 70s}")
    await manager.hears("READY=1", times=2)
    assert re.fullmatch(r"READY=1 RELOADING=1 MONOTONIC_USEC=\d+ READY=1", " ".join(manager.states))
    await operator.reload("servers: [", "refused")
    await manager.hears("READY=1", times=3)
    assert await proxy.stop() == 0
    await manager.hears("STOPPING=1")


async def test_signs_of_life(start_proxy, manager):
    await start_proxy(NOTIFY_SOCKET=manager.name, WATCHDOG_USEC="200000", OBO_WORKERS="2")
    await manager.hears("WATCHDOG=1", times=4)


async def test_nobody_wants_signs_of_life(start_proxy, manager):
    proxy = await start_proxy(NOTIFY_SOCKET=manager.name, WATCHDOG_USEC="1000", WATCHDOG_PID="1")
    await manager.hears("READY=1")
    assert await proxy.stop() == 0
    await manager.hears("STOPPING=1")
    assert manager.count("WATCHDOG=1") == 0


async def test_a_manager_that_is_gone(start_proxy, provider, tmp_path):
    proxy = await start_proxy(NOTIFY_SOCKET=str(tmp_path / "nobody"))
    assert (await proxy.call(provider.user_token())).json() == result(1)


@pytest.mark.parametrize("workers", ["1", "3"])
@pytest.mark.parametrize("names", [None, "listen", "obo-proxy.socket"])
async def test_one_socket(start_proxy, provider, names, workers):
    with bound() as listener:
        proxy = await start_proxy(
            inherits=[listener], LISTEN_FDNAMES=names, OBO_LISTEN="127.0.0.1:1", OBO_WORKERS=workers
        )
        assert proxy.address == listener.getsockname()
        for number in range(6):
            assert (await proxy.call(provider.user_token(), request_id=number)).json() == result(number)


async def test_both_sockets(start_proxy, provider):
    with bound() as admin, bound() as listener:
        proxy = await start_proxy(inherits=[admin, listener], LISTEN_FDNAMES="admin:listen")
        assert (proxy.address, proxy.admin) == (listener.getsockname(), admin.getsockname())
        assert (await proxy.call(provider.user_token())).json() == result(1)


async def test_another_address_needs_a_restart(start_proxy, provider):
    with bound() as listener:
        yaml = "listen: 127.0.0.1:1"
        proxy = await start_proxy(yaml, inherits=[listener], OBO_LISTEN="", OBO_ADMIN_LISTEN="127.0.0.1:0")
        await Operator(proxy, yaml).reload("listen: 127.0.0.1:2")
        assert '"changed":"listen"' in await proxy.lines.finds(lambda line: "need a restart" in line)
        assert (await proxy.call(provider.user_token())).json() == result(1)


@pytest.mark.parametrize("names", ["first:second", "listen:listen", "listen:"])
async def test_sockets_that_nobody_can_tell_apart(run_binary, names):
    with bound() as one, bound() as other:
        code, text = await run_binary("run", inherits=[one, other], LISTEN_FDNAMES=names)
    assert code == 78 and "LISTEN_FDNAMES" in text


async def test_a_socket_that_others_reach(run_binary, start_proxy):
    """What the configuration may not open, the service manager does not open either."""
    with bound("0.0.0.0") as listener:
        code, text = await run_binary("run", inherits=[listener])
        assert code == 78 and "sidecar_key" in text
        proxy = await start_proxy("sidecar_key: hush", inherits=[listener])
        proxy.address = ("127.0.0.1", listener.getsockname()[1])
        refused = await Operator(proxy, "sidecar_key: hush").reload("log: {level: info}", "refused")
        assert "sidecar_key" in refused["fault"]
        assert (await proxy.call("x")).status == 403


async def test_hosts_go_by_the_socket_and_not_by_the_file(start_proxy):
    """What is refused on loopback, against pages that bend their names to it, is refused there whatever `listen` says."""

    async def reason(proxy, port):
        async with await Client.connect(("127.0.0.1", port)) as client:
            await client.send(encode("POST", "/tickets", message(), host="chat.example"))
            return reason_of(await client.response())

    with bound() as inside, bound("0.0.0.0") as outside:
        proxy = await start_proxy(inherits=[inside], OBO_LISTEN="0.0.0.0:1", OBO_SIDECAR_KEY="hush")
        assert await reason(proxy, inside.getsockname()[1]) == "bad_origin"
        proxy = await start_proxy(inherits=[outside], OBO_LISTEN="127.0.0.1:1", OBO_SIDECAR_KEY="hush")
        assert await reason(proxy, outside.getsockname()[1]) == "bad_sidecar_key"


async def test_an_admin_socket_that_others_reach(run_binary):
    with bound() as listener, bound("0.0.0.0") as admin:
        code, text = await run_binary("run", inherits=[listener, admin], LISTEN_FDNAMES="listen:admin")
    assert code == 78 and "admin.listen" in text


async def test_somebody_elses_sockets(start_proxy, provider):
    """Variables that a parent process has left behind."""
    proxy = await start_proxy(LISTEN_PID="1", LISTEN_FDS="1")
    assert (await proxy.call(provider.user_token())).json() == result(1)
