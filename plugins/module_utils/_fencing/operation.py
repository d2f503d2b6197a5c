"""One operation on one host: its levels, its links, its time, and what was seen so far."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
import typing as t

from .driver import DriverFactory
from .journal import Journal
from .levels import arrange, off_levels
from .link import Link
from .model import Agent, Host, Level, Observation, Power, Request, Role
from .session import Session
from .verdict import Verdict, judge
from .waiting import Clock, together


class Operation:
    """What the phases of an operation share.

    :raises Refused: the host's agents cannot do what is asked.
    """

    def __init__(self, host: Host, request: Request, factory: DriverFactory, clock: Clock) -> None:
        self.host = host
        self.request = request
        self.clock = clock
        self.started = clock.now()
        self.deadline = self.started + request.timeout
        self.journal = Journal()
        self.levels: tuple[Level, ...] = (
            off_levels(host, request.strategy)
            if request.action in ("off", "restart")
            else arrange(host.agents, request.strategy)
        )
        #: When the on phase began.
        self.rising_since = math.inf
        #: The first verdict of this operation, before any command acted.
        self.before: Verdict | None = None
        reached: dict[str, Agent] = {}
        number = {agent.name: level.number for level in self.levels for agent in level.agents}
        self.links: dict[str, Link] = {
            agent.name: Link(
                agent,
                number.get(agent.name, 0),
                session=Session(
                    agent,
                    factory=factory,
                    deadline=self.deadline,
                    request=request,
                    clock=clock,
                    reached=reached,
                ),
                request=request,
                clock=clock,
                journal=self.journal,
            )
            for agent in host.agents
        }

    def link(self, agent: Agent) -> Link:
        return self.links[agent.name]

    async def read(self, agents: t.Iterable[Agent], until: float) -> list[Observation]:
        """Read several agents at the same moment."""
        return await together(*(self.link(agent).read(until) for agent in agents))

    async def pause(self, until: float, seconds: float | None = None) -> bool:
        """Sleep for a poll interval (or ``seconds``); False, at once, when that would pass ``until``."""
        seconds = self.request.poll if seconds is None else seconds
        if self.clock.now() + seconds >= until:
            return False
        await self.clock.sleep(seconds)
        return True

    def share(self, until: float, parts: int) -> float:
        """The moment at which the first of ``parts`` equal parts of the time up to ``until`` ends."""
        now = self.clock.now()
        return now + max(0.0, until - now) / parts

    def begin_rising(self) -> None:
        """Begin the on phase: what a chassis read before an off is no evidence any more."""
        self.rising_since = self.clock.now()
        for link in self.links.values():
            if self.changed and link.agent.role is Role.CHASSIS:
                link.last = None

    def shadow(self, about_to_be_cut: t.Sequence[Link]) -> None:
        """Note whose read of off will not tell any more which off it was that acted.

        A chassis reads off by the off of any chassis agent and by the loss of its supplies, a supply by each way
        to it. An off that was confirmed before stays so.
        """
        for link in self.links.values():
            rivals = [
                other
                for other in self.links.values()
                if other is not link
                and (other in about_to_be_cut or other.off_pending)
                and _moves(other, link)
            ]
            if rivals and (link in about_to_be_cut or link.off_pending):
                link.shadowed = True

    def newest(self) -> list[list[Observation]]:
        """The newest observation of each agent that was read, by level."""
        seen: dict[int, list[Observation]] = {}
        for link in self.links.values():
            if link.last:
                seen.setdefault(link.level, []).append(link.last)
        return [seen[number] for number in sorted(seen)]

    def evidence(self) -> tuple[Observation, ...]:
        """The same without the levels."""
        return tuple(seen for level in self.newest() for seen in level)

    def verdict(self) -> Verdict:
        """What the newest observations prove together."""
        return judge(self.host, self.newest())

    def may_sleep(self, verdict: Verdict) -> bool:
        """Whether a verdict of off may be a sleep for all that was read and sent."""
        chassis = [link for link in self.links.values() if link.agent.role is Role.CHASSIS]
        off = [link for link in chassis if link.power is Power.OFF]
        return verdict.maybe_asleep and all(link.maybe_asleep for link in off)

    def note_before(self) -> None:
        """Remember the state that the operation found, once there is a verdict and while nothing was sent."""
        if not self.changed and (self.before is None or self.before.power is Power.UNKNOWN):
            self.before = self.verdict()

    @property
    def changed(self) -> bool:
        """A command may have acted."""
        return any(link.touched for link in self.links.values())

    def left_off(self) -> list[str]:
        """The agents that were sent an off, and that were not read on since that off can no longer act."""
        sent = {name: link for name, link in self.links.items() if link.off_sent or link.soft_sent}
        return [name for name, link in sent.items() if not self._is_back(link)]

    def _is_back(self, link: Link) -> bool:
        """It reads on, or since the on phase began another way to the same supply or chassis does."""
        own = (link.agent.role, link.agent.feed)
        risen = max(link.off_over_at, self.rising_since)
        alone = risen if link.soft_sent else link.off_over_at
        ways = [peer for peer in self.links.values() if (peer.agent.role, peer.agent.feed) == own]
        return any(
            peer.last is not None
            and peer.power is Power.ON
            and peer.last.start >= (alone if peer is link else risen)
            for peer in ways
        )

    async def close(self) -> None:
        """Log out everywhere; raises nothing."""
        await together(*(link.close() for link in self.links.values()))


def _moves(cause: Link, reader: Link) -> bool:
    """An off of the one may make the other read off."""
    if reader.agent.role is Role.CHASSIS:
        return cause.agent.role in (Role.CHASSIS, Role.FEED)
    return cause.agent.role is Role.FEED and cause.agent.feed == reader.agent.feed
