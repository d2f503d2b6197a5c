"""A module on another host ends with the task that started it: time-out, cancelled play, dead controller. Private."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import typing as t
from pathlib import Path

_PR_SET_PDEATHSIG: t.Final = 1


#: As for work that runs here (see _interrupt.py), but for SIGALRM: that one is a task's time-out, an exception already.
_SIGNALS: t.Final = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


class _Cancelled(BaseException):
    """A signal came; not an Exception, so that nothing on the way swallows it."""


@contextlib.contextmanager
def ends_with_us(interrupted: t.Callable[[], None]) -> t.Iterator[None]:
    """End the connection's programs (ssh, a shell) and call ``interrupted`` when what runs in this context is cut off.

    Core leaves them running, with the module at their other end, when a task times out or the controller dies. Once
    they are gone the module sees that nobody reads its output (see _interrupt.py), and sends nothing more.
    """
    controller = os.getppid()
    caught: list[int] = []

    ending = False

    def cancel(number: int, _frame: t.Any) -> None:
        caught.append(number)
        # again where the first was lost (Python drops what is raised in a finalizer), but not into the cleaning up
        if not ending:
            raise _Cancelled

    handlers = {
        number: signal.signal(number, cancel)
        for number in _SIGNALS
        if signal.getsignal(number) not in (signal.SIG_IGN, None)
    }
    _die_with_parent(signal.SIGTERM)
    try:
        if os.getppid() != controller:
            os.kill(os.getpid(), signal.SIGTERM)
        yield
    except BaseException as exc:
        ending = True
        if not isinstance(exc, Exception):
            _end_children()
            interrupted()
        raise
    finally:
        _die_with_parent(0)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for came in caught[:1]:  # now as it would have been handled without us
            os.kill(os.getpid(), came)


def _die_with_parent(number: int) -> None:
    with contextlib.suppress(AttributeError, OSError):  # Linux has it
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)


def _end_children() -> None:
    own = str(os.getpid())
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError):
            if entry.read_text(errors="replace").rpartition(")")[2].split()[1] == own:
                os.kill(int(entry.parent.name), signal.SIGTERM)
