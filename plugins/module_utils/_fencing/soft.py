"""The one request for an orderly shutdown that may go before a hard off."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from .link import Link
from .model import Agent, Level, Power, Role
from .operation import Operation


class SoftRequest:
    """The one request for an orderly shutdown that an operation may make before the hard off."""

    def __init__(self, op: Operation) -> None:
        self._op = op
        self._time = op.request.soft_timeout

    def time_for(self, level: Level) -> float:
        """Seconds that this level may need on top of its share."""
        return self._time if any(self._can(agent) for agent in level.agents) else 0.0

    async def make(self, links: t.Sequence[Link], until: float) -> Link | None:
        """Ask one chassis agent that was just read on, and wait until it reads off or the time is over."""
        able = [link for link in links if self._can(link.agent) and link.power is Power.ON]
        if self._time <= 0 or not able:
            return None
        link = able[0]
        end = min(until, self._op.clock.now() + self._time)
        self._time = 0.0
        link.shadowed = True
        await link.send("soft", end)
        while True:
            seen = await link.read(until)
            if seen.power is Power.OFF or not await self._op.pause(end):
                return link

    @staticmethod
    def _can(agent: Agent) -> bool:
        return agent.role is Role.CHASSIS and "soft" in agent.actions
