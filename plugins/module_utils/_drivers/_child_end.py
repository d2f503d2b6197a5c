"""The forked child's end: lets go of all that is the parent's, then serves one conversation until it must stop."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import gc
import json
import os
import signal
import socket
import sys
import threading
import time
import typing as t

from .._fencing.errors import PowerError, Protocol

#: How long a child may take to log out.
LOGOUT_TIME: t.Final = 1.0

#: How often the child looks whether its parent lives (s).
_PARENT_LOOK: t.Final = 0.5
_PR_SET_PDEATHSIG: t.Final = 1
_LIBC: t.Final = ctypes.CDLL(None)  # loaded in the parent
#: Streams of the parent, kept so that nothing of them is ever flushed or closed.
_KEPT: t.Final[list[t.Any]] = []


class Service(t.Protocol):
    """What runs in the child; its other methods are called by name, with arguments and results of JSON."""

    def logout(self) -> None:
        """Free the device; called once at the end, also after an interruption anywhere in the service."""


#: Tells the parent what the child is about to do and what to advise when that never ends.
Tell = t.Callable[[str, str], None]
#: Makes the service, in the child.
Serve = t.Callable[[Tell], Service]


class _Stop(BaseException):
    """Deadline or SIGTERM; not an Exception, so that no library swallows it."""


def live(line: socket.socket, parent: int, serve: Serve, deadline: float) -> t.NoReturn:
    """Be the child; the signals that end it must be blocked when it is forked."""
    try:
        _converse(_isolate(line, parent), serve, deadline)
    finally:
        os._exit(0)


def _isolate(line: socket.socket, parent: int) -> socket.socket:
    """Let go of everything that is the parent's; returns the child's only connection."""
    gc.freeze()  # a collected object of the parent would close a number that is ours by then
    own = fcntl.fcntl(line, fcntl.F_DUPFD, 3)
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)  # logs out, as when the parent asks for it
    if os.getppid() != parent:
        os._exit(0)
    threading.Thread(target=_outlive_briefly, args=(parent,), daemon=True).start()
    for number in map(int, os.listdir("/proc/self/fd")):
        if number > 2 and number != own:
            with contextlib.suppress(OSError):
                os.close(number)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number in (signal.SIGINT, signal.SIGHUP):  # they reach the whole group; the parent decides
        signal.signal(number, signal.SIG_IGN)
    _KEPT.extend((sys.stdout, sys.stderr))
    sys.stdout = sys.stderr = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    return socket.socket(fileno=own)


def _outlive_briefly(parent: int) -> None:
    """End a child that is deaf to the signal which the end of its parent sends."""
    while os.getppid() == parent:
        time.sleep(_PARENT_LOOK)
    time.sleep(LOGOUT_TIME)
    os._exit(0)


def _stopper() -> t.Callable[[int, t.Any], None]:
    """A signal handler that raises once: deadline and SIGTERM come together, the logout must survive both."""
    first = iter((True,))

    def stop(_number: int, _frame: t.Any) -> None:
        if next(first, False):
            raise _Stop

    return stop


def _converse(line: socket.socket, serve: Serve, deadline: float) -> None:
    """Answer requests until the input ends, the deadline comes or SIGTERM; then log out."""

    def say(**message: t.Any) -> None:
        line.sendall(json.dumps(message).encode() + b"\n")

    stop = _stopper()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGALRM, stop)
    service = serve(lambda doing, advice: say(doing=[doing, advice]))
    try:
        signal.setitimer(signal.ITIMER_REAL, max(0.001, deadline - time.monotonic()))
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        for text in line.makefile("r", encoding="utf-8"):
            number, method, args = json.loads(text)
            say(number=number, **_answer(service, method, args))
    except (_Stop, OSError):
        pass
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, _stopper())
        signal.setitimer(signal.ITIMER_REAL, LOGOUT_TIME)
        service.logout()


def _answer(service: Service, method: str, args: t.Sequence[t.Any]) -> dict[str, t.Any]:
    try:
        return {"result": getattr(service, method)(*args)}
    except PowerError as exc:
        error = exc
    except Exception as exc:
        # Only the class: its text might hold a secret, which is known to nobody here.
        error = Protocol(f"{method}: unexpected {type(exc).__name__}", "please report this as a bug")
    return {"error": [error.kind, error.tried, error.advice]}
