"""The link to one agent during an operation: reads, sends, and remembers what was sent."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math

from .driver import Driver
from .errors import DeadlineExceeded, PowerError
from .journal import Journal
from .model import Agent, Observation, Power, Request, RestorePolicy
from .session import Session
from .waiting import Clock


class Link:
    """A conversation with one agent that survives lost sessions.

    Reads and sends never raise a :class:`PowerError`: they return it. Not for concurrent use.
    """

    def __init__(
        self,
        agent: Agent,
        level: int,
        *,
        session: Session,
        request: Request,
        clock: Clock,
        journal: Journal,
    ) -> None:
        self.agent = agent
        self.level = level
        #: What it read before the first off was sent to it; None: it was never sent one.
        self.before_off: Power | None = None
        #: A command was sent that may have acted.
        self.touched = False
        #: An off was handed to the device, whatever it answered.
        self.off_sent = False
        #: A request for an orderly shutdown was handed to the device: it may act at any later time.
        self.soft_sent = False
        #: Another command than its own off may be what makes it read off: such a read confirms nothing.
        self.shadowed = False
        #: It was read off in this operation.
        self.seen_off = False
        #: What the device told last of what the host does when its power returns.
        self.restore_policy = RestorePolicy.UNKNOWN
        #: The newest read.
        self.last: Observation | None = None
        #: Since when nothing but errors came from it.
        self.silent_since: float | None = None
        self._session = session
        self._request = request
        self._clock = clock
        self._journal = journal
        self._off_unconfirmed = self._off_lost = -math.inf
        self._off_accepted = False

    @property
    def power(self) -> Power:
        """What the newest read said."""
        return self.last.power if self.last else Power.UNKNOWN

    @property
    def maybe_asleep(self) -> bool:
        """It reads off, cannot tell that from asleep, and no hard off has surely acted.

        One has when it read on before. When it read off, one that was accepted has acted when it can act no more: a
        BMC holds the power button for some seconds, which wakes a host that sleeps before it switches it off.
        """
        if self.last is None or not self.last.maybe_asleep:
            return False
        may_have_acted = self._off_accepted or self._off_lost > -math.inf
        if self.before_off is Power.ON and may_have_acted:
            return False
        return not (self._off_accepted and self.last.start >= self.off_over_at)

    @property
    def off_over_at(self) -> float:
        """From when on no off that was sent can act any more.

        A read of off confirms one that was answered, unless something else may have switched it off; one whose
        answer was lost may act behind such a read. Either is over after ``agent_timeout``.
        """
        return max(self._off_unconfirmed, self._off_lost) + self._request.agent_timeout

    @property
    def off_pending(self) -> bool:
        """An off was sent that no read has confirmed."""
        return max(self._off_unconfirmed, self._off_lost) > -math.inf

    def lost_power(self) -> None:
        """Note that the device went down, and with it every off that it had not carried out."""
        self._off_unconfirmed = self._off_lost = -math.inf

    def silent_for(self) -> float:
        """Seconds since the last good answer, while there is none; else 0."""
        return 0.0 if self.silent_since is None else self._clock.now() - self.silent_since

    async def read(self, until: float) -> Observation:
        """Read the power state, logging in first where needed, until a moment of the clock at the latest."""
        start = self._clock.now()

        async def status(driver: Driver) -> Observation:
            begun = self._clock.now()
            reading = await driver.status()
            return Observation(self.agent, begun, self._clock.now(), reading=reading)

        try:
            seen = await self._session.attempt(status, until)
        except PowerError as exc:
            seen = Observation(self.agent, start, self._clock.now(), error=exc)
            self.silent_since = start if self.silent_since is None else self.silent_since
        else:
            self.silent_since = None
        if seen.reading and seen.reading.restore_policy is not RestorePolicy.UNKNOWN:
            self.restore_policy = seen.reading.restore_policy
        if seen.power is Power.OFF:
            self.seen_off = True
            if not self.shadowed:
                self._off_unconfirmed = -math.inf
            if self.off_sent and self.before_off is not Power.OFF:
                self.touched = True  # also when the device denied it
        if not (
            self.last
            and self.last.reading
            and isinstance(seen.error, DeadlineExceeded)
            and self._cut_short(seen)
        ):
            self.last = seen
        self._journal.observed(self.level, seen)
        return seen

    def _cut_short(self, seen: Observation) -> bool:
        """The phase ended before the agent's own time: that says nothing new about the device."""
        return seen.end - seen.start < self._request.agent_timeout

    async def send(self, action: str, until: float) -> PowerError | None:
        """Send a command once and return what went wrong.

        Only a device that was busy, and so did not act, is asked again. Whether a command acted whose answer was
        lost is for the next read to tell.
        """
        start = self._clock.now()
        if action == "off":
            self.before_off = self.power if self.before_off is None else self.before_off
            # where it read off before, it reads so whether this one acts or not
            self.shadowed = self.shadowed or self.power is Power.OFF

        handed_over: float | None = None

        async def command(driver: Driver) -> None:
            nonlocal handed_over
            handed_over = self._clock.now()
            await driver.send(action)

        error: PowerError | None = None
        answered = False
        try:
            await self._session.attempt(command, until)
            answered = True
        except PowerError as exc:
            error = exc
        finally:
            # also when cancelled: an interrupted command may have acted
            may_act = handed_over is not None and (error is None or error.may_have_acted)
            self.touched = self.touched or may_act
            self.soft_sent = self.soft_sent or (action == "soft" and handed_over is not None)
            if action == "off":
                self.off_sent = self.off_sent or handed_over is not None
                if handed_over is not None and may_act:
                    if answered:
                        self._off_unconfirmed, self._off_accepted = handed_over, True
                    else:
                        self._off_lost = handed_over
        self._journal.sent(self.level, self.agent, action, start, self._clock.now(), error)
        return error

    async def close(self) -> None:
        """Log out; raises nothing."""
        await self._session.close()
