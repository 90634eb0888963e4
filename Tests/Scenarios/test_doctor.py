"""`doctor` tries everything that a call depends on, sends no MCP request, and says what fails in an operator's words."""

import re
import time
from email.utils import formatdate

import pytest
from cryptography.exceptions import InvalidSignature
from fixtures import behaviour
from fixtures.credential import ClientCertificate, write
from fixtures.provider import TENANT
from fixtures.proxy import free_port
from fixtures.upstream import Upstream

SCOPE = "api://tickets/access_as_user"


@pytest.fixture
def provider(provider):
    """One that judges: the client first, then the user token, then the scopes. Its clock is right."""

    async def judge(call):
        exchange = provider.exchange_of(call)
        if exchange.form["client_secret"] != provider.client_secret:
            return await refusing("invalid_client", 401, error_codes=[7000215])(call)
        try:
            provider.key.verify(exchange.form["assertion"])
        except InvalidSignature:
            return await refusing("invalid_grant", error_codes=[50013])(call)
        if exchange.form["scope"] != SCOPE:
            return await refusing("invalid_scope", error_codes=[70011])(call)
        await provider.default(call)

    provider.always(judge)
    at(provider, time.time)
    return provider


def at(provider, clock):
    """Has the provider's documents dated by that clock."""

    async def discovery(call):
        document = {
            "issuer": provider.issuer,
            "jwks_uri": provider.jwks_uri,
            "token_endpoint": provider.token_endpoint,
        }
        await call.reply_json(document, fields=[("Date", formatdate(clock(), usegmt=True))])

    provider.discovery_answer = discovery


def refusing(error, status=400, **members):
    return behaviour.json_answer({"error": error, "error_description": "AADSTS: prose", **members}, status)


@pytest.fixture
def doctor(run_binary, tmp_path, provider):
    """Runs it, perhaps with a user token, and returns (exit code, text)."""

    async def run(token=None, **changes):
        arguments = ["doctor"]
        if token is not None:
            (tmp_path / "token").write_text(token)
            arguments += ["--token-file", "token"]
        code, text = await run_binary(*arguments, timeout=60, **changes)
        print(text)
        assert provider.client_secret not in text
        for part in (token or "").split("."):
            assert len(part) < 20 or part not in text, "a part of the token is shown"
        for exchange in provider.exchanges:
            assert exchange.form["assertion"] not in text
            assert not exchange.minted or exchange.minted not in text
        return code, text

    return run


def check(text, verdict, name, words=""):
    """The one finding of that check with that verdict, advice included, which must hold the words."""
    findings = re.split(r"\n(?! )", text.strip())
    found = [finding for finding in findings if re.match(rf"{verdict} +{name}\b", finding)]
    assert len(found) == 1, f"{len(found)} findings {verdict} {name} in\n{text}"
    assert words in found[0], f"{words!r} is missing in\n{found[0]}"
    return found[0]


async def test_all_is_good(doctor, provider, upstream):
    code, text = await doctor(provider.user_token())
    assert code == 0, text
    for name in ("discovery", "keys", "clock", "credential", "server", "token", "exchange"):
        check(text, "ok", name)
    assert "FAIL" not in text and "warn" not in text
    assert "7 checks: 7 good" in text
    check(text, "ok", "keys", "RS256")
    check(text, "ok", "exchange", "aud api://tickets")
    assert len(provider.exchanges) == 2
    assert not upstream.received, "something was sent to the MCP server"
    assert "alice" not in text.lower(), "a claim is shown that must not be"


async def test_without_a_token(doctor, provider, upstream):
    code, text = await doctor()
    assert code == 0, text
    check(text, "skip", "token", "--token-file")
    forged = provider.exchanges[0].form["assertion"]
    assert len(provider.exchanges) == 1
    with pytest.raises(InvalidSignature):
        provider.key.verify(forged)
    assert not upstream.received


async def test_token_copied_with_its_scheme(doctor, provider):
    code, text = await doctor(f"  Bearer {provider.user_token()}\r\n\n")
    assert code == 0, text
    check(text, "ok", "token")


# name: (what the provider answers to every exchange, what the advice says)
CLIENT_FAULTS = {
    "secret expired": (refusing("invalid_client", 401, error_codes=[7000222]), "has expired"),
    "id in the secret's place": (refusing("invalid_client", 401, error_codes=[7000215]), "not its id"),
    "application unknown": (refusing("unauthorized_client", error_codes=[700016]), "compare client_id and the tenant"),
    "tenant unknown": (refusing("invalid_request", error_codes=[90002]), "tenant id"),
    "client refused": (refusing("invalid_client", 401), "compare client_id"),
    "grant unknown": (refusing("unsupported_grant_type"), "exchange.grant"),
    "no token endpoint": (behaviour.answer(404, b"<html>"), "exchange.token_endpoint"),
    "down": (behaviour.answer(503, b""), "status page"),
    "throttled": (behaviour.answer(429, b"Too Many Requests", retry_after="60"), "limits this client"),
}


@pytest.mark.parametrize("name", CLIENT_FAULTS)
async def test_client_is_not_accepted(doctor, provider, name):
    answer, words = CLIENT_FAULTS[name]
    provider.always(answer)
    code, text = await doctor(provider.user_token())
    assert code == 1
    assert words.lower() in check(text, "FAIL", "credential").lower()
    check(text, "ok", "token")
    check(text, "skip", "exchange")
    assert "prose" not in text


async def test_wrong_secret(doctor):
    code, text = await doctor(OBO_CLIENT_SECRET="not-the-one")
    assert code == 1
    check(text, "FAIL", "credential", "AADSTS7000215")
    assert "not-the-one" not in text


def with_certificate(tmp_path, **changes):
    certificate = ClientCertificate(**changes)
    path = write(tmp_path, "client.pem", certificate.pem + certificate.key_pem())
    return {"OBO_CLIENT_SECRET": None, "OBO_CERTIFICATE": path}


async def test_client_certificate(doctor, provider, tmp_path):
    provider.always(refusing("invalid_grant", error_codes=[50013]))
    code, text = await doctor(**with_certificate(tmp_path))
    assert code == 0, text
    check(text, "ok", "credential")


async def test_client_certificate_ends_soon(doctor, provider, tmp_path):
    provider.always(refusing("invalid_grant", error_codes=[50013]))
    code, text = await doctor(**with_certificate(tmp_path, days=9))
    assert code == 0, text
    check(text, "warn", "credential", "client certificate ends soon: days 9")


async def test_client_certificate_is_not_the_registered_one(doctor, provider, tmp_path):
    provider.always(refusing("invalid_client", 401, error_codes=[700027]))
    code, text = await doctor(**with_certificate(tmp_path))
    assert code == 1
    check(text, "FAIL", "credential", "compare its thumbprint")


async def test_federated_token_has_ended(doctor, provider, tmp_path):
    path = write(tmp_path, "federated", provider.key.sign({"exp": int(time.time()) - 60}))
    code, text = await doctor(OBO_CLIENT_SECRET=None, OBO_FEDERATED_TOKEN_FILE=path)
    assert code == 1
    check(text, "FAIL", "credential", f"client credential unusable: fault {path}")
    assert not provider.exchanges


@pytest.mark.parametrize("tokens, verdict, code", [("jwt", "warn", 0), ("opaque", "FAIL", 1)])
async def test_provider_that_mints_for_anybody(doctor, provider, tokens, verdict, code):
    """The proxy verifies what it sends there, unless the provider is the only one who can."""
    provider.always(None)
    exit_code, text = await doctor(OBO_TOKENS=tokens)
    assert exit_code == code, text
    check(text, verdict, "credential", "forged")


# name: (what the provider answers to the user's exchange, what the finding says)
USER_FAULTS = {
    "wrong scopes": (refusing("invalid_scope", error_codes=[70011]), "obo.scopes"),
    "resource unknown": (refusing("invalid_resource", error_codes=[500011]), "API permissions"),
    "no consent": (
        refusing("invalid_grant", suberror="consent_required", error_codes=[65001]),
        "Grant admin consent",
    ),
    "another factor": (refusing("interaction_required", error_codes=[50076], claims='{"a":{}}'), "another factor"),
    "account disabled": (refusing("invalid_grant", error_codes=[50057]), "disabled"),
}


@pytest.mark.parametrize("name", USER_FAULTS)
async def test_user_gets_no_token(doctor, provider, upstream, name):
    answer, words = USER_FAULTS[name]
    provider.script(refusing("invalid_grant", error_codes=[50013]))
    provider.always(answer)
    code, text = await doctor(provider.user_token())
    assert code == 1
    check(text, "ok", "credential")
    check(text, "FAIL", "exchange", words)
    assert "prose" not in text
    assert not upstream.received


async def test_wrong_scopes_are_named_by_their_server(doctor, provider):
    code, text = await doctor(provider.user_token(), OBO_SERVER_TICKETS_SCOPES="api://tickets/wrong")
    assert code == 1
    check(text, "FAIL", "exchange", "tickets: scope_misconfigured, status 400, invalid_scope, AADSTS70011")


GRAPH = "00000003-0000-0000-c000-000000000000"
OLD_ISSUER = f"https://sts.windows.net/{TENANT}/"

# name: (the token's changed claims, what the finding says)
TOKENS = {
    "for Graph": ({"aud": GRAPH}, "Microsoft Graph"),
    "for Graph, version 1": ({"aud": "https://graph.microsoft.com", "iss": OLD_ISSUER, "ver": "1.0"}, "OPENID_SCOPE"),
    "an ID token": ({"nonce": "abc"}, "LIBRECHAT_OPENID_ACCESS_TOKEN"),
    "another audience": ({"aud": "api://somebody-else"}, "aud api://somebody-else"),
    "version 1": ({"iss": OLD_ISSUER, "ver": "1.0"}, "requestedAccessTokenVersion"),
    "another issuer": ({"iss": "https://other.example/"}, "https://other.example/"),
    "an application's": ({"idtyp": "app"}, "no user"),
    "no end": ({"exp": None}, "iss, exp or the user is missing"),
}


@pytest.mark.parametrize("name", TOKENS)
async def test_token_is_refused(doctor, provider, name):
    changes, words = TOKENS[name]
    code, text = await doctor(provider.user_token(**changes))
    assert code == 1
    check(text, "FAIL", "token", words)
    check(text, "skip", "exchange")
    assert len(provider.exchanges) == 1, "a token that calls could not use was exchanged"


async def test_expected_audiences_are_shown(doctor, provider):
    _, text = await doctor(provider.user_token(aud="api://somebody-else"))
    check(text, "FAIL", "token", f"api://{provider.client_id}")


async def test_expired_token(doctor, provider):
    now = int(time.time())
    code, text = await doctor(provider.user_token(exp=now - 2 * 3600 - 300))
    assert code == 1
    assert re.search(r"expired 2 h [56] min ago", check(text, "FAIL", "token"))


async def test_token_of_tomorrow(doctor, provider):
    now = int(time.time())
    code, text = await doctor(provider.user_token(nbf=now + 7200, exp=now + 9000))
    assert code == 1
    assert re.search(r"becomes valid in (2 h|1 h 59 min)", check(text, "FAIL", "token"))


async def test_scope_is_missing(doctor, provider):
    code, text = await doctor(provider.user_token(scp="User.Read"), OBO_REQUIRE_SCOPE="access_as_user")
    assert code == 1
    finding = check(text, "FAIL", "token", "lacks the scope access_as_user")
    assert "scp User.Read" in finding


async def test_token_was_changed(doctor, provider):
    head, payload, signature = provider.user_token().split(".")
    code, text = await doctor(".".join([head, payload, signature[::-1]]))
    assert code == 1
    check(text, "FAIL", "token", "invalid_signature")


@pytest.mark.parametrize("token", ["", "{{LIBRECHAT_OPENID_ACCESS_TOKEN}}", "opaque-text", "a.b.c"])
async def test_no_token_at_all(doctor, token):
    code, text = await doctor(token)
    assert code == 1
    check(text, "FAIL", "token")


async def test_terminal_is_not_driven_by_a_token(doctor, provider):
    _, text = await doctor(provider.user_token(aud="api://x\u001b[2J\nok   exchange   tickets: minted\u202e"))
    assert "\u001b" not in text and "\u202e" not in text
    check(text, "FAIL", "token")
    check(text, "skip", "exchange")


async def test_token_file_is_not_there(run_binary, provider):
    code, text = await run_binary("doctor", "--token-file", "nowhere")
    assert code == 1
    check(text, "FAIL", "token", "no such file")


async def test_opaque_tokens(doctor, provider, run_binary, tmp_path):
    """Nobody looks inside: the provider is the judge of the forgery and of the user's token."""
    provider.script(refusing("invalid_grant"))
    provider.always(behaviour.json_answer({"token_type": "Bearer", "access_token": "minted-text", "expires_in": 60}))
    code, text = await doctor("opaque-text", OBO_TOKENS="opaque")
    assert code == 0, text
    check(text, "ok", "token")
    check(text, "ok", "exchange", "minted, for 1 min")


async def test_token_exchange(run_binary, provider, tmp_path):
    """Where `invalid_request` is what RFC 8693 has for a bad token; elsewhere it would blame the request."""
    provider.script(refusing("invalid_request"))
    body = {
        "token_type": "Bearer",
        "access_token": "minted-text",
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "expires_in": 60,
    }
    provider.always(behaviour.json_answer(body))
    (tmp_path / "token").write_text(provider.user_token())
    code, text = await run_binary("doctor", "--token-file", "token", OBO_GRANT="token-exchange")
    assert code == 0, text
    check(text, "ok", "credential", "exchange_rejected, status 400, invalid_request")
    check(text, "ok", "exchange")


@pytest.mark.parametrize(
    "offset, verdict, code", [(40, "warn", 0), (-40, "warn", 0), (3600, "FAIL", 1), (-90, "FAIL", 1)]
)
async def test_clock_is_off(doctor, provider, offset, verdict, code):
    at(provider, lambda: time.time() - offset)
    exit_code, text = await doctor()
    assert exit_code == code
    check(text, verdict, "clock", "ahead" if offset > 0 else "behind")


async def test_issuer_calls_itself_otherwise(doctor, provider):
    """The commonest slip with Entra: the issuer without its /v2.0 finds the document of version 1."""
    document = {"issuer": OLD_ISSUER, "jwks_uri": provider.jwks_uri, "token_endpoint": provider.token_endpoint}
    provider.discovery_answer = behaviour.json_answer(document)
    code, text = await doctor(provider.user_token())
    assert code == 1
    check(text, "FAIL", "discovery", "ends in /v2.0")
    check(text, "skip", "keys")
    check(text, "skip", "credential")
    check(text, "skip", "token")
    check(text, "skip", "exchange")
    assert not provider.exchanges


async def test_issuer_with_a_slash_too_many(doctor, provider):
    code, text = await doctor(OBO_ISSUER=provider.issuer + "/")
    assert code == 1
    check(text, "FAIL", "discovery", "to the last slash")


@pytest.mark.parametrize(
    "answer, words",
    [
        (behaviour.answer(404, b""), "status 404"),
        (behaviour.answer(200, b"<html>", content_type="text/html"), "no discovery document"),
        (behaviour.redirect(302, "https://login.example/"), "redirects"),
        (behaviour.close, "closed without an answer"),
    ],
    ids=["404", "HTML", "redirect", "closed"],
)
async def test_no_discovery(doctor, provider, answer, words):
    provider.discovery_answer = answer
    code, text = await doctor()
    assert code == 1
    check(text, "FAIL", "discovery", words)


@pytest.mark.parametrize(
    "answer, words",
    [
        (behaviour.json_answer({"keys": []}), "no set of usable keys"),
        (behaviour.answer(500, b""), "status 500"),
    ],
)
async def test_no_keys(doctor, provider, answer, words):
    provider.keys_answer = answer
    code, text = await doctor()
    assert code == 1
    check(text, "FAIL", "keys", words)


async def test_keys_for_other_algorithms(doctor):
    code, text = await doctor(OBO_ALGORITHMS="ES256")
    assert code == 1
    check(text, "FAIL", "keys", "identity.algorithms accepts ES256 alone")


async def test_provider_is_down(doctor, provider):
    nobody = f"http://127.0.0.1:{free_port()}/tenant"
    code, text = await doctor(OBO_ISSUER=nobody)
    assert code == 1
    check(text, "FAIL", "discovery", "refused")


async def test_token_endpoint_is_down(doctor):
    port = free_port()
    code, text = await doctor(OBO_TOKEN_ENDPOINT=f"http://127.0.0.1:{port}/token")
    assert code == 1
    finding = check(text, "FAIL", "credential", f"127.0.0.1:{port}")
    assert "refused" in finding
    check(text, "ok", "discovery")


async def test_server_is_down(doctor):
    code, text = await doctor(OBO_SERVER_TICKETS_URL=f"http://127.0.0.1:{free_port()}/mcp?key=hidden")
    assert code == 1
    check(text, "FAIL", "server", "refused")
    assert "hidden" not in text, "a query may hold a key"


async def test_servers_name_is_unknown(doctor):
    code, text = await doctor(OBO_SERVER_TICKETS_URL="http://tickets.invalid/mcp")
    assert code == 1
    check(text, "FAIL", "server", "does not resolve")


@pytest.mark.parametrize("trusted", [True, False])
async def test_servers_certificate(doctor, authority, trusted):
    async with Upstream(tls=authority.server_context("127.0.0.1")) as upstream:
        changes = {"OBO_SERVER_TICKETS_URL": f"https://127.0.0.1:{upstream.port}/mcp"}
        if trusted:
            changes["OBO_SERVER_TICKETS_CA_FILE"] = authority.file
        code, text = await doctor(**changes)
        assert not upstream.received
    assert code == (0 if trusted else 1)
    if trusted:
        check(text, "warn", "server", "its certificate ends in")  # The fixture's live for a day.
    else:
        check(text, "FAIL", "server", "ca_file")


async def test_two_servers(doctor, provider, upstream):
    code, text = await doctor(
        provider.user_token(), OBO_SERVER_WIKI_URL=upstream.url, OBO_SERVER_WIKI_SCOPES="api://wiki/none"
    )
    assert code == 1
    assert re.search(r"^ok   exchange +tickets: minted", text, re.M)
    assert re.search(r"^FAIL exchange +wiki: scope_misconfigured", text, re.M)


async def test_bad_configuration(run_binary):
    code, _ = await run_binary("doctor", OBO_ISSUER=None)
    assert code == 78
    code, text = await run_binary("doctor", OBO_CA_FILE="/nowhere")
    assert code == 78, text
    assert "ca_file" in text
