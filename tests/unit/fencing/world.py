"""A host with its power devices as a small physical model that remembers all that happened in a run."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import math
import typing as t
from dataclasses import replace

from ansible_collections.hostpm.power.plugins.module_utils._fencing.engine import Engine
from ansible_collections.hostpm.power.plugins.module_utils._fencing.model import (
    Agent,
    Host,
    Request,
    RestorePolicy,
    Role,
)
from ansible_collections.hostpm.power.plugins.module_utils._fencing.operation import Operation
from ansible_collections.hostpm.power.plugins.module_utils._fencing.outcome import Outcome
from ansible_collections.hostpm.power.plugins.module_utils._fencing.report import report
from devices import OK, Behaviour, Call, FakeDriver
from virtual_time import VirtualLoop


class World:
    """A host that runs while its chassis is on and any of its feeds is live, and its agents' devices.

    A host that is ``asleep`` counts as running: its memory is powered, and it may wake at any time.
    """

    def __init__(
        self,
        host: Host,
        behaviours: t.Mapping[str, Behaviour] | None = None,
        *,
        on: bool = True,
        dark: t.Container[str] = (),
        policy: RestorePolicy = RestorePolicy.ALWAYS,
        standby: bool = False,
        boot: float = 5.0,
        miscabled: bool = False,
        asleep: bool = False,
    ) -> None:
        self.host = host
        self.behaviours = {agent.name: OK for agent in host.agents}
        self.behaviours.update(behaviours or {})
        self.chassis = on
        self.feeds = {name: name not in dark for name in host.feeds}
        self.policy = policy
        self.standby = standby
        self.boot = boot
        self.miscabled = miscabled
        self.asleep = asleep and self.running
        self.calls: list[Call] = []
        self.drivers: list[FakeDriver] = []
        self.loop = VirtualLoop()
        self.started = self.interrupted_at = self.loop.time()
        self._bmc_up_at = 0.0
        self._went_off: dict[str, float] = {}
        for agent in host.agents:
            for moment, state in self.behaviours[agent.name].flaps:
                self.loop.call_later(moment, self.switch, agent, state)

    @property
    def live(self) -> bool:
        """The host has power, whether it runs or not."""
        return not self.feeds or self.miscabled or any(self.feeds.values())

    @property
    def running(self) -> bool:
        return self.chassis and self.live

    def bmc_answers(self) -> bool:
        return self.standby or (self.live and self.loop.time() >= self._bmc_up_at)

    def state(self, agent: Agent) -> bool:
        """Whether what an agent controls is on."""
        return self.feeds[agent.feed] if agent.role is Role.FEED else self.running

    def went_off(self, agent: Agent) -> float:
        return self._went_off.get(agent.feed if agent.role is Role.FEED else "", -math.inf)

    def lost_power(self, agent: Agent) -> bool:
        """A chassis agent whose device went down with its host remembers nothing."""
        return agent.role is Role.CHASSIS and not self.standby and self._bmc_up_at > 0.0

    def switch(self, agent: Agent, on: bool) -> None:
        """Let what an agent controls go on or off; a host whose power returns follows its restore policy."""
        before, powered = (self.running, dict(self.feeds)), self.live
        if agent.role is Role.FEED:
            self.feeds[agent.feed] = on
        else:
            self.chassis = on
            self.asleep = False
        self.asleep = self.asleep and self.live
        if self.live and not powered:
            self._bmc_up_at = self.loop.time() + self.boot
            self.chassis = {"always": True, "last": self.chassis, "never": False}[self.policy.value]
        if before[0] and not self.running:
            self._went_off[""] = self.loop.time()
        for name, was in before[1].items():
            if was and not self.feeds[name]:
                self._went_off[name] = self.loop.time()

    def driver(self, agent: Agent, deadline: float) -> FakeDriver:
        self.drivers.append(FakeDriver(self, agent))
        return self.drivers[-1]

    def sent(self, *actions: str) -> list[str]:
        """The commands that reached a device, as "agent action", in their order."""
        wanted = actions or ("on", "off", "soft", "nmi")
        return [f"{call.agent.name} {call.what}" for call in self.calls if call.what in wanted]

    def of(self, what: str, agent: str = "") -> list[Call]:
        return [call for call in self.calls if call.what == what and agent in ("", call.agent.name)]

    def still_open(self) -> list[str]:
        return [driver.agent.name for driver in self.drivers if driver.begun and not driver.closed]


def chassis(name: str = "bmc", order: int = 1, actions: str = "on off soft nmi", **more: t.Any) -> Agent:
    return _agent(name, Role.CHASSIS, order, actions, **more)


def feed(name: str, order: int = 1, supply: str = "", actions: str = "on off", **more: t.Any) -> Agent:
    return _agent(name, Role.FEED, order, actions, feed=supply or name, **more)


def wake(name: str = "wol", order: int = 9) -> Agent:
    return _agent(name, Role.WAKE, order, "on")


def _agent(name: str, role: Role, order: int, actions: str, **more: t.Any) -> Agent:
    given = {"driver": "fake", "device": f"dev-{name}", "address": f"{name}.example", **more}
    return Agent(index=0, name=name, role=role, order=order, actions=frozenset(actions.split()), **given)


def host_of(*agents: Agent) -> Host:
    return Host("node7", tuple(replace(agent, index=index) for index, agent in enumerate(agents)))


def run(
    host: Host, world: World, *, check: bool = False, diff: bool = False, **request: t.Any
) -> tuple[Outcome, dict[str, t.Any]]:
    """Carry out a request in the world's own time, or only plan it."""
    loop = world.loop
    engine = Engine(host, Request(**request), world.driver, loop)
    outcome = loop.run_until_complete(engine.plan() if check else engine.run())
    return outcome, report(outcome, proxy="localhost", check=check, diff=diff)


def later(world: World, seconds: float) -> None:
    """Let the world run on after an operation."""
    world.loop.run_until_complete(asyncio.sleep(seconds))


def interrupt(
    host: Host, world: World, *, at: float, settle_for: float = 100.0, **request: t.Any
) -> Operation:
    """Carry out a request, cancel it at a moment, and let the world run on."""
    loop = world.loop
    engine = Engine(host, Request(**request), world.driver, loop)

    async def cancelled() -> None:
        task = loop.create_task(engine.run())
        loop.call_later(at, task.cancel)
        await asyncio.wait([task])
        assert task.cancelled(), "it ended before it was to be interrupted"
        world.interrupted_at = loop.time()
        await asyncio.sleep(settle_for)

    loop.run_until_complete(cancelled())
    return engine.op
