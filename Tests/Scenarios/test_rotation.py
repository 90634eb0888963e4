"""Credentials in files that somebody replaces while the proxy runs: the next exchange has the new one, and what cannot
be used never takes the place of what can."""

import json
import os
import ssl
import time
from pathlib import Path

import pytest
from fixtures import behaviour
from fixtures.credential import ClientCertificate, check_assertion, write
from fixtures.provider import Provider
from fixtures.refusal import assert_refused
from fixtures.token import SigningKey, claims

REJECTED = behaviour.json_answer({"error": "invalid_client", "error_codes": [7000215]}, 401)


async def succeeds(proxy, provider, user):
    """A call of a user that nobody has seen yet, and so an exchange."""
    assert (await proxy.call(provider.user_token(user))).json()["result"]
    return provider.exchanges[-1]


async def told(proxy):
    """What the log says of the credential, once it says something."""
    await proxy.lines.finds(lambda line: '"client_credential"' in line)
    return proxy.records("client_credential")


# A secret


@pytest.fixture
def secret(tmp_path):
    return write(tmp_path, "secret", "first\n")


@pytest.fixture
async def proxy(start_proxy, secret):
    return await start_proxy(OBO_CLIENT_SECRET=None, OBO_CLIENT_SECRET_FILE=secret)


async def test_a_new_secret_is_used_at_once(proxy, provider, secret):
    assert (await succeeds(proxy, provider, "alice")).form["client_secret"] == "first"
    Path(secret).write_text("second\n")
    assert (await succeeds(proxy, provider, "bob")).form["client_secret"] == "second"
    assert [record["path"] for record in await told(proxy)] == [secret]
    assert "second" not in proxy.text


async def test_a_secret_that_is_replaced_while_it_is_rejected(proxy, provider, secret):
    """The operator was a moment late: the user does not notice."""

    async def rotate_and_reject(call):
        Path(secret).write_text("second")
        await REJECTED(call)

    provider.script(rotate_and_reject)
    await succeeds(proxy, provider, "alice")
    assert [exchange.form["client_secret"] for exchange in provider.exchanges] == ["first", "second"]


async def test_a_second_rejection_is_the_last(proxy, provider, upstream, secret):
    async def rotate_and_reject(call):
        Path(secret).write_text(f"number {len(provider.exchanges)}")
        await REJECTED(call)

    provider.always(rotate_and_reject)
    assert_refused(await proxy.call(provider.user_token()), "client_rejected")
    assert len(provider.exchanges) == 2
    upstream.saw_nothing()


async def test_the_same_secret_is_not_tried_again(proxy, provider, upstream):
    provider.always(REJECTED)
    assert_refused(await proxy.call(provider.user_token()), "client_rejected")
    assert len(provider.exchanges) == 1
    upstream.saw_nothing()


@pytest.mark.parametrize("how", ["gone", "empty", "a line break", "a pipe"])
async def test_what_is_no_secret_does_not_replace_one(proxy, provider, secret, how):
    """As with a bad configuration: the old one stays, and the log says so, once."""
    if how in ("gone", "a pipe"):
        os.unlink(secret)
    if how == "a pipe":
        # One that nobody writes to would keep its reader for ever.
        os.mkfifo(secret)
    elif how != "gone":
        Path(secret).write_text("" if how == "empty" else "\n")
    for user in ("alice", "bob"):
        assert (await succeeds(proxy, provider, user)).form["client_secret"] == "first"
    (record,) = await told(proxy)
    assert record["level"] == "error" and secret in record["fault"] and "stays" in record["message"]
    write(Path(secret).parent, "secret.new", "second")
    os.replace(f"{secret}.new", secret)
    assert (await succeeds(proxy, provider, "carol")).form["client_secret"] == "second"


# A certificate


class Volume:
    """Files as Kubernetes mounts them: all of them change in one moment, by a symbolic link."""

    def __init__(self, directory):
        self.directory = Path(directory) / "mounted"
        self.directory.mkdir()
        self._count = 0

    def put(self, **files):
        self._count += 1
        content = self.directory / f"..{self._count}"
        content.mkdir()
        for name, data in files.items():
            (content / name).write_bytes(data)
            if not (self.directory / name).is_symlink():
                (self.directory / name).symlink_to(Path("..data") / name)
        (self.directory / "..new").symlink_to(content.name)
        (self.directory / "..new").rename(self.directory / "..data")

    def path(self, name):
        return str(self.directory / name)


@pytest.fixture(scope="module")
def certificates():
    return ClientCertificate(), ClientCertificate()


async def test_a_new_certificate_signs_at_once(start_proxy, provider, tmp_path, certificates):
    old, new = certificates
    volume = Volume(tmp_path)
    volume.put(crt=old.pem, key=old.key_pem())
    proxy = await start_proxy(OBO_CLIENT_SECRET=None, OBO_CERTIFICATE=volume.path("crt"), OBO_KEY=volume.path("key"))
    place = (provider.token_endpoint, provider.client_id)
    check_assertion(await succeeds(proxy, provider, "alice"), old, *place)
    volume.put(crt=new.pem, key=new.key_pem())
    check_assertion(await succeeds(proxy, provider, "bob"), new, *place)
    assert len(await told(proxy)) == 1


async def test_a_certificate_waits_for_its_key(start_proxy, provider, tmp_path, certificates):
    """Two files cannot be replaced in one moment: until both are there, the old pair signs."""
    old, new = certificates
    crt, key = write(tmp_path, "crt", old.pem), write(tmp_path, "key", old.key_pem())
    proxy = await start_proxy(OBO_CLIENT_SECRET=None, OBO_CERTIFICATE=crt, OBO_KEY=key)
    place = (provider.token_endpoint, provider.client_id)
    Path(crt).write_bytes(new.pem)
    check_assertion(await succeeds(proxy, provider, "alice"), old, *place)
    (record,) = await told(proxy)
    assert record["level"] == "error" and "another's" in record["fault"]
    Path(key).write_bytes(new.key_pem())
    check_assertion(await succeeds(proxy, provider, "bob"), new, *place)


async def test_a_certificate_that_has_ended_replaces_none(start_proxy, provider, tmp_path, certificates):
    old, ended = certificates[0], ClientCertificate(days=-2)
    path = write(tmp_path, "client.pem", old.pem + old.key_pem())
    proxy = await start_proxy(OBO_CLIENT_SECRET=None, OBO_CERTIFICATE=path)
    Path(path).write_bytes(ended.pem + ended.key_pem())
    exchange = await succeeds(proxy, provider, "alice")
    check_assertion(exchange, old, provider.token_endpoint, provider.client_id)
    assert "ended on" in (await told(proxy))[0]["fault"]


async def test_a_new_certificate_makes_new_connections(start_proxy, provider, tmp_path, authority, certificates):
    old, new = certificates
    tls = authority.server_context()
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(write(tmp_path, "clients.pem", old.pem + new.pem))
    path = write(tmp_path, "client.pem", old.pem + old.key_pem())
    async with Provider(tls=tls) as strict:
        proxy = await start_proxy(
            OBO_CLIENT_SECRET=None,
            OBO_CERTIFICATE=path,
            OBO_CLIENT_AUTH="tls",
            OBO_TOKEN_ENDPOINT=strict.token_endpoint,
            OBO_CA_FILE=authority.file,
        )

        async def shown(user):
            assert (await proxy.call(provider.user_token(user))).json()["result"]
            session = strict.exchanges[-1].request.connection.get_extra_info("ssl_object")
            return ssl.DER_cert_to_PEM_cert(session.getpeercert(binary_form=True)).encode()

        assert [await shown("alice"), await shown("bob")] == [old.pem, old.pem]
        assert len(strict.connections) == 1
        Path(path).write_bytes(new.pem + new.key_pem())
        assert [await shown("carol"), await shown("dave")] == [new.pem, new.pem]
        assert len(strict.connections) == 2


# Workload identity


def federated(lifetime=3600, **members):
    """What the cluster leaves in the file; nobody here verifies it."""
    payload = {"aud": ["api://AzureADTokenExchange"], "sub": "system:serviceaccount:chat:obo", **members}
    return SigningKey.named("cluster").sign({"exp": int(time.time()) + lifetime, **payload})


@pytest.fixture
def token_file(tmp_path):
    return write(tmp_path, "token", federated() + "\n")


@pytest.fixture
async def federated_proxy(start_proxy, token_file):
    return await start_proxy(OBO_CLIENT_SECRET=None, AZURE_FEDERATED_TOKEN_FILE=token_file)


async def test_the_platforms_token_is_read_for_each_exchange(federated_proxy, provider, token_file):
    for user in ("alice", "bob"):
        token = federated(jti=user)
        Path(token_file).write_text(f"\n{token}\r\n")
        form = (await succeeds(federated_proxy, provider, user)).form
        assert form["client_assertion"] == token and form["client_id"] == provider.client_id
        assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        assert "client_secret" not in form and token not in federated_proxy.text


@pytest.mark.parametrize(
    "content, why",
    [
        (lambda: federated(-60), "this one ended"),
        (lambda: "words", "expected a JWT"),
        (lambda: json.dumps(claims(federated())), "expected a JWT"),
        (lambda: "", "empty"),
        (None, "no such file"),
    ],
    ids=["ended", "words", "JSON", "empty", "gone"],
)
async def test_without_the_platforms_token_nobody_is_asked(
    federated_proxy, provider, upstream, token_file, content, why
):
    if content:
        Path(token_file).write_text(content())
    else:
        os.unlink(token_file)
    assert_refused(await federated_proxy.call(provider.user_token()), "client_rejected")
    assert not provider.exchanges
    upstream.saw_nothing()
    fault = await federated_proxy.lines.finds(lambda line: "client credential unusable" in line)
    assert token_file in fault and why in fault
    Path(token_file).write_text(federated())
    await succeeds(federated_proxy, provider, "bob")


async def test_the_platforms_token_is_replaced_while_it_is_rejected(federated_proxy, provider, token_file):
    token = federated(jti="new")

    async def rotate_and_reject(call):
        Path(token_file).write_text(token)
        await REJECTED(call)

    provider.script(rotate_and_reject)
    await succeeds(federated_proxy, provider, "alice")
    assert [exchange.form["client_assertion"] == token for exchange in provider.exchanges] == [False, True]
    provider.script(REJECTED)
    assert_refused(await federated_proxy.call(provider.user_token("bob")), "client_rejected")
    assert len(provider.exchanges) == 3
