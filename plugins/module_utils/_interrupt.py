"""Run asyncio work so that a signal, or the death of the parent, ends it in an orderly way. Private to hostpm.power."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import typing as t

T = t.TypeVar("T")

#: SIGALRM is a task's ``timeout``; the others are a cancelled play.
SIGNALS: t.Final = (signal.SIGALRM, signal.SIGHUP, signal.SIGINT, signal.SIGTERM)

#: Seconds between two looks at whether the output is still read.
_LOOK: t.Final = 0.2


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
    caught: list[int] = []
    handlers: dict[int, t.Any] = {}
    try:
        return asyncio.run(_guarded(work, caught, handlers, output))
    except asyncio.CancelledError:
        interrupted()
        raise
    finally:
        for signum, handler in handlers.items():
            signal.signal(signum, handler)
        for signum in caught:
            _deliver(signum, handlers[signum])


async def _guarded(
    work: t.Coroutine[t.Any, t.Any, T], caught: list[int], handlers: dict[int, t.Any], output: int | None
) -> T:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)

    def stop(signum: int) -> None:
        if not caught:  # a second signal must not cut off the cleaning up
            caught.append(signum)
            task.cancel()

    for signum in SIGNALS:
        handler = signal.getsignal(signum)
        if handler in (signal.SIG_IGN, None):
            continue
        try:
            loop.add_signal_handler(signum, stop, signum)
        except (RuntimeError, ValueError):
            break  # not the main thread: signals do not come here
        handlers[signum] = handler
    parent = _watch_parent(loop, task)
    if output is not None:
        _watch_output(loop, task, output)
    try:
        return await task
    finally:
        if parent is not None:
            loop.remove_reader(parent)
            os.close(parent)


def _watch_parent(loop: asyncio.AbstractEventLoop, task: asyncio.Future[t.Any]) -> int | None:
    """Cancel the task when the parent process ends; None where the platform cannot tell."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        watched = os.pidfd_open(os.getppid())
    except OSError:
        return None
    loop.add_reader(watched, task.cancel)
    return watched


def _watch_output(loop: asyncio.AbstractEventLoop, task: asyncio.Future[t.Any], output: int) -> None:
    """Cancel the task when nobody reads the output any more.

    Not with add_reader: sshd gives its child one socket for input and output, and an input that ended is no end.
    """
    poll = select.poll()
    poll.register(output, 0)

    def look() -> None:
        if any(event & (select.POLLERR | select.POLLHUP) for _descriptor, event in poll.poll(0)):
            task.cancel()
        else:
            loop.call_later(_LOOK, look)

    look()


def _deliver(signum: int, handler: t.Any) -> None:
    if callable(handler):
        handler(signum, sys._getframe())
    else:
        os.kill(os.getpid(), signum)
