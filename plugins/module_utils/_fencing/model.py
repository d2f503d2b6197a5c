"""The words of the core as frozen data: powers, roles, agents, hosts, levels, readings, requests."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass, field

from .errors import PowerError


class Power(str, enum.Enum):
    """What a read says. A transitional state (powering off) is UNKNOWN: it is not off."""

    ON = "on"
    OFF = "off"
    ASLEEP = "asleep"
    UNKNOWN = "unknown"


class Role(str, enum.Enum):
    """What an agent controls: the host itself, one of its power supplies, or only its waking."""

    CHASSIS = "chassis"
    FEED = "feed"
    WAKE = "wake"


class RestorePolicy(str, enum.Enum):
    """What a host does when its power returns (IPMI 2.0, section 28.8)."""

    ALWAYS = "always"
    LAST = "last"
    NEVER = "never"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Reading:
    """One answer of a device to a status read.

    ``raw`` is the device's own word where it says more than ``power`` ("PoweringOff"). ``maybe_asleep``: off, from
    a device that cannot tell a host that sleeps (S3) from one that is off.
    """

    power: Power
    raw: str = ""
    restore_policy: RestorePolicy = RestorePolicy.UNKNOWN
    maybe_asleep: bool = False

    @property
    def word(self) -> str:
        """How messages say it: an unknown power in the device's own word, where it has one."""
        return self.raw if self.power is Power.UNKNOWN and self.raw else self.power.value


@dataclass(frozen=True)
class Agent:
    """One power-management device of a host.

    ``index`` is its place in ``pm_agents``, ``device`` identifies device and plug (two agents of one host
    must differ in it), ``address`` is for messages, ``actions`` is what its driver can send. ``may_sleep``: a read of
    off may be a host that sleeps, where the device cannot tell.
    """

    index: int
    name: str
    role: Role
    order: int
    driver: str
    device: str
    address: str
    actions: frozenset[str]
    feed: str = ""
    may_sleep: bool = True
    options: t.Mapping[str, t.Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def label(self) -> str:
        """How messages name the agent."""
        return f"pm_agents[{self.index}] '{self.name}' ({self.address})"


@dataclass(frozen=True)
class Observation:
    """What came of one read of one agent, between two moments of the engine's clock.

    Either ``reading`` or ``error`` is set.
    """

    agent: Agent
    start: float
    end: float
    reading: Reading | None = None
    error: PowerError | None = None

    @property
    def power(self) -> Power:
        """What the agent said; an error says nothing."""
        return self.reading.power if self.reading else Power.UNKNOWN

    @property
    def maybe_asleep(self) -> bool:
        """The chassis reads off, and may sleep all the same."""
        told = self.reading is not None and self.reading.maybe_asleep and self.power is Power.OFF
        return told and self.agent.role is Role.CHASSIS and self.agent.may_sleep


@dataclass(frozen=True)
class Host:
    """A host and all of its agents."""

    name: str
    agents: tuple[Agent, ...]

    @property
    def chassis(self) -> tuple[Agent, ...]:
        return tuple(agent for agent in self.agents if agent.role is Role.CHASSIS)

    @property
    def feeds(self) -> dict[str, tuple[Agent, ...]]:
        """The agents of each power supply, by the supply's name: several are ways to the same supply."""
        found: dict[str, tuple[Agent, ...]] = {}
        for agent in self.agents:
            if agent.role is Role.FEED:
                found[agent.feed] = (*found.get(agent.feed, ()), agent)
        return found

    @property
    def wakers(self) -> tuple[Agent, ...]:
        return tuple(agent for agent in self.agents if agent.role is Role.WAKE)

    def sufficient(self, agents: t.Iterable[Agent]) -> str | None:
        """Why these agents, all off, prove the host off: "chassis" or "feed"; None when they do not."""
        roles = set()
        feeds = set()
        for agent in agents:
            roles.add(agent.role)
            if agent.role is Role.FEED:
                feeds.add(agent.feed)
        if Role.CHASSIS in roles:
            return "chassis"
        if feeds and feeds == set(self.feeds):
            return "feed"
        return None


@dataclass(frozen=True)
class Level:
    """Agents that are tried together; ``number`` counts from 1."""

    number: int
    agents: tuple[Agent, ...]


@dataclass(frozen=True)
class Request:
    """What is asked for. All times are seconds."""

    action: str
    strategy: str = "auto"
    timeout: float = 180.0
    agent_timeout: float = 20.0
    soft_timeout: float = 0.0
    bmc_timeout: float = 120.0
    settle: float = 1.0
    poll: float = 1.0
    require: str = "any"
