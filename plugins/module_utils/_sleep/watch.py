"""The clock that counts asleep too, and a watch that tells when a machine stood still."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading
import time
import typing as t

#: Seconds between two looks at the clock, and the least gap that is taken for a standstill.
_SAMPLE: t.Final = 0.05
_GAP: t.Final = 1.0


class Clock(t.Protocol):
    """CLOCK_BOOTTIME and a sleep in seconds."""

    def now(self) -> float:
        """Seconds since some fixed moment."""
        raise NotImplementedError

    def sleep(self, seconds: float) -> None:
        """Do nothing for so long."""
        raise NotImplementedError


class BootClock:
    """The machine's own."""

    def now(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class Watch:
    """Looks at the clock all the time: the gap in its looks is the time in which nothing ran."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._over = threading.Event()
        self._widest = (0.0, 0.0, 0.0)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        last = self._clock.now()
        while not self._over.wait(_SAMPLE):
            now = self._clock.now()
            self._widest = max(self._widest, (now - last, last, now))
            last = now

    def around(self, start: float, end: float) -> tuple[float, float]:
        """Seconds from ``start`` until nothing ran any more, and the moment when it ran again."""
        width, last, first = self._widest
        return (last - start, first) if width > _GAP else (0.0, end)
