"""How pyghmi sends, receives and waits in a forked child: one socket, no thread, at once when a port is closed."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import select
import signal
import socket
import typing as t

from ._ipmi_errors import network_error


class Line(socket.socket):
    """A connected UDP socket for pyghmi which remembers what ICMP says: a closed port shows at once."""

    fault: OSError | None = None

    def recvfrom(self, *args: t.Any) -> t.Any:
        with self._remembering():
            return super().recvfrom(*args)

    def sendto(self, *args: t.Any) -> int:
        with self._remembering():
            return super().sendto(*args)

    @contextlib.contextmanager
    def _remembering(self) -> t.Iterator[None]:
        try:
            yield
        except BlockingIOError:
            raise
        except OSError as exc:
            self.fault = exc
            raise


@contextlib.contextmanager
def signals(how: signal.Sigmasks) -> t.Iterator[None]:
    """Block or let in what ends the child: in pyghmi only while it waits, or an answer would be lost half-way."""
    before = signal.pthread_sigmask(how, (signal.SIGALRM, signal.SIGTERM))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def take_over(library: t.Any, line: Line, port: int) -> None:
    """Give pyghmi one socket and no thread, and let it forget every session before.

    Its thread may take an answer from the socket a moment before the caller begins to wait for it: the
    answer is then noticed only after the time-out. So whoever waits reads the socket. A session that broke
    would raise its errors in the next one.
    """

    def wait(timeout: float, _address: t.Any = None, _events: t.Any = None) -> None:
        with signals(signal.SIG_UNBLOCK):
            select.select([line], (), (), max(0.0, timeout))
        library._io_graball([line], {})
        if line.fault is not None:
            raise network_error(line.fault, port)

    library._io_wait = wait
    library.ipv6support = False  # no IPv4 addresses in IPv6's form
    kept = library.Session
    for state in (kept.bmc_handlers, kept.waiting_sessions, kept.initting_sessions, kept.keepalive_sessions):
        state.clear()
    kept.socketpool.clear()
    kept.socketpool[line] = 0
