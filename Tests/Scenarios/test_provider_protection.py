"""What the provider is spared: one call for a thousand, no more connections than allowed, and quiet while it is down."""

import asyncio
import time

import pytest
from conftest import SCOPE
from fixtures import behaviour
from fixtures.client import encode, message
from fixtures.refusal import assert_refused

THOUSAND = 1000


async def thousand(proxy, provider, token, gate, behave):
    """A thousand calls of one user at once; the provider does nothing before all have come."""
    provider.script(behaviour.held(gate, behave))
    calls = asyncio.gather(*(proxy.call(token, request_id=number) for number in range(THOUSAND)))
    await provider.exchanges.reaches(1)
    await proxy.settles("obo_token_lookups_total", THOUSAND - 1, timeout=20, result="joined")
    gate.set()
    return await calls


@pytest.fixture
async def wide(start_proxy):
    return await start_proxy(OBO_WORKERS="2", OBO_TIMEOUT="10s")


async def test_a_thousand_that_are_minted_for(wide, provider, upstream):
    responses = await thousand(wide, provider, provider.user_token(), asyncio.Event(), provider.default)
    assert [response.json()["id"] for response in responses] == list(range(THOUSAND))
    assert all("result" in response.json() for response in responses)
    assert len(provider.exchanges) == 1 and len(upstream.requests) == THOUSAND


async def test_a_thousand_that_are_rejected(wide, provider, upstream):
    rejection = behaviour.json_answer({"error": "invalid_grant"}, 400)
    responses = await thousand(wide, provider, provider.user_token(), asyncio.Event(), rejection)
    for number, response in enumerate(responses):
        assert_refused(response, "exchange_rejected", number)
    assert len(provider.exchanges) == 1
    upstream.saw_nothing()


async def test_a_thousand_see_nothing_of_a_retry(wide, provider):
    responses = await thousand(wide, provider, provider.user_token(), asyncio.Event(), behaviour.answer(503))
    assert all("result" in response.json() for response in responses)
    assert len(provider.exchanges) == 2


async def test_a_thousand_whose_leader_leaves(wide, provider):
    token, gate = provider.user_token(), provider.hold()
    leader = await wide.connect()
    await leader.send(encode("POST", "/tickets", message(request_id="leader"), token=token))
    await provider.exchanges.reaches(1)
    calls = asyncio.gather(*(wide.call(token, request_id=number) for number in range(THOUSAND)))
    await wide.settles("obo_token_lookups_total", THOUSAND, timeout=20, result="joined")
    leader.abort()
    gate.set()
    assert all("result" in response.json() for response in await calls)
    assert len(provider.exchanges) == 1


class Watched:
    """A token endpoint that counts how many of its exchanges are under way at once."""

    def __init__(self, provider, limit):
        self.provider, self.limit = provider, limit
        self.now = self.most = 0
        self.full = asyncio.Event()

    async def __call__(self, call):
        self.now += 1
        self.most = max(self.most, self.now)
        if self.now == self.limit:
            self.full.set()
        # Nothing is answered before as many have come as may: a bound that is never reached would prove nothing.
        await self.full.wait()
        await self.provider.default(call)
        self.now -= 1


async def test_six_hundred_exchanges_at_once(start_proxy, provider, upstream):
    servers = ["tickets", "wiki", "code"]
    variables = {f"OBO_SERVER_{name.upper()}_URL": upstream.url for name in servers}
    variables |= {f"OBO_SERVER_{name.upper()}_SCOPES": SCOPE.replace("tickets", name) for name in servers}
    proxy = await start_proxy(OBO_WORKERS="2", OBO_MAX_CONNECTIONS="32", **variables)
    watched = Watched(provider, 32)
    provider.always(watched)
    tokens = [provider.user_token(f"user{number}") for number in range(200)]
    answers = await asyncio.gather(
        *(proxy.call(token, target=f"/{name}") for token in tokens for name in servers)
    )
    assert all("result" in answer.json() for answer in answers)
    assert len(provider.exchanges) == 600
    assert watched.most == 32
    assert len({(exchange.form["assertion"], exchange.form["scope"]) for exchange in provider.exchanges}) == 600


async def test_a_provider_that_recovers_is_not_noticed(start_proxy, provider):
    """Every first attempt meets a 503: each user gets an answer all the same."""
    proxy = await start_proxy(OBO_WORKERS="2")
    seen = set()

    async def stumble(call):
        assertion = provider.exchange_of(call).form["assertion"]
        if assertion in seen:
            return await provider.default(call)
        seen.add(assertion)
        await call.reply(503, b"try again")

    provider.always(stumble)
    for _ in range(5):
        # Fewer at once than open the breaker.
        answers = await asyncio.gather(*(proxy.call(provider.user_token(f"user{number}")) for number in range(4)))
        assert all("result" in answer.json() for answer in answers)
    assert len(provider.exchanges) == 40


async def test_a_provider_that_is_down_is_left_alone(start_proxy, provider, upstream):
    """Traffic all the while; what reaches the provider is what opened the breaker, and one probe."""
    proxy = await start_proxy(OBO_WORKERS="2")
    provider.always(behaviour.close)
    durations = []
    began = time.monotonic()
    while time.monotonic() - began < 8:
        sent = time.monotonic()
        response = await proxy.call(provider.user_token())
        if response.json()["error"]["data"]["reason"] == "breaker_open":
            durations.append(time.monotonic() - sent)
    assert len(provider.exchanges) <= 7
    assert len(durations) > 100 and sorted(durations)[len(durations) * 99 // 100] < 0.1
    upstream.saw_nothing()
    provider.always(None)
    async with asyncio.timeout(15):
        while "error" in (await proxy.call(provider.user_token())).json():
            pass


async def test_those_who_wait_for_their_turn_do_not_ask_a_provider_that_went_down(start_proxy, provider):
    """Forty exchanges wait in line for one connection when the provider begins to fail."""
    proxy = await start_proxy(OBO_MAX_CONNECTIONS="1", OBO_RETRIES="0")
    gate = asyncio.Event()
    provider.always(behaviour.held(gate, behaviour.answer(500)))
    calls = asyncio.gather(*(proxy.call(provider.user_token(f"user{number}")) for number in range(40)))
    await proxy.settles("obo_token_lookups_total", 40, result="miss")
    gate.set()
    reasons = [response.json()["error"]["data"]["reason"] for response in await calls]
    assert len(provider.exchanges) == 5
    assert sorted(set(reasons)) == ["breaker_open", "exchange_unavailable"] and reasons.count("breaker_open") == 35


async def test_a_line_too_long_is_not_taken_for_a_provider_that_is_down(start_proxy, provider):
    """Those at its end are told that it was too long, and nobody is cut off from a provider that answers well."""
    proxy = await start_proxy(OBO_MAX_CONNECTIONS="1")

    async def takes_its_time(call):
        await asyncio.sleep(0.7)
        await provider.default(call)

    provider.always(takes_its_time)
    began = time.monotonic()
    calls = (proxy.call(provider.user_token(f"user{number}")) for number in range(30))
    refused = [response for response in await asyncio.gather(*calls) if "error" in response.json()]
    assert time.monotonic() - began < 11
    for response in refused:
        assert_refused(response, "overloaded")
    assert len(provider.exchanges) >= 30 - len(refused) >= 10
    assert (await proxy.call(provider.user_token("late"))).json()["result"]


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_retry_after_is_heeded_for_the_scope(start_proxy, provider, form):
    proxy = await start_proxy(
        OBO_SERVER_WIKI_URL="http://127.0.0.1:1/", OBO_SERVER_WIKI_SCOPES=SCOPE, OBO_RETRIES="0"
    )
    value = "20" if form == "seconds" else time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 20))
    provider.script(behaviour.answer(429, b"Too Many Requests", retry_after=value, content_type="text/plain"))
    assert_refused(await proxy.call(provider.user_token("alice")), "exchange_throttled")
    response = await proxy.call(provider.user_token("bob"), "initialize")
    assert response.status == 503 and 15 <= int(response.value("retry-after")) <= 20
    assert_refused(await proxy.call(provider.user_token("carol"), target="/wiki"), "exchange_throttled", server="wiki")
    assert len(provider.exchanges) == 1


async def test_a_loop_is_left_alone_for_that_user_and_scope_even_with_a_new_token(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_SERVER_WIKI_URL=upstream.url, OBO_SERVER_WIKI_SCOPES="api://wiki/read")
    loop = {"error": "invalid_grant", "error_codes": [50196]}
    provider.script(behaviour.json_answer(loop, 400))
    assert_refused(await proxy.call(provider.user_token("alice")), "exchange_throttled")
    assert_refused(await proxy.call(provider.user_token("alice")), "exchange_throttled")
    assert len(provider.exchanges) == 1
    assert (await proxy.call(provider.user_token("alice"), target="/wiki")).json()["result"]
    assert (await proxy.call(provider.user_token("bob"))).json()["result"]


async def test_a_burst_looks_once_where_tokens_are_exchanged(start_proxy, provider):
    """With the keys' place configured, only exchanges need the issuer's discovery."""
    proxy = await start_proxy(OBO_JWKS_URI=provider.jwks_uri)
    gate, asked = asyncio.Event(), provider._discovery
    provider.discovery_answer = behaviour.held(gate, asked)
    calls = asyncio.gather(*(proxy.call(provider.user_token(f"user{number}")) for number in range(20)))
    await proxy.settles("obo_token_lookups_total", 20, result="miss")
    gate.set()
    assert all("result" in response.json() for response in await calls)
    assert len(provider.discoveries) == 1


async def test_a_discovery_that_says_no_place_is_asked_for_again(start_proxy, provider):
    """Good for the keys and no good for exchanges; mended by the operator of the provider while we run."""
    document = {"issuer": provider.issuer, "jwks_uri": provider.jwks_uri}
    provider.discovery_answer = behaviour.json_answer(document)
    proxy = await start_proxy(OBO_RETRIES="0")
    assert_refused(await proxy.call(provider.user_token("alice")), "exchange_unavailable")
    provider.discovery_answer = None
    assert (await proxy.call(provider.user_token("bob"))).json()["result"]
