"""Whatever is wrong with one user's token, no other user's streams, sessions and calls feel it."""

import asyncio
import time

import pytest
from fixtures import behaviour
from fixtures.client import encode, message
from fixtures.refusal import assert_http_refused, assert_refused
from fixtures.token import SigningKey, claims, unsigned

SESSION = "session-of-the-upstream"


def user(token):
    return claims(token)["sub"].removesuffix("-pairwise-subject")


class Tools:
    """An upstream with sessions, streams that say what they are told to, and a list of users it turns away."""

    def __init__(self):
        self.turned_away = set()
        self.streams = []

    async def __call__(self, call):
        name = user(call.request.token)
        body = call.request.json() if call.request.body else {"method": "GET"}
        if name in self.turned_away:
            await behaviour.unauthorized()(call)
        elif body["method"] in ("GET", "tools/watch"):
            await self._stream(call)
        else:
            fields = [("Mcp-Session-Id", SESSION)] if body["method"] == "initialize" else []
            await call.reply_json({"jsonrpc": "2.0", "id": body["id"], "result": name}, fields=fields)

    async def _stream(self, call):
        events = asyncio.Queue()
        self.streams.append(events)
        await call.start_stream()
        while (event := await events.get()) is not None:
            await call.event(event)
        await call.end()


class Alice:
    """A user in the middle of her work: a session, its stream, a call that is answered by a stream."""

    def __init__(self, proxy, provider, tools):
        self.proxy, self.provider, self.tools = proxy, provider, tools
        self.token = provider.user_token("alice")
        self.events = 0

    async def begin(self):
        response = await self.proxy.call(self.token, "initialize")
        self.session = [("Mcp-Session-Id", response.value("mcp-session-id"))]
        self.clients = [await self.proxy.connect() for _ in range(2)]
        await self.clients[0].send(encode("GET", "/tickets", None, self.session, self.token))
        await self.clients[1].send(encode("POST", "/tickets", message("tools/watch"), self.session, self.token))
        for client in self.clients:
            assert (await client.head()).status == 200
        return self

    async def is_well(self, shared):
        """Both streams bring their next event, and calls are answered, also on a connection that others use."""
        self.events += 1
        for stream in self.tools.streams:
            await stream.put({"n": self.events})
        for client in self.clients:
            assert await client.event() == {"n": self.events}
        fields = [*self.session, ("X-User", "alice")]
        response = await shared.request("POST", "/tickets", message(request_id=self.events), fields, self.token)
        assert response.json() == {"jsonrpc": "2.0", "id": self.events, "result": "alice"}

    async def ends_well(self):
        for stream in self.tools.streams:
            await stream.put(None)
        for client in self.clients:
            assert await client.event() is None
            client.close()
        mine = [each for each in self.provider.exchanges if each.form["assertion"] == self.token]
        assert len(mine) == 1, "nobody else's refusal costs her minted token"


@pytest.fixture
async def tools(upstream):
    tools = Tools()
    upstream.always(tools)
    return tools


@pytest.fixture
async def alice(proxy, provider, tools):
    return await Alice(proxy, provider, tools).begin()


def rejecting(provider, name, **error):
    """A provider that mints for all but one user, whom it asks to stay away."""

    async def behave(call):
        if user(provider.exchange_of(call).form["assertion"]) == name:
            await call.reply_json({"error": "invalid_grant", **error}, 400, [("Retry-After", "60")])
        else:
            await provider.default(call)

    return behave


LOCAL = {
    "expired": (lambda provider: provider.user_token("bob", exp=int(time.time()) - 3600), "expired_token"),
    "not yet valid": (lambda provider: provider.user_token("bob", nbf=int(time.time()) + 3600), "not_yet_valid"),
    "forged": (lambda provider: provider.user_token("bob", key=SigningKey("key-one")), "invalid_signature"),
    "as alice, forged": (lambda provider: provider.user_token("alice", key=SigningKey("key-one")), "invalid_signature"),
    "of an unknown key": (lambda provider: provider.user_token("bob", header={"kid": "x"}), "invalid_signature"),
    "unsigned": (lambda provider: unsigned(provider.user_claims("alice")), None),
    "ID token": (lambda provider: provider.user_token("bob", nonce="n"), "id_token"),
    "another's": (lambda provider: provider.user_token("bob", aud="api://other"), "wrong_audience"),
    "placeholder": (lambda provider: "{{LIBRECHAT_OPENID_ACCESS_TOKEN}}", "placeholder_token"),
}


@pytest.mark.parametrize("name", LOCAL)
async def test_a_token_that_is_refused_here(proxy, provider, upstream, tools, alice, name):
    make, reason = LOCAL[name]
    token = make(provider)
    async with await proxy.connect() as shared:
        await alice.is_well(shared)
        for _ in range(3):
            refused = await shared.request("POST", "/tickets", message(), alice.session, token)
            assert_refused(refused, reason or {"invalid_signature", "malformed_token"})
            await alice.is_well(shared)
            opening = await shared.request("GET", "/tickets", None, alice.session, token)
            assert_http_refused(opening, 401, reason)
            await alice.is_well(shared)
            ending = await shared.request("DELETE", "/tickets", None, alice.session, token)
            assert_http_refused(ending, 401, reason)
            await alice.is_well(shared)
    await alice.ends_well()
    assert all(user(request.token) == "alice" for request in upstream.requests)


@pytest.mark.parametrize(
    "error, reason",
    [
        ({}, "exchange_rejected"),
        ({"error": "interaction_required", "suberror": "basic_action", "error_codes": [50076]}, "interaction_required"),
        ({"error_codes": [65001]}, "consent_required"),
        ({"error_codes": [50196]}, "exchange_throttled"),
    ],
    ids=["rejected", "interaction", "consent", "loop"],
)
async def test_a_token_that_the_provider_rejects(proxy, provider, upstream, tools, alice, error, reason):
    """More often than it takes failures to open the breaker, by tokens anew and by one that is remembered."""
    provider.always(rejecting(provider, "bob", **error))
    stale = provider.user_token("bob")
    async with await proxy.connect() as shared:
        for _ in range(7):
            for token in (provider.user_token("bob"), stale):
                assert_refused(await shared.request("POST", "/tickets", message(), token=token), reason)
                await alice.is_well(shared)
        assert await proxy.metric("obo_breaker_open") == 0
        carol = await shared.request("POST", "/tickets", message(), token=provider.user_token("carol"))
        assert carol.json()["result"] == "carol", "first calls of others are exchanged for all the while"
    await alice.ends_well()


async def test_a_token_that_the_server_rejects(proxy, provider, upstream, tools, alice):
    """The server closes nothing and the proxy forgets nobody's minted token but his."""
    tools.turned_away.add("bob")
    token = provider.user_token("bob")
    async with await proxy.connect() as shared:
        for _ in range(3):
            refused = await shared.request("POST", "/tickets", message(), token=token)
            assert_refused(refused, "upstream_rejected_token")
            await alice.is_well(shared)
        tools.turned_away.clear()
        welcome = await shared.request("POST", "/tickets", message(), token=token)
        assert welcome.json()["result"] == "bob"
        await alice.is_well(shared)
    await alice.ends_well()


async def test_a_token_that_is_good_in_another_users_session(proxy, provider, upstream, tools, alice):
    token = provider.user_token("bob")
    async with await proxy.connect() as shared:
        for method, body in (("POST", message()), ("GET", None), ("DELETE", None)):
            refused = await shared.request(method, "/tickets", body, alice.session, token)
            assert_http_refused(refused, 404, "session_mismatch")
            await alice.is_well(shared)
    await alice.ends_well()
    assert all(user(request.token) == "alice" for request in upstream.requests)


async def test_a_token_that_expires_while_its_stream_is_open(start_proxy, provider, upstream, tools):
    """Bob's own stream was opened in time and goes on; his next call is refused, and alice notices nothing."""
    proxy = await start_proxy(OBO_CLOCK_SKEW="0s")
    alice = await Alice(proxy, provider, tools).begin()
    end = int(time.time()) + 5
    token = provider.user_token("bob", exp=end)
    async with await proxy.connect() as shared, await proxy.connect() as watching:
        await watching.send(encode("GET", "/tickets", token=token))
        assert (await watching.head()).status == 200
        bobs = tools.streams.pop()
        while "error" not in (refused := await shared.request("POST", "/tickets", message(), token=token)).json():
            await alice.is_well(shared)
            await asyncio.sleep(0.1)  # the token's own clock is what is waited for
        assert_refused(refused, "expired_token")
        await bobs.put({"still": "here"})
        assert await watching.event() == {"still": "here"}
        await alice.is_well(shared)
        await bobs.put(None)
    await alice.ends_well()
