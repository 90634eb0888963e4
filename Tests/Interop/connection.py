"""One client's connection to one server, and the transcript of it: what both sides saw, without what no two connections have
in common."""

import itertools
import json
import re

_NAMES = itertools.count(1)
# Of one connection between two machines alone (RFC 9110 §7.6.1), or of one moment.
HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date"}
# What the proxy is there to change, or says of itself.
_PROXY = {"authorization", "host", "via"}
# Drawn by lot for each session or answer.
_RANDOM = {"mcp-session-id", "last-event-id"}


class Connection:
    def __init__(self, client, server, kind, era):
        self.client, self.server, self.kind, self.era = client, server, kind, era
        self.name = f"c{next(_NAMES)}"
        self.outcomes = []

    @property
    def modern(self):
        return self.era not in (None, "legacy")

    @property
    def asks(self):
        """Whether the server can ask this client in the middle of a call."""
        return self.modern or self.kind in ("stateful", "sse")

    async def open(self, url, token):
        self.since, self.server_since = len(self.client.said), len(self.server.said)
        transport = "sse" if self.kind == "sse" else "http"
        self.opened = await self.record("connect", url=url, transport=transport, era=self.era, token=token)
        if "result" in self.opened and any(
            "mcp-session-id" in said["fields"] for said in self.heard("http")
        ):
            await self.hears("http", lambda said: said["method"] == "GET")  # its stream for what no call asked for
        return self

    def begin(self, do, **values):
        return self.client.begin(do, connection=self.name, **values)

    async def record(self, do, **values):
        self.outcomes.append(await self.client.do(do, connection=self.name, **values))
        return self.outcomes[-1]

    async def call(self, tool, **arguments):
        """A tool's result, which is asserted not to be an error."""
        outcome = await self.record("call", tool=tool, arguments=arguments)
        assert not outcome.get("error") and not outcome["result"].get("isError"), outcome
        return outcome["result"]

    async def text(self, tool, **arguments):
        return (await self.call(tool, **arguments))["content"][0]["text"]

    def heard(self, event):
        """All of a kind that the client has heard, in order."""
        return [said for said in self.client.said[self.since :]
                if said.get("connection") == self.name and said.get("event") == event]

    async def hears(self, event, wanted=lambda said: True, count=1):
        def enough(said):
            return sum(map(wanted, self.heard(event))) >= count

        await self.client.find(enough, self.since)

    async def settle(self):
        """Waits until the client has heard of each answer that its server gave; nobody else may ask the server meanwhile.
        On the older transport results overtake the answers of the posts that they belong to."""

        def settled(_):
            asked = sum(said.get("event") == "http" for said in self.server.said[self.server_since :])
            return len(self.heard("http")) >= asked

        await self.client.find(settled, self.since)

    async def close(self):
        await self.client.do("close", connection=self.name)

    def transcript(self):
        """What the client got, what it heard in order, and what went over HTTP on either side, in no order: posts and
        streams run beside each other."""
        events = {kind: [_without(said, "connection", "event") for said in self.heard(kind)]
                  for kind in ("progress", "log", "asked", "notification", "lost")}
        return {
            "outcomes": self.outcomes,
            **_numbered(events),
            "answers": sorted(map(_answer, self.heard("http"))),
            "requests": sorted(_request(said, self.kind) for said in self.server.said[self.server_since :]
                               if said.get("event") == "http"),
        }


def _numbered(events):
    """The SDK counts its subscriptions in the whole process."""
    return json.loads(re.sub(r'"listen-\d+"', '"listen"', json.dumps(events)))


def _without(said, *names):
    return {name: value for name, value in said.items() if name not in names}


def _answer(said):
    return json.dumps([said["method"], said["status"], _fields(said["fields"])], sort_keys=True)


def _request(said, kind):
    body = json.loads(said["body"]) if said["body"] else None
    if isinstance(body, dict) and "requestState" in body.get("params", {}):
        body["params"]["requestState"] = "..."
    assert said["audience"] == "api://tools", "only minted tokens arrive"
    fields = _fields(said["fields"])
    if kind == "sse":
        fields.pop("accept-encoding", None)  # the proxy reads the stream for the endpoint, so it asks for no coding
    return json.dumps(_numbered([said["method"], said["status"], body, fields]), sort_keys=True)


def _fields(fields):
    return {name: "..." if name in _RANDOM else value for name, value in fields.items()
            if name not in HOP | _PROXY}
