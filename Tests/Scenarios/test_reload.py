"""A changed configuration: the next request sees all of a good one and nothing of a bad one."""

import asyncio
import signal
import ssl
from pathlib import Path

import pytest
from fixtures import behaviour
from fixtures.client import Client, encode, message
from fixtures.operator import Operator, replace
from fixtures.provider import Provider
from fixtures.proxy import free_port
from fixtures.refusal import assert_http_refused, assert_refused
from fixtures.token import SigningKey
from fixtures.upstream import Upstream, result
from fixtures.wire import Aborted

# Shorter than an operator has to wait: the contract's time in which a changed file is noticed.
NOTICED = 5


@pytest.fixture
def yaml(provider, upstream):
    def text(more="", url=upstream.url, secret=provider.client_secret, name="tickets", identity=""):
        return f"""
listen: 127.0.0.1:0
admin: {{listen: 127.0.0.1:0}}
identity: {{issuer: {provider.issuer}{identity}}}
exchange: {{client_id: {provider.client_id}, {secret_entry(secret)}}}
servers:
  {name}: {{url: {url}, obo: {{scopes: api://tickets/access_as_user}}}}
{more}
"""

    def secret_entry(secret):
        return f"client_secret_file: {secret}" if str(secret).startswith("/") else f"client_secret: {secret}"

    return text


@pytest.fixture
def serve(start_proxy):
    """A proxy that has all from a file, and its operator."""

    async def start(text, **changes):
        nothing = dict.fromkeys(
            ("OBO_ISSUER", "OBO_CLIENT_ID", "OBO_CLIENT_SECRET", "OBO_SERVER_TICKETS_URL", "OBO_SERVER_TICKETS_SCOPES")
        )
        proxy = await start_proxy(text, **{**nothing, **changes})
        return proxy, Operator(proxy, text)

    return start


async def test_a_new_server_serves_the_next_request(serve, yaml, provider):
    proxy, operator = await serve(yaml())
    async with Upstream() as wiki, await proxy.connect() as client:
        token = provider.user_token()
        assert (await client.request("POST", "/tickets", message(), token=token)).status == 200
        assert_http_refused(await client.request("POST", "/wiki", message(), token=token), 404, "unknown_server")
        more = f"  wiki: {{url: {wiki.url}, obo: {{scopes: api://wiki/read}}}}"
        record = await operator.reload(yaml(more))
        assert record["cause"] == "signal" and record["generation"] == "2"
        assert "servers.wiki.url" in record["changed"].split() and wiki.url not in proxy.text
        # On the connection that was open already.
        assert (await client.request("POST", "/wiki", message(), token=token)).json() == result(1)
        assert len(wiki.requests) == 1


async def test_minted_tokens_stay(serve, yaml, provider):
    proxy, operator = await serve(yaml())
    token = provider.user_token()
    await proxy.call(token)
    await operator.reload(yaml("log: {level: debug}\ncache: {max_entries: 500}\ntimeouts: {response: 50s}"))
    await proxy.call(token)
    assert len(provider.exchanges) == 1 and await proxy.metric("obo_cache_entries") == 1
    assert len(provider.key_fetches) == 1, "the issuer's keys stay as well"


async def test_other_scopes_are_another_token(serve, yaml, provider):
    proxy, operator = await serve(yaml())
    token = provider.user_token()
    await proxy.call(token)
    await operator.reload(yaml().replace("access_as_user", "read"))
    await proxy.call(token)
    assert [exchange.form["scope"].rpartition("/")[2] for exchange in provider.exchanges] == ["access_as_user", "read"]


async def test_a_bad_file_changes_nothing(serve, yaml, provider, upstream):
    proxy, operator = await serve(yaml())
    record = await operator.reload(yaml(url="ftp://a", more="no_such_key: 1"), "refused")
    # One line for each fault, as check prints them.
    await proxy.lines.until(lambda: len(proxy.records("reload")) == 2)
    faults = [record["fault"] for record in proxy.records("reload")]
    assert any("scenario.yaml:7:" in fault and "servers.tickets.url" in fault for fault in faults)
    assert any("no_such_key" in fault for fault in faults)
    assert record["generation"] == "1"
    assert (await proxy.call(provider.user_token())).json() == result(1)
    assert await proxy.metric("obo_config_last_reload_successful") == 0
    assert await proxy.metric("obo_config_reloads_total", outcome="refused") == 1
    await operator.reload(yaml(), "unchanged")
    assert await proxy.metric("obo_config_last_reload_successful") == 1


async def test_a_secret_that_is_gone_changes_nothing(serve, yaml, provider, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(provider.client_secret)
    proxy, operator = await serve(yaml(secret=secret))
    secret.unlink()
    assert "no such file" in (await operator.reload(None, "refused"))["fault"]
    assert (await proxy.call(provider.user_token())).json() == result(1)


async def test_an_unchanged_file_is_no_new_generation(serve, yaml, provider):
    proxy, operator = await serve(yaml())
    await proxy.call(provider.user_token())
    assert (await operator.reload(None, "unchanged"))["generation"] == "1"
    assert await proxy.metric("obo_config_reloads_total", outcome="unchanged") == 1


# What is noticed without a signal


async def test_a_changed_file_is_noticed(serve, yaml, provider):
    proxy, operator = await serve(yaml())
    replace(operator.path, yaml("sidecar_key: hush"))
    record = await operator.outcome("applied", 0, NOTICED)
    assert record["cause"] == "file" and record["changed"] == "sidecar_key"
    assert_http_refused(await proxy.call(provider.user_token()), 403, "bad_sidecar_key")


async def test_a_file_written_in_place_is_noticed(serve, yaml):
    proxy, operator = await serve(yaml())
    with operator.path.open("r+") as file:
        file.write(yaml("timeouts: {idle: 70s}"))
    assert (await operator.outcome("applied", 0, NOTICED))["changed"] == "timeouts.idle"


async def test_a_file_that_is_never_at_rest_keeps_no_other_from_being_noticed(serve, yaml, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret-0")
    secret.chmod(0o600)
    proxy, operator = await serve(yaml(secret=secret))

    async def churn():
        for number in range(1000):
            secret.write_text(f"secret-{number}")
            await asyncio.sleep(0.2)

    restless = asyncio.ensure_future(churn())
    replace(operator.path, yaml("timeouts: {idle: 70s}", secret=secret))
    assert "timeouts.idle" in (await operator.outcome("applied", 0, NOTICED))["changed"]
    restless.cancel()


async def test_a_bad_file_is_told_once(serve, yaml):
    proxy, operator = await serve(yaml())
    operator.path.write_text(yaml("no_such_key: 1"))
    await operator.outcome("refused", 0, NOTICED)
    told = len(proxy.records("reload"))
    # Mended: by then it was looked at again.
    replace(operator.path, yaml("timeouts: {idle: 70s}"))
    await operator.outcome("applied", 0, NOTICED)
    assert len(proxy.records("reload")) == told + 1


async def test_kubernetes_swaps_a_link(serve, yaml, provider, tmp_path):
    """A volume's files are links to `..data`, itself a link that is put in place anew."""
    old, new, link = tmp_path / "..old", tmp_path / "..new", tmp_path / "..data"
    for directory, secret in ((old, "rubbish"), (new, provider.client_secret)):
        directory.mkdir()
        (directory / "secret").write_text(secret)
    link.symlink_to("..old")
    (tmp_path / "secret").symlink_to("..data/secret")
    proxy, operator = await serve(yaml(secret=tmp_path / "secret"))
    (tmp_path / "..tmp").symlink_to("..new")
    (tmp_path / "..tmp").rename(link)
    record = await operator.outcome("applied", 0, NOTICED)
    assert record["changed"] == "exchange.client_secret"
    assert (await proxy.call(provider.user_token())).json() == result(1)
    assert provider.exchanges[-1].form["client_secret"] == provider.client_secret
    assert provider.client_secret not in proxy.text


# What changes over, and what lives on


async def test_who_is_refused_now_is_refused_whatever_was_known(serve, yaml, provider, upstream):
    proxy, operator = await serve(yaml())
    token = provider.user_token()
    async with await proxy.connect() as client:
        assert (await client.request("POST", "/tickets", message(), token=token)).status == 200
        await operator.reload(yaml(identity=", require_scope: something_else"))
        assert_refused(await client.request("POST", "/tickets", message(), token=token), "missing_scope")
    assert len(upstream.requests) == 1


async def test_a_call_keeps_the_settings_it_began_with(serve, yaml, provider, upstream):
    """The server's place changes while the exchange is under way: the call goes where its token was minted for."""
    proxy, operator = await serve(yaml())
    gate = provider.hold()
    call = asyncio.ensure_future(proxy.call(provider.user_token()))
    await provider.exchanges.reaches(1)
    async with Upstream() as elsewhere:
        await operator.reload(yaml(url=elsewhere.url))
        gate.set()
        assert (await call).json() == result(1)
        assert len(upstream.requests) == 1 and not elsewhere.requests
        await proxy.call(provider.user_token("bob"))
        assert len(upstream.requests) == 1 and len(elsewhere.requests) == 1


async def test_connections_to_a_server_that_stays_are_kept(serve, yaml, provider, upstream):
    proxy, operator = await serve(yaml())
    token = provider.user_token()
    await proxy.call(token)
    await operator.reload(yaml("timeouts: {response: 50s}"))
    await proxy.call(token)
    assert len(upstream.connections) == 1
    async with Upstream() as elsewhere:
        await operator.reload(yaml(url=elsewhere.url))
        await upstream.closed_connections.reaches(1)
        await proxy.call(token)
        assert len(elsewhere.requests) == 1
        assert await proxy.metric("obo_open_connections", side="upstream") == 1


async def test_a_stream_of_a_server_that_is_gone_goes_on(serve, yaml, provider, upstream):
    proxy, operator = await serve(yaml())
    more = asyncio.Event()

    async def stream(call):
        await call.start_stream()
        await call.event({"n": 1})
        await more.wait()
        await call.event({"n": 2})
        await call.end()

    upstream.script(stream)
    async with await proxy.connect() as client:
        await client.send(encode("GET", "/tickets", token=provider.user_token()))
        await client.head()
        assert await client.event() == {"n": 1}
        await operator.reload(yaml(name="wiki"))
        more.set()
        assert await client.event() == {"n": 2}
    assert_http_refused(await proxy.call(provider.user_token()), 404, "unknown_server")


async def test_counts_go_on(serve, yaml, provider):
    """A server that comes back goes on where it was; meanwhile there is no word of it."""
    proxy, operator = await serve(yaml())
    token = provider.user_token()
    await proxy.call(token)
    await operator.reload(yaml(name="a-wiki"))
    assert (await proxy.call(token, target="/a-wiki")).status == 200
    assert await proxy.metric("obo_requests_total", server="a-wiki") == 1
    assert await proxy.metric("obo_request_duration_seconds_count", server="a-wiki") == 1
    assert b'"tickets"' not in (await proxy.ask("GET", "/metrics")).body
    await operator.reload(yaml())
    await proxy.call(token)
    assert await proxy.metric("obo_requests_total", server="tickets") == 2
    assert b'"a-wiki"' not in (await proxy.ask("GET", "/metrics")).body


async def test_sessions_live_on_without_a_configured_key(serve, yaml, provider, upstream):
    proxy, operator = await serve(yaml())
    token = provider.user_token()

    async def begin(call):
        await call.reply_json(result(1), fields=[("Mcp-Session-Id", "abc")])

    upstream.script(begin)
    session = (await proxy.call(token)).value("mcp-session-id")
    await operator.reload(yaml("timeouts: {response: 50s}"))
    assert (await proxy.call(token, fields=[("Mcp-Session-Id", session)])).status == 200
    assert upstream.requests[-1].head.value("mcp-session-id") == "abc"


async def test_a_providers_breaker_stays_open(serve, yaml, provider):
    proxy, operator = await serve(yaml())
    provider.always(behaviour.answer(503))
    for user in range(5):
        await proxy.call(provider.user_token(f"user{user}"))
    assert await proxy.metric("obo_breaker_open", provider="default") == 1
    await operator.reload(yaml("timeouts: {response: 50s}"))
    assert await proxy.metric("obo_breaker_open", provider="default") == 1


async def test_a_new_secret_serves_the_next_exchange(serve, yaml, provider):
    proxy, operator = await serve(yaml(secret="first"))
    alice = provider.user_token("alice")
    await proxy.call(alice)
    await operator.reload(yaml(secret="second"))
    await proxy.call(alice)
    await proxy.call(provider.user_token("bob"))
    assert [exchange.form["client_secret"] for exchange in provider.exchanges] == ["first", "second"]


async def test_the_logs_level_and_form(serve, yaml, provider):
    proxy, operator = await serve(yaml(), OBO_LOG_LEVEL=None)
    await proxy.call(provider.user_token())
    await operator.reload(yaml("log: {level: notice}"))
    await proxy.call(provider.user_token("bob"))
    await operator.reload(yaml("log: {level: info}"))
    await proxy.call(provider.user_token("carol"))
    await proxy.stop()
    assert len(proxy.records("request")) == len(proxy.records("exchange")) == 2


async def test_the_logs_form(serve, yaml, provider):
    proxy, operator = await serve(yaml(), OBO_LOG_LEVEL=None)
    replace(operator.path, yaml("log: {format: text}"))
    proxy.terminate(signal.SIGHUP)
    assert 'outcome="applied"' in await proxy.lines.finds(lambda line: "configuration applied" in line)
    await proxy.call(provider.user_token())
    assert " status=200 " in await proxy.lines.finds(lambda line: " info request POST " in line)


async def test_one_more_issuer(serve, yaml, provider):
    """What is known of the first one stays known."""
    async with Provider() as partner:
        partner.key = SigningKey.named("key-two")
        partner.keys = [partner.key]
        proxy, operator = await serve(yaml())
        await proxy.call(provider.user_token())
        await operator.reload(yaml().replace(provider.issuer, f"[{provider.issuer}, {partner.issuer}]", 1))
        assert (await proxy.call(provider.user_token("bob"))).json() == result(1)
        assert len(provider.key_fetches) == 1 and len(provider.discoveries) == 1
        assert (await proxy.call(partner.user_token("carol"))).json() == result(1)
        assert len(partner.key_fetches) == 1
        await operator.reload(yaml())
        assert_refused(await proxy.call(partner.user_token("carol")), "wrong_issuer")


async def test_what_needs_a_restart_is_said(serve, yaml):
    proxy, operator = await serve(yaml(), OBO_WORKERS=None)
    await operator.reload(yaml("workers: 3\ntimeouts: {idle: 70s}"))
    line = await proxy.lines.finds(lambda line: "need a restart" in line)
    assert '"changed":"workers"' in line


# Listeners


async def test_another_address(serve, yaml, provider):
    """Those who are connected get one more answer, and word to come by the new door."""
    proxy, operator = await serve(yaml(), OBO_LISTEN="", OBO_ADMIN_LISTEN="")
    token, port, admin = provider.user_token(), free_port(), free_port()
    async with await proxy.connect() as client:
        assert (await client.request("POST", "/tickets", message(), token=token)).status == 200
        moved = yaml().replace("listen: 127.0.0.1:0", f"listen: 127.0.0.1:{port}", 1)
        moved = moved.replace("127.0.0.1:0", f"127.0.0.1:{admin}")
        await operator.reload(moved)
        answer = await client.request("POST", "/tickets", message(), token=token)
        assert answer.status == 200 and answer.value("connection") == "close"
    with pytest.raises(OSError):
        await Client.connect(proxy.address)
    with pytest.raises(OSError):
        await Client.connect(proxy.admin)
    proxy.address, proxy.admin = ("127.0.0.1", port), ("127.0.0.1", admin)
    assert (await proxy.call(token)).status == 200
    assert (await proxy.ask("GET", "/readyz")).status == 200


async def test_an_address_that_somebody_has_changes_nothing(serve, yaml, provider, upstream):
    proxy, operator = await serve(yaml(), OBO_LISTEN="", OBO_ADMIN_LISTEN="")
    taken = yaml("sidecar_key: hush").replace("listen: 127.0.0.1:0", f"listen: 127.0.0.1:{upstream.port}", 1)
    assert "cannot listen" in (await operator.reload(taken, "refused"))["fault"]
    assert (await proxy.call(provider.user_token())).status == 200


async def test_a_new_certificate_for_new_connections(serve, yaml, provider, authority, tmp_path):
    certificate, key = authority.issue()
    tls = f"tls: {{certificate: {certificate}, key: {key}}}"
    proxy, operator = await serve(yaml(tls))

    async def connect():
        return await Client.connect(proxy.address, tls=authority.client_context())

    def shown(client):
        return client.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)

    async with await connect() as before:
        other, other_key = authority.issue()
        Path(certificate).write_bytes(Path(other).read_bytes())
        Path(key).write_bytes(Path(other_key).read_bytes())
        await operator.reload(None)
        assert (await before.request("POST", "/tickets", message(), token=provider.user_token())).status == 200
        async with await connect() as after:
            assert shown(after) != shown(before)
            assert (await after.request("POST", "/tickets", message(), token=provider.user_token())).status == 200


async def test_who_may_connect_from_now_on(serve, yaml, provider, authority):
    certificate, key = authority.issue()
    tls = f"certificate: {certificate}, key: {key}"
    proxy, operator = await serve(yaml(f"tls: {{{tls}}}"))
    known, token = authority.client_context(), provider.user_token()
    known.load_cert_chain(*authority.issue("chat.example"))
    async with await Client.connect(proxy.address, tls=authority.client_context()) as before:
        assert (await before.request("POST", "/tickets", message(), token=token)).status == 200
        await operator.reload(yaml(f"tls: {{{tls}, client_ca: {authority.file}}}"))
        answer = await before.request("POST", "/tickets", message(), token=token)
        assert (answer.status, answer.value("connection")) == (200, "close")
    with pytest.raises((ssl.SSLError, ConnectionError, Aborted)):
        async with await Client.connect(proxy.address, tls=authority.client_context()) as stranger:
            await stranger.request("POST", "/tickets", message(), token=token)
    async with await Client.connect(proxy.address, tls=known) as client:
        assert (await client.request("POST", "/tickets", message(), token=token)).status == 200


# Under load


async def test_no_request_fails(serve, yaml, provider, upstream):
    """Good, bad and unchanged files, one after the other, while calls come on kept and on fresh connections."""
    proxy, operator = await serve(yaml(), OBO_WORKERS="2", OBO_LOG_LEVEL=None)
    token, over = provider.user_token(), asyncio.Event()
    statuses = []

    async def keep_calling():
        async with await proxy.connect() as client:
            while not over.is_set():
                statuses.append((await client.request("POST", "/tickets", message(), token=token)).status)

    async def call_afresh():
        while not over.is_set():
            statuses.append((await proxy.call(token)).status)

    load = [asyncio.ensure_future(each()) for each in (keep_calling, call_afresh) for _ in range(4)]
    for number in range(8):
        await operator.reload(yaml(f"timeouts: {{idle: {60 + number}s}}"))
        await operator.reload(None, "unchanged")
        await operator.reload("servers: [", "refused")
    over.set()
    await asyncio.gather(*load)
    assert set(statuses) == {200} and len(statuses) > 100


async def test_a_hangup_while_draining_changes_nothing(serve, yaml, provider, upstream):
    proxy, operator = await serve(yaml())
    gate = asyncio.Event()

    async def when_told(call):
        await gate.wait()
        await call.reply_json(result(1))

    upstream.script(when_told)
    call = asyncio.ensure_future(proxy.call(provider.user_token()))
    await upstream.requests.reaches(1)
    proxy.terminate()
    proxy.terminate(signal.SIGHUP)
    gate.set()
    assert (await call).json() == result(1)
    assert await proxy.exit(timeout=8) == 0
