"""Waiting: the clock that is injected, a limit on one piece of work, several pieces at once."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import time
import typing as t

from .errors import DeadlineExceeded

T = t.TypeVar("T")


class Clock(t.Protocol):
    """Monotonic seconds and a sleep on the same scale."""

    def now(self) -> float:
        """Return seconds since an arbitrary moment; never goes back."""

    async def sleep(self, seconds: float) -> None:
        """Return ``seconds`` later."""


class MonotonicClock:
    """The machine's own clock."""

    def now(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def within(clock: Clock, until: float, work: t.Coroutine[t.Any, t.Any, T]) -> T:
    """Return what ``work`` returns; cancel it when it is not done at ``until``.

    :raises DeadlineExceeded: the work was cut off.
    """
    allowed = max(0.0, until - clock.now())
    task = asyncio.ensure_future(work)
    timer = asyncio.ensure_future(clock.sleep(allowed))
    try:
        await asyncio.wait({task, timer}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise DeadlineExceeded(
            f"no answer within {allowed:.3g} s" if allowed >= 0.001 else "no time was left for it",
            "Look at the device and its network, or allow more time",
        )
    finally:
        await abandon([task, timer])


async def together(*works: t.Coroutine[t.Any, t.Any, T]) -> list[T]:
    """Run all at once and return their results in order; the first error ends the others, then is raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        await abandon(tasks)


async def first_true(works: t.Sequence[t.Coroutine[t.Any, t.Any, bool]]) -> bool:
    """Run all at once; as soon as one returns True end the others and return True."""
    pending = {asyncio.ensure_future(work) for work in works}
    tasks = list(pending)
    try:
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            if any(task.result() for task in done):
                return True
        return False
    finally:
        await abandon(tasks)


async def abandon(tasks: t.Iterable[asyncio.Future[t.Any]]) -> None:
    """Cancel what still runs and wait until it has ended, so that nothing acts behind the caller's back."""
    running = [task for task in tasks if not task.done()]
    for task in running:
        task.cancel()
    if running:
        await asyncio.wait(running)
    for task in running:
        if not task.cancelled():
            task.exception()  # seen: it was cut off on purpose
