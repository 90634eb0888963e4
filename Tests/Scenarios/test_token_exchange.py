"""The grant of RFC 8693, and user tokens that nobody here can read."""

import pytest
from fixtures import behaviour
from fixtures.refusal import assert_refused

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"

YAML = """
identity: {issuer: ISSUER}
exchange:
  grant: token-exchange
  token_endpoint: ENDPOINT
  client_id: ${OBO_CLIENT_ID}
  client_secret: ${OBO_CLIENT_SECRET}
  parameters: {audience: everything, resource: "https://all.example/"}
servers:
  tickets: {url: UPSTREAM, obo: {scopes: "read write", parameters: {audience: tickets}}}
"""


class Exchanger:
    """A token endpoint of that grant in front of the fake provider's minting."""

    def __init__(self, provider):
        self.provider = provider

    def minting(self, **changes):
        async def behave(call):
            exchange = self.provider.exchange_of(call)
            subject = exchange.form["subject_token"]
            exchange.form["assertion"] = subject if subject.count(".") == 2 else self.provider.user_token()
            answer = self.provider.token_answer(exchange, issued_token_type=ACCESS_TOKEN)
            await call.reply_json({k: v for k, v in {**answer, **changes}.items() if v is not None})

        return behave


@pytest.fixture
async def exchanger(provider):
    exchanger = Exchanger(provider)
    provider.always(exchanger.minting())
    return exchanger


@pytest.fixture
async def exchanging(start_proxy, provider, upstream, exchanger):
    yaml = YAML.replace("ISSUER", provider.issuer).replace("ENDPOINT", provider.token_endpoint)
    return await start_proxy(
        yaml.replace("UPSTREAM", upstream.url), OBO_SERVER_TICKETS_URL=None, OBO_SERVER_TICKETS_SCOPES=None
    )


async def test_the_request_is_that_of_the_rfc(exchanging, provider, upstream):
    token = provider.user_token()
    assert (await exchanging.call(token)).json()["result"]
    form = provider.exchanges[0].form
    form.pop("assertion")
    assert form == {
        "grant_type": EXCHANGE, "client_id": provider.client_id, "client_secret": provider.client_secret,
        "subject_token": token, "subject_token_type": ACCESS_TOKEN, "scope": "read write", "audience": "tickets",
        "resource": "https://all.example/",
    }  # fmt: skip
    assert upstream.requests[0].token == provider.exchanges[0].minted
    assert (await exchanging.call(token)).json()["result"] and len(provider.exchanges) == 1


@pytest.mark.parametrize(
    "changes",
    [{"issued_token_type": None}, {"issued_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
     {"issued_token_type": "urn:ietf:params:oauth:token-type:id_token"}, {"token_type": "N_A"}, {"token_type": None}],
    ids=repr,
)  # fmt: skip
async def test_what_is_no_access_token_is_not_used(exchanging, exchanger, provider, upstream, changes):
    provider.always(exchanger.minting(**changes))
    assert_refused(await exchanging.call(provider.user_token()), "invalid_exchange_response")
    assert len(upstream.requests) == 0


@pytest.mark.parametrize(
    "error, reason",
    [("invalid_request", "exchange_rejected"), ("invalid_grant", "exchange_rejected"),
     ("invalid_target", "scope_misconfigured"), ("invalid_scope", "scope_misconfigured"),
     ("unauthorized_client", "client_rejected"), ("unsupported_grant_type", "grant_unsupported")],
)  # fmt: skip
async def test_its_errors(exchanging, provider, error, reason):
    """RFC 8693 section 2.2.2: a bad subject token is an `invalid_request`."""
    provider.always(behaviour.json_answer({"error": error}, 400))
    assert_refused(await exchanging.call(provider.user_token()), reason)


@pytest.fixture
async def opaque(start_proxy, provider, upstream, exchanger):
    return await start_proxy(
        OBO_GRANT="token-exchange", OBO_TOKENS="opaque", OBO_ISSUER=None, OBO_TOKEN_ENDPOINT=provider.token_endpoint
    )


async def test_an_opaque_token_is_the_providers_to_judge(opaque, provider, upstream):
    assert (await opaque.call("opaque-of-alice")).json()["result"]
    assert provider.exchanges[0].form["subject_token"] == "opaque-of-alice"
    assert upstream.requests[0].token == provider.exchanges[0].minted
    assert len(provider.key_fetches) == 0
    provider.always(behaviour.json_answer({"error": "invalid_request"}, 400))
    assert_refused(await opaque.call("opaque-of-nobody"), "exchange_rejected")


@pytest.mark.parametrize("value", ["Bearer {{LIBRECHAT_OPENID_ACCESS_TOKEN}}", "Bearer a b", "Bearer ", "Basic x"])
async def test_an_opaque_token_is_still_one_token(opaque, provider, value):
    response = await opaque.call(None, fields=[("Authorization", value)])
    assert response.json()["error"]["data"]["reason"] in ("placeholder_token", "malformed_token", "missing_token")
    assert len(provider.exchanges) == 0


async def test_a_session_is_the_minted_tokens_user(opaque, exchanger, provider, upstream):
    """Two opaque tokens of one user share their sessions; another user's token does not open them."""
    users = {"first": "alice", "renewed": "alice", "other": "bob"}

    async def mint(call):
        exchange = provider.exchange_of(call)
        exchange.form["assertion"] = provider.user_token(users[exchange.form["subject_token"]])
        await call.reply_json(provider.token_answer(exchange, issued_token_type=ACCESS_TOKEN))

    provider.always(mint)
    upstream.script(behaviour.json_answer({"jsonrpc": "2.0", "id": 1, "result": {}}, mcp_session_id="session-1"))
    session = (await opaque.call("first", "initialize")).value("mcp-session-id")
    assert session.startswith("session-1~")
    fields = [("Mcp-Session-Id", session)]
    assert (await opaque.call("first", fields=fields)).json()["result"]
    assert (await opaque.call("renewed", fields=fields)).json()["result"]
    seen = len(upstream.requests)
    response = await opaque.call("other", fields=fields)
    assert response.status == 404 and len(upstream.requests) == seen
