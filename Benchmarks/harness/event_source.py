"""An upstream of numbered events; run as `python -m harness.event_source PORT STREAMS EVENTS INTERVAL`.

It waits until STREAMS event streams are open, then sends EVENTS events on each, one per INTERVAL seconds, the streams'
turns spread evenly over it, and ends them. Each event says which stream it belongs to (the request's query), its
number, and when it left by the machine's monotonic clock. Then it waits for as many streams again.
"""

import heapq
import select
import socket
import sys
import time

_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n")
_DELAY = 0.5  # from the last stream's opening to the first event, so that opening is no part of the measurement


def _event(name, number):
    data = (
        b'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"%s",'
        b'"progress":%d,"at":%d}}\n\n' % (name, number, time.monotonic_ns()))
    return b"%x\r\n%s\r\n" % (len(data), data)


class _Source:
    def __init__(self, port, streams, events, interval):
        self.streams, self.events, self.interval = streams, events, interval
        self.listener = socket.create_server(("127.0.0.1", port), backlog=4096)
        self.poll = select.epoll()
        self.poll.register(self.listener, select.EPOLLIN)
        self.connections = {}
        self.names = {}  # of the streams that wait for the others
        self.turns = []  # (when, descriptor, stream, number) of each stream's next event

    def run(self):
        while True:
            due = self.turns[0][0] - time.monotonic() if self.turns else -1
            for descriptor, _ in self.poll.poll(max(due, 0) if self.turns else None):
                if descriptor == self.listener.fileno():
                    self._accept()
                else:
                    self._read(descriptor)
            while self.turns and self.turns[0][0] <= time.monotonic():
                self._send(*heapq.heappop(self.turns))

    def _accept(self):
        connection, _ = self.listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connections[connection.fileno()] = connection
        self.poll.register(connection, select.EPOLLIN)

    def _read(self, descriptor):
        try:
            data = self.connections[descriptor].recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            self._close(descriptor)
            return
        if b"?stream=" not in data:  # the rest of a long head
            return
        self.connections[descriptor].sendall(_HEAD)
        self.names[descriptor] = data.split(b"?stream=")[1].split(b" ")[0]
        if len(self.names) == self.streams:
            self._begin()

    def _begin(self):
        start = time.monotonic() + _DELAY
        for turn, (descriptor, name) in enumerate(self.names.items()):
            heapq.heappush(self.turns, (start + turn * self.interval / self.streams, descriptor, name, 0))
        self.names = {}

    def _send(self, when, descriptor, name, number):
        if descriptor not in self.connections:
            return
        if number == self.events:
            self.connections[descriptor].sendall(b"0\r\n\r\n")
            return
        self.connections[descriptor].sendall(_event(name, number))
        heapq.heappush(self.turns, (when + self.interval, descriptor, name, number + 1))

    def _close(self, descriptor):
        self.poll.unregister(descriptor)
        self.connections.pop(descriptor).close()


if __name__ == "__main__":
    port, streams, events, interval = sys.argv[1:]
    _Source(int(port), int(streams), int(events), float(interval)).run()
