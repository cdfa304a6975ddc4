"""An SMTP server that records each message it has taken, and can be made to misbehave."""

import asyncio
import collections
import threading


class SmtpSink:
    """Listens on a loopback port; `messages` holds (recipient, raw message) in order of arrival.

    `behave` may be set to a function (recipient, attempt) -> reply line to answer the final dot
    with, `"drop-before"` to close before taking the message, or `"drop-after"` to take it and
    close without an answer.
    """

    def __init__(self, keep=True, port=0):
        self.keep = keep
        self.port = port
        self.messages = []
        self.taken = collections.Counter()
        self.attempts = collections.Counter()
        self.behave = None
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self.thread.start()
        ready.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    def _run(self, ready):
        asyncio.set_event_loop(self.loop)
        start = self.loop.create_server(lambda: _Session(self), "127.0.0.1", self.port)
        server = self.loop.run_until_complete(start)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self.loop.run_forever()
        server.close()

    def decide(self, recipient):
        self.attempts[recipient] += 1
        if self.behave is None:
            return "250 2.0.0 taken"
        return self.behave(recipient, self.attempts[recipient])

    def take(self, recipient, raw):
        self.taken[recipient] += 1
        if self.keep:
            self.messages.append((recipient, raw))


class _Session(asyncio.Protocol):
    def __init__(self, sink):
        self.sink = sink
        self.buffer = b""
        self.data = False
        self.recipient = None

    def connection_made(self, transport):
        self.transport = transport
        self.reply("220 sink ESMTP")

    def reply(self, line):
        self.transport.write(line.encode() + b"\r\n")

    def data_received(self, chunk):
        self.buffer += chunk
        while not self.transport.is_closing():
            if self.data:
                end = self.buffer.find(b"\r\n.\r\n")
                if end < 0:
                    return
                raw, self.buffer = self.buffer[: end + 2], self.buffer[end + 5 :]
                self.data = False
                self.finish(raw)
                continue
            line, found, rest = self.buffer.partition(b"\r\n")
            if not found:
                return
            self.buffer = rest
            self.command(line.decode("utf-8", "replace"))

    def finish(self, raw):
        answer = self.sink.decide(self.recipient)
        if answer == "drop-before":
            self.transport.close()
            return
        if answer.startswith("2") or answer == "drop-after":
            self.sink.take(self.recipient, raw.replace(b"\r\n..", b"\r\n."))
        if answer == "drop-after":
            self.transport.close()
            return
        self.reply(answer)

    def command(self, line):
        verb = line[:4].upper()
        if verb == "EHLO":
            self.transport.write(b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 10485760\r\n")
        elif verb == "MAIL":
            self.reply("250 2.1.0 ok")
        elif verb == "RCPT":
            self.recipient = line[line.index("<") + 1 : line.rindex(">")]
            self.reply("250 2.1.5 ok")
        elif verb == "DATA":
            self.data = True
            self.reply("354 go on")
        elif verb == "QUIT":
            self.reply("221 bye")
            self.transport.close()
        elif verb in ("HELO", "RSET", "NOOP"):
            self.reply("250 ok")
        else:
            self.reply("502 not here")
