"""An event loop whose time jumps to the next timer: hours of waiting cost nothing and repeat exactly."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import typing as t


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop whose time jumps to the next timer; it is also the clock of the engine."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = self
        self._now = 1000.0
        self.turns = 0

    def time(self) -> float:
        return self._now

    now = time

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def select(self, timeout: float | None) -> tuple[()]:
        self.turns += 1
        if timeout is None:
            raise AssertionError("everything waits for something that will never happen")
        if self.turns > 500_000 or self._now > 100_000.0:
            raise AssertionError(f"still running after {self.turns} turns at {self._now}")
        self._now += timeout
        return ()

    def _process_events(self, event_list: t.Iterable[object]) -> None:
        pass

    def _write_to_self(self) -> None:
        pass
