"""`obo-proxy health`: what a container's probes run, since its image has no other program."""

import pytest
from fixtures import behaviour


def admin(proxy):
    return f"unix:{proxy.admin}" if isinstance(proxy.admin, str) else "{}:{}".format(*proxy.admin)


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "unix:{directory}/admin"])
async def test_a_serving_proxy_says_yes(start_proxy, run_binary, tmp_path, listen):
    proxy = await start_proxy(OBO_ADMIN_LISTEN=listen.format(directory=tmp_path))
    assert await run_binary("health", OBO_ADMIN_LISTEN=admin(proxy)) == (0, "")
    assert await run_binary("health", "--ready", OBO_ADMIN_LISTEN=admin(proxy)) == (0, "")


async def test_one_without_keys_lives_and_is_not_ready(start_proxy, run_binary, provider):
    provider.keys_answer = behaviour.answer(500)
    proxy = await start_proxy(ready=False)
    assert await run_binary("health", OBO_ADMIN_LISTEN=admin(proxy)) == (0, "")
    code, text = await run_binary("health", "--ready", OBO_ADMIN_LISTEN=admin(proxy))
    assert code == 1 and '"keys":"unavailable"' in text


async def test_one_that_has_left_is_not_well(start_proxy, run_binary):
    proxy = await start_proxy()
    assert await proxy.stop() == 0
    code, text = await run_binary("health", OBO_ADMIN_LISTEN=admin(proxy))
    assert code == 1 and "no answer" in text


async def test_what_cannot_be_asked_is_said(run_binary):
    code, text = await run_binary("health", OBO_ADMIN_LISTEN="off")
    assert code == 1 and "admin.listen" in text
    assert (await run_binary("health", OBO_ADMIN_LISTEN="nonsense"))[0] == 78
