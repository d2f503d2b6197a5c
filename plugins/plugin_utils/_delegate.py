"""A module on another host ends with the task that started it, and in its time: no connection hangs. Private."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import math
import os
import signal
import threading
import time
import typing as t
from pathlib import Path

from ansible.errors import AnsibleError

from ..module_utils._interrupt import CANCELLED, LOOK, held

#: What a host that is gone may hold up the end of a task (s).
TIDY_TIME: t.Final = 5.0


class _Cancelled(BaseException):
    """A signal came; not an Exception, so that nothing on the way swallows it."""


@contextlib.contextmanager
def ends_with_us(interrupted: t.Callable[[], None]) -> t.Iterator[t.Callable[[], bool]]:
    """End the connection's programs (ssh, a shell) and call ``interrupted`` when what runs in this context is cut off.

    Core leaves them running, with the module at their other end, when a task times out or the controller dies. Once
    they are gone the module sees that nobody reads its output (see _interrupt.py), and sends nothing more. Gives what
    tells whether it is cut off.
    """
    controller = os.getppid()
    us = threading.get_ident()
    over = threading.Event()
    ending = False
    raised = -math.inf

    def cut_off() -> bool:
        return bool(caught) or os.getppid() != controller

    def came(_caught: list[int]) -> None:
        nonlocal raised
        # Core sends several at once: the second must not be raised on the way of the first.
        if not ending and time.monotonic() - raised >= LOOK:
            raised = time.monotonic()
            raise _Cancelled

    def watch() -> None:
        # Again and again: Python drops an exception that is raised in a finalizer. A killed controller sends nothing.
        while not over.wait(LOOK):
            if cut_off():
                signal.pthread_kill(us, signal.SIGTERM)

    with held(CANCELLED, came) as caught:
        watching = beside(watch)
        try:
            yield cut_off
        except BaseException as exc:
            ending = True
            if cut_off() or not isinstance(exc, Exception):
                end_children()
                interrupted()
            raise
        else:
            ending = True
        finally:
            over.set()
            watching.join()  # or its signal might come when it is held no more


@contextlib.contextmanager
def limited(seconds: float) -> t.Iterator[None]:
    """End the connection's programs when this context takes longer, or when the task's own time is up.

    A connection whose network or other end has gone, as by a sleep, hangs for minutes otherwise. The task's time-out
    is held back until the context ends.
    """
    until = time.monotonic() + seconds
    over = threading.Event()

    def watch() -> None:
        while not over.wait(LOOK):
            if caught or time.monotonic() >= until:
                end_children()  # again and again: core may start another, to clean up

    with held([signal.SIGALRM], lambda _caught: end_children()) as caught:
        thread = beside(watch)
        try:
            yield
        finally:
            over.set()
            thread.join()


@contextlib.contextmanager
def tidying() -> t.Iterator[None]:
    """Let core remove what a module needed on another host, where that can still be reached.

    Core does so behind the action, and would take a host that is gone by then for the result of the task.
    """
    with contextlib.suppress(AnsibleError), limited(TIDY_TIME):
        yield


def beside(work: t.Callable[[], None]) -> threading.Thread:
    """Start a thread that takes no signal: it would not wake the one that waits for the connection."""
    thread = threading.Thread(target=work, daemon=True)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, CANCELLED)
    thread.start()
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return thread


def end_children() -> None:
    """End the programs that this process started, such as ssh."""
    own = str(os.getpid())
    for entry in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if entry.isdigit():
            with contextlib.suppress(OSError, IndexError):
                stat = Path("/proc", entry, "stat").read_text(errors="replace")
                if stat.rpartition(")")[2].split()[1] == own:
                    os.kill(int(entry), signal.SIGTERM)
