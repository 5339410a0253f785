"""The stand-in over HTTP on the loopback: the standard library's threading server, so that tests need no other one."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .faults import Fault
from .server import ApiServer
from .watching import Watch
from .wire import Answer, Request

__all__ = ["HttpFront"]

_COMPRESSED_FROM = 128 * 1024
_LONGEST_BODY = 8 * 1024 * 1024
_TICK = 0.02
"""Seconds between two looks of a watch at the clock, which may run faster than that of the machine."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    api: ApiServer
    closing: threading.Event

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that go away in mid-answer are what this server is for."""


class HttpFront:
    """Serves an ApiServer at `url` until `close`."""

    def __init__(self, api: ApiServer) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.api = api
        self._server.closing = threading.Event()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def close(self) -> None:
        """Stop; open watches end."""
        self._server.closing.set()
        with self._server.api.lock:
            self._server.api.lock.notify_all()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing."""

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > _LONGEST_BODY:
            self._drop()
            return
        request = Request.of(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
        fault = self.server.api.faults.take(request)
        if fault is not None and fault.slow:
            self.server.closing.wait(fault.slow)
        if fault is not None and fault.refused:
            self._drop()
            return
        found = self._found(request, fault)
        if fault is not None and fault.lost:
            self._drop()
        elif isinstance(found, Answer):
            self._send(found)
        else:
            self._stream(found, None if fault is None else fault.cut)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

    def _found(self, request: Request, fault: Fault | None) -> Answer | Watch:
        if fault is not None and fault.answer is not None:
            return fault.answer
        api = self.server.api
        return api.answer_late(request, fault.behind) if fault is not None and fault.behind else api.answer(request)

    def _send(self, answer: Answer) -> None:
        body = answer.body
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if len(body) >= _COMPRESSED_FROM and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, 1)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Vary", "Accept-Encoding")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, watch: Watch, cut: int | None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        sent = 0
        while not self.server.closing.is_set():
            for line in self._lines(watch):
                if cut is not None and sent >= cut:
                    self._drop()
                    return
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
                sent += 1
            if watch.ended:
                break
            if self._has_left():
                self.close_connection = True
                return
        self.wfile.write(b"0\r\n\r\n")

    def _lines(self, watch: Watch) -> list[bytes]:
        """Return what is due, after waiting a moment for it."""
        api = self.server.api
        with api.lock:
            lines = list(watch.lines(api.now()))
            if not lines and not watch.ended and not self.server.closing.is_set():
                api.lock.wait(_TICK)
                lines = list(watch.lines(api.now()))
            return lines

    def _has_left(self) -> bool:
        """Return whether the client has closed the connection."""
        try:
            return not self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _drop(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
