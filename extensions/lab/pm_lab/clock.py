"""The clock that the lab's parts are given, so that tests can turn its hands themselves."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import typing as t


class Timer(t.Protocol):
    def cancel(self) -> None:
        """Let it not happen."""


class Clock(t.Protocol):
    def now(self) -> float:
        """Seconds since the lab started."""

    def later(self, delay: float, act: t.Callable[[], object]) -> Timer:
        """Call act once, in delay seconds, unless the timer is cancelled."""


class LoopClock:
    """The clock of an asyncio loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._start = loop.time()

    def now(self) -> float:
        return self._loop.time() - self._start

    def later(self, delay: float, act: t.Callable[[], object]) -> Timer:
        return self._loop.call_later(delay, act)
