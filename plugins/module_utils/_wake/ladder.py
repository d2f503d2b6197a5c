"""The ladder: one rung after another, each given its share of the time, until the host is reached."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import itertools
import typing as t

from .._fencing.waiting import Clock, abandon
from .._sleep.magic import NotSent
from .model import LOOK, Means, Step, Wake

#: That is between two looks at the host (s).
PAUSE: t.Final = 0.5

#: How far the host's clock, by which its alarm is due, may be off ours (s).
CLOCKS_APART: t.Final = 5.0

#: How often packets are sent when nobody looks.
BLIND_ROUNDS: t.Final = 3

#: Looks at the host until a moment of the clock: nothing when it answers, else what was seen instead.
Look = t.Callable[[float], t.Awaitable[str]]


class Ladder:
    """Wakes one host.

    ``run`` and ``plan`` return the outcome in one word; the attributes hold what it rests on. When it is cancelled it
    sends nothing more.
    """

    def __init__(self, wake: Wake, means: Means, look: Look, clock: Clock) -> None:
        self.wake = wake
        self.clock = clock
        self.started = clock.now()
        self.deadline = self.started + wake.timeout
        self.steps = [Step(rung) for rung in wake.rungs]
        #: When the host answered; None: it did not.
        self.reached_at: float | None = None
        #: What was seen last instead of an answer.
        self.seen = ""
        #: The first look found nobody.
        self.was_down = False
        self._means = means
        self._look = look

    @property
    def packets(self) -> int:
        """How many magic packets were sent."""
        return sum(step.sent for step in self.steps)

    @property
    def sent(self) -> bool:
        """Something was sent that may have woken the host."""
        return bool(self.packets) or self._means.agent_acted

    @property
    def elapsed(self) -> float:
        return self.clock.now() - self.started

    @property
    def worked(self) -> Step | None:
        """The last rung that acted before the host was reached."""
        acted = [step for step in self.steps if step.acted]
        return acted[-1] if acted and self.reached_at is not None else None

    async def plan(self) -> str:
        """Look whether the host is awake, and send nothing."""
        if await self._answers(self.started + LOOK):
            return "already_awake"
        return "refused" if self.turn_is_too_late() else "planned"

    async def run(self) -> str:
        """Climb until the host is reached, the rungs are used up or the time is over."""
        if await self._answers(min(self.deadline, self.started + LOOK)):
            return "already_awake"
        self.was_down = True
        if self.turn_is_too_late():
            return "refused"
        for place, step in enumerate(self.steps):
            if self.clock.now() < self.deadline:
                await self._climb(step, place)
            if self.reached_at is not None:
                break
        else:
            await self._use_the_rest()
        return self._outcome()

    def turn_is_too_late(self) -> bool:
        """The host's turn to be powered up does not come in time."""
        return self.wake.turn >= self.wake.timeout and self.wake.rungs != ("rtc",)

    def shares(self, start: float, place: int = 0) -> t.Iterator[tuple[str, float, float]]:
        """For the rungs from ``place`` on, begun at ``start``: when each acts, and until when it may last.

        That is what is left then, divided by the rungs left; each is taken to use all of its share.
        """
        for number in range(place, len(self.steps)):
            rung = self.steps[number].rung
            first = self.wake.due if rung == "rtc" else self.wake.turn
            begin = max(start, self.started + (first or 0.0))
            start = begin + max(0.0, self.deadline - begin) / (len(self.steps) - number)
            yield rung, begin, start

    def _outcome(self) -> str:
        worked = self.worked
        for step in self.steps:
            if step is worked:
                step.state = "worked"
            elif step.state == "trying":
                step.state = "no_answer" if self.wake.target else "done"
        if self.reached_at is not None:
            return "woken" if worked else "already_awake"
        if self.wake.target is None and any(step.acted for step in self.steps):
            return "unverified"
        return "not_reached"

    async def _climb(self, step: Step, place: int) -> None:
        _rung, begin, until = next(self.shares(self.clock.now(), place))
        if step.rung != "rtc" and begin > self.clock.now():
            step.state = "waiting"
            if await self._watch(begin):
                step.state = "not_needed"
                return
        step.state = "trying"
        step.at = self.clock.now() - self.started
        rungs = {"rtc": self._rtc, "magic": self._magic, "agent": self._agent}
        try:
            await rungs[step.rung](step, until)
        finally:
            step.elapsed = self.elapsed - step.at

    async def _use_the_rest(self) -> None:
        """All rungs were tried, and time is left since the last ones could do nothing: the others may still work."""
        acted = [step for step in self.steps if step.acted]
        if not acted or self.wake.target is None or self.clock.now() >= self.deadline:
            return
        sender = next((step for step in acted if step.sent), None)
        if sender is not None and sender.at is not None:
            await self._magic(sender, self.deadline)
            sender.elapsed = self.elapsed - sender.at
        else:
            await self._watch(self.deadline)

    async def _rtc(self, step: Step, until: float) -> None:
        step.acted = True
        due = self.started + (self.wake.due or 0.0)
        await self._watch(until if self.wake.target else due)
        if self.reached_at is not None and self.reached_at < due - CLOCKS_APART:
            step.acted, step.state = False, "not_needed"

    async def _magic(self, step: Step, until: float) -> None:
        for number in itertools.count(1):
            begin = self.clock.now()
            try:
                step.sent += await self._means.send(until)
            except NotSent as exc:
                step.sent += exc.sent
                step.message = str(exc)
            took = self.clock.now() - begin
            step.acted = step.sent > 0
            if not step.acted:
                step.state = "failed"
                return
            if self.wake.target is None and number == BLIND_ROUNDS:
                return
            if await self._watch(min(until, self.clock.now() + self.wake.interval)):
                return
            if self.clock.now() + took >= until:  # another round would be too late
                await self._watch(until)
                return

    async def _agent(self, step: Step, until: float) -> None:
        working = asyncio.ensure_future(self._means.switch_on(until))
        watching = asyncio.ensure_future(self._watch(until))
        try:
            await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
            if working.done() or self.wake.target is None:
                said = await working
                step.message = said.text
                step.acted = self._means.agent_acted
                if said.failed and not step.acted:
                    step.state = "failed"
                elif self.wake.target is not None:
                    await watching
        finally:
            await abandon([working, watching])
            step.acted = self._means.agent_acted

    async def _watch(self, until: float) -> bool:
        """Look again and again until the host answers."""
        while self.clock.now() < until:
            if self.wake.target is None:
                await self.clock.sleep(until - self.clock.now())
            elif await self._answers(min(until, self.clock.now() + LOOK)):
                return True
            else:
                await self.clock.sleep(max(0.0, min(PAUSE, until - self.clock.now())))
        return False

    async def _answers(self, until: float) -> bool:
        if self.wake.target is None:
            return False
        seen = await self._look(until)
        if seen:
            self.seen = seen
            return False
        self.reached_at = self.clock.now()
        return True
