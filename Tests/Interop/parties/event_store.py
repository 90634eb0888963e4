"""Keeps a server's events so that a client can ask for what it missed; the same for both generations of the SDK."""

from mcp.server.streamable_http import EventMessage, EventStore


class Memory(EventStore):
    def __init__(self):
        self.events = []

    async def store_event(self, stream_id, message):
        self.events.append((stream_id, message))
        return str(len(self.events))

    async def replay_events_after(self, last_event_id, send_callback):
        after = int(last_event_id)
        stream = self.events[after - 1][0]
        for number, (stream_id, message) in enumerate(list(self.events), 1):
            if number > after and stream_id == stream and message is not None:
                await send_callback(EventMessage(message, str(number)))
        return stream
