"""A forked child that runs one blocking, fork-unsafe conversation for an asyncio parent."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import socket
import time
import typing as t

from .._fencing.errors import BY_KIND, Busy, DeadlineExceeded, PowerError, Protocol
from ._child_end import LOGOUT_TIME, Serve, live

#: How long a child is waited for before it is killed: its own time to log out, and some.
CLOSE_TIME: t.Final = LOGOUT_TIME + 0.5

_SIGNALS: t.Final = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD)


class Child:
    """The parent's end: ``start``, then one ``call`` after another, ``close`` at any moment."""

    def __init__(self, serve: Serve, deadline: float) -> None:
        self._serve = serve
        self._deadline = deadline
        self._pid = 0
        self._line: socket.socket | None = None
        self._heard = b""
        self._numbers = itertools.count()
        self._doing = ("starting a helper process", "")

    async def start(self) -> None:
        """Fork the child.

        :raises Busy: this machine cannot start another process now.
        """
        try:
            near, far = socket.socketpair()
            with far, contextlib.ExitStack() as failed:
                failed.callback(near.close)
                self._pid = _fork(self._serve, far, self._deadline)
                failed.pop_all()
        except OSError as exc:
            raise Busy(f"no helper process could be started here: {exc.strerror}") from exc
        near.setblocking(False)
        self._line = near

    async def call(self, method: str, *args: t.Any) -> t.Any:
        """Have the child's service run ``method``; after a cancelled call only ``close`` makes sense.

        :raises PowerError: what the service raised.
        :raises DeadlineExceeded: the deadline came first.
        :raises Protocol: the child ended, which it never should.
        """
        if self._line is None:
            raise Protocol("the conversation is not open")
        number = next(self._numbers)
        request = json.dumps([number, method, args]).encode() + b"\n"
        with contextlib.suppress(OSError):  # a child that ended is noticed by reading
            await asyncio.get_running_loop().sock_sendall(self._line, request)
        while True:
            answer = await self._next(self._line)
            if "doing" in answer:
                self._doing = answer["doing"]
            elif answer["number"] == number and "error" in answer:
                kind, tried, advice = answer["error"]
                raise BY_KIND.get(kind, PowerError)(tried, advice)
            elif answer["number"] == number:
                return answer["result"]

    def doing(self) -> tuple[str, str]:
        """What the child said last that it is about to do, as the end of a sentence, and what to advise."""
        doing, advice = self._doing
        return f" while {doing}", advice

    async def close(self) -> None:
        """Make the child log out and leave, or kill it; when this returns, it is gone and waited for."""
        if self._line is None:
            return
        line, self._line = self._line, None
        until = time.monotonic() + CLOSE_TIME
        cancelled: asyncio.CancelledError | None = None
        try:
            _kill(self._pid, signal.SIGTERM)
            while time.monotonic() < until:
                try:
                    if not await _readable(line, until) or _receive(line) == b"":
                        break
                except asyncio.CancelledError as exc:  # the logout is short: finish, then pass it on
                    cancelled = exc
        finally:
            # The child alone holds the other end: its end is the child's end, this only makes sure.
            _kill(self._pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._pid, 0)
            line.close()
        if cancelled is not None:
            raise cancelled

    async def _next(self, line: socket.socket) -> dict[str, t.Any]:
        while b"\n" not in self._heard:
            chunk = b"" if not await _readable(line, self._deadline) else _receive(line)
            if chunk == b"":
                raise self._silence()
            self._heard += chunk or b""
        text, _newline, self._heard = self._heard.partition(b"\n")
        return t.cast("dict[str, t.Any]", json.loads(text))

    def _silence(self) -> PowerError:
        doing, advice = self._doing
        # The child keeps the same deadline: its end may be seen a moment before our own timer.
        if time.monotonic() > self._deadline - 0.1:
            return DeadlineExceeded(f"the time was used up while {doing}", advice)
        return Protocol(f"the helper process ended unexpectedly while {doing}")


async def _readable(line: socket.socket, until: float) -> bool:
    """Wait for something to read; False when ``until`` came first. (wait_for can swallow a cancellation.)"""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[bool] = loop.create_future()

    def settle(value: bool) -> None:
        if not ready.done():
            ready.set_result(value)

    loop.add_reader(line, settle, True)
    timer = loop.call_later(max(0.0, until - time.monotonic()), settle, False)
    try:
        return await ready
    finally:
        timer.cancel()
        loop.remove_reader(line)


def _receive(line: socket.socket) -> bytes | None:
    """What there is to read; b"" when the child is gone, None when there is nothing after all."""
    try:
        return line.recv(65536)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def _kill(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _fork(serve: Serve, line: socket.socket, deadline: float) -> int:
    parent = os.getpid()
    # Until the child has handlers of its own, a signal must not run those of the parent in it.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        return os.fork() or live(line, parent, serve, deadline)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
