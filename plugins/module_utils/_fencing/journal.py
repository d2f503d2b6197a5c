"""The journal of one operation: each step towards the devices, and the reads that serve as evidence."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass, replace

from .errors import PowerError
from .model import Agent, Observation, Power


@dataclass(frozen=True)
class Step:
    """One thing done with one agent, from ``start`` to ``end`` on the engine's clock.

    ``sent`` is a command, or else ``read`` is what a status read said; ``error`` is what went wrong instead.
    ``times`` counts equal steps in a row.
    """

    level: int
    agent: Agent
    start: float
    end: float
    sent: str = ""
    read: Power | None = None
    error: PowerError | None = None
    times: int = 1

    def same_as(self, other: Step) -> bool:
        """Tell whether the other step says nothing new."""
        if self.sent or other.sent:
            return False
        return (self.agent.name, self.read, str(self.error)) == (
            other.agent.name,
            other.read,
            str(other.error),
        )


class Journal:
    """Steps in the order in which they ended; equal reads in a row of one agent become one step."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._last: dict[str, int] = {}

    def add(self, step: Step) -> None:
        place = self._last.get(step.agent.name)
        if place is not None and self.steps[place].same_as(step):
            known = self.steps[place]
            self.steps[place] = replace(known, end=step.end, times=known.times + 1)
            return
        self._last[step.agent.name] = len(self.steps)
        self.steps.append(step)

    def observed(self, level: int, seen: Observation) -> None:
        """Note a read."""
        power = seen.reading.power if seen.reading else None
        self.add(Step(level, seen.agent, seen.start, seen.end, read=power, error=seen.error))

    def sent(
        self, level: int, agent: Agent, action: str, start: float, end: float, error: PowerError | None
    ) -> None:
        """Note a command."""
        self.add(Step(level, agent, start, end, sent=action, error=error))


def describe(host: str, agent: Agent, error: PowerError) -> str:
    """The sentence for an operator: host, agent and address, what was tried, what to do."""
    return f"{host}: {agent.label}: {error}"
