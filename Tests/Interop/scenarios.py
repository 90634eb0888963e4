"""What a user of a client does. Each takes an open connection; what both sides see is its transcript."""


async def basics(connection):
    """Lists, calls, results with structure, a tool's error and two of the protocol."""
    listed = await connection.record("list")
    assert {"whoami", "add"} <= {tool["name"] for tool in listed["result"]["tools"]}
    assert await connection.text("whoami") == "ada"
    assert (await connection.call("add", a=2, b=3))["structuredContent"] in ({"sum": 5}, {"result": {"sum": 5}})
    failed = await connection.record("call", tool="fail", arguments={})
    assert failed["result"]["isError"]
    unknown = await connection.record("call", tool="none-such", arguments={})
    assert unknown.get("error") or unknown["result"]["isError"]
    assert "a memo" in str(await connection.record("read", uri="memo://one"))
    assert "error" in await connection.record("read", uri="memo://none")
    if connection.client.name == "js" and connection.kind == "stateful":
        # This client takes an answer's stream that ended with an error for a broken one, and comes back for the rest.
        errors = sum("error" in outcome for outcome in connection.outcomes)
        await connection.hears("http", lambda said: said["method"] == "GET", 1 + errors)


async def progress(connection):
    await connection.call("count", to=20)
    assert [said["step"][0] for said in connection.heard("progress")] == list(range(1, 21))


async def logging(connection):
    assert await connection.text("narrate", lines=20) == "told"
    await connection.hears("log", count=20)
    assert [line in str(said) for line, said in enumerate_lines(connection.heard("log"))] == [True] * 20


def enumerate_lines(heard):
    return ((f"line {number}", said) for number, said in enumerate(heard))


async def elicitation(connection):
    assert await connection.text("ask") == "you are Ada"
    assert len(connection.heard("asked")) == 1


async def sampling(connection):
    assert await connection.text("sample") == "sampled lighthouse"
    assert len(connection.heard("asked")) == 1


async def roots(connection):
    assert await connection.text("roots") == "file:///home/ada"


async def large(connection):
    assert await connection.text("large", size=2 << 20) == "x" * (2 << 20)


async def notifications(connection):
    """What no call asked for comes on the stream of its own."""
    assert await connection.text("change") == "changed"
    await connection.hears("notification", count=2)
    assert [said["method"] for said in connection.heard("notification")] == [
        "notifications/tools/list_changed", "notifications/resources/updated"]


async def listening(connection):
    """The same in the era without sessions: a long post."""
    heard = (await connection.record("listen", tool="change"))["result"]
    assert len(heard) == 2 and "Tools" in heard[0] and "memo://one" in heard[1]


async def resumption(connection):
    """The server ends the answer's stream early, and the client comes back for the rest."""
    assert await connection.text("pause") == "resumed"
    assert [said["step"][2] for said in connection.heard("progress")] == ["before", "after"]
    assert sum(said["method"] == "GET" for said in connection.heard("http")) == 2


async def cancellation(connection):
    since = len(connection.server.said)
    call = connection.begin("call", tool="wait", arguments={})
    await connection.hears("progress")
    await connection.client.do("cancel", connection=connection.name, call=call)
    await connection.server.find(lambda said: said.get("event") == "cancelled", since)
    assert await connection.text("whoami") == "ada"
    if connection.client.name == "js" and connection.kind == "stateful" and connection.server.name != "js":
        # The stream of the cancelled call ends without an answer, and this client comes back for one.
        await connection.hears("http", lambda said: said["method"] == "GET", 2)


async def renewal(connection):
    """A new token of the same user in mid-session."""
    assert await connection.text("whoami") == "ada"
    await connection.record("renew", token=await connection.token("ada"))
    assert await connection.text("whoami") == "ada"
