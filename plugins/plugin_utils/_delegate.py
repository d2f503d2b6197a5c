"""A module on another host ends with the task that started it: time-out, cancelled play, dead controller. Private."""

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

from ..module_utils._interrupt import CANCELLED, LOOK, held


class _Cancelled(BaseException):
    """A signal came; not an Exception, so that nothing on the way swallows it."""


@contextlib.contextmanager
def ends_with_us(interrupted: t.Callable[[], None]) -> t.Iterator[None]:
    """End the connection's programs (ssh, a shell) and call ``interrupted`` when what runs in this context is cut off.

    Core leaves them running, with the module at their other end, when a task times out or the controller dies. Once
    they are gone the module sees that nobody reads its output (see _interrupt.py), and sends nothing more.
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
        watching = threading.Thread(target=watch, daemon=True)
        # A thread that takes a signal does not wake the one that waits for the connection.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, CANCELLED)
        watching.start()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        try:
            yield
        except BaseException as exc:
            ending = True
            if cut_off() or not isinstance(exc, Exception):
                _end_children()
                interrupted()
            raise
        else:
            ending = True
        finally:
            over.set()
            watching.join()  # or its signal might come when it is held no more


def _end_children() -> None:
    own = str(os.getpid())
    for entry in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if entry.isdigit():
            with contextlib.suppress(OSError, IndexError):
                stat = Path("/proc", entry, "stat").read_text(errors="replace")
                if stat.rpartition(")")[2].split()[1] == own:
                    os.kill(int(entry), signal.SIGTERM)
