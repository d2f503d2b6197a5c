"""Run asyncio work so that a signal, or the death of the parent, ends it in an orderly way. Private to hostpm.power."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import sys
import threading
import typing as t

T = t.TypeVar("T")

#: A cancelled play.
CANCELLED: t.Final = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)

#: Beside these, SIGALRM: a task's ``timeout``.
SIGNALS: t.Final = (signal.SIGALRM, *CANCELLED)

#: Seconds between two looks at whether parent and output are still there, where nothing tells it.
LOOK: t.Final = 0.2


@contextlib.contextmanager
def held(signals: t.Iterable[int], came: t.Callable[[list[int]], None]) -> t.Iterator[list[int]]:
    """Hold signals back: call ``came`` for each, and handle the first as usual when this context ends.

    Gives the list of those that came, which ``came`` is given too. One that was ignored stays so; outside the main
    thread nothing is held.
    """
    caught: list[int] = []

    def hold(number: int, _frame: t.Any) -> None:
        caught.append(number)
        came(caught)

    before: dict[int, t.Any] = {}
    try:
        for number in signals:
            handler = signal.getsignal(number)
            if (
                handler not in (signal.SIG_IGN, None)
                and threading.current_thread() is threading.main_thread()
            ):
                before[number] = handler
                signal.signal(number, hold)
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in caught[:1]:
            _deliver(number, before[number])


def _deliver(number: int, handler: t.Any) -> None:
    if callable(handler):
        handler(number, sys._getframe())
    else:
        os.kill(os.getpid(), number)


def run(
    work: t.Coroutine[t.Any, t.Any, T], interrupted: t.Callable[[], None], *, output: int | None = None
) -> T:
    """Run the work in a loop of its own and return its result.

    A signal that would have interrupted the Python code at any place cancels the work instead, lets it clean up,
    calls ``interrupted``, and is then handled as it would have been. Where the parent process dies, the work is
    cancelled as well: nobody is left to read its result, and nothing may be switched on unseen.

    :param output: a descriptor, for a module its standard output, whose last reader's end means the same: over ssh
        the parent lives on when the controller is gone.
    :raises asyncio.CancelledError: interrupted, and nothing else ended the process.
    """
    stop: list[t.Callable[[], object]] = []

    def came(caught: list[int]) -> None:
        if len(caught) == 1:  # a second signal must not cut off the cleaning up
            for call in stop:
                call()

    async def guarded() -> T:
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(work)
        stop.append(lambda: loop.is_closed() or loop.call_soon_threadsafe(task.cancel))
        if caught:
            task.cancel()
        with _parent_watched(loop, task.cancel):
            if output is not None:
                _watch_output(loop, task.cancel, output)
            return await task

    with held(SIGNALS, came) as caught:
        try:
            return asyncio.run(guarded())
        except asyncio.CancelledError:
            interrupted()
            raise


@contextlib.contextmanager
def _parent_watched(loop: asyncio.AbstractEventLoop, cancel: t.Callable[[], object]) -> t.Iterator[None]:
    """Cancel when the parent process ends, where the platform can tell."""
    try:
        parent = os.pidfd_open(os.getppid())
    except (AttributeError, OSError):
        yield
        return
    loop.add_reader(parent, cancel)
    try:
        yield
    finally:
        loop.remove_reader(parent)
        os.close(parent)


def _watch_output(loop: asyncio.AbstractEventLoop, cancel: t.Callable[[], object], output: int) -> None:
    """Cancel when nobody reads the output any more.

    Not with add_reader: sshd gives its child one socket for input and output, and an input that ended is no end.
    """
    poll = select.poll()
    poll.register(output, 0)

    def look() -> None:
        if any(event & (select.POLLERR | select.POLLHUP) for _descriptor, event in poll.poll(0)):
            cancel()
        else:
            loop.call_later(LOOK, look)

    look()
