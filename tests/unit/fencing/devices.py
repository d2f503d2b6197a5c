"""Fake power devices: how one behaves, as a value, and the driver that speaks with it."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import math
import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.hostpm.power.plugins.module_utils._fencing.errors import (
    AuthFailed,
    PowerError,
    Unreachable,
)
from ansible_collections.hostpm.power.plugins.module_utils._fencing.model import Agent, Power, Reading, Role

if t.TYPE_CHECKING:
    from world import World

ALWAYS: t.Final = 1_000_000  # times that a fault strikes


class Mistake(Exception):
    """Not a PowerError: a driver with a mistake, whose text holds a secret."""

    kind = "mistake"

    def __init__(self, *_: object) -> None:
        super().__init__("password=hunter2")


@dataclass(frozen=True)
class Fault:
    """How the first ``times`` calls go wrong: the error (None: hangs until cancelled), whether it acted."""

    error: type[PowerError | Mistake] | None
    acts: bool = False
    times: int = ALWAYS
    after: float = 0.0
    #: How the calls after these go wrong.
    then: Fault | None = None


@dataclass(frozen=True)
class Behaviour:
    """How a device behaves; moments count from the start of the run, ``faults`` go by call: open, off, ..."""

    faults: t.Mapping[str, Fault] = field(default_factory=dict)
    acts: bool = True
    #: Seconds from an accepted command until it acts.
    act_lag: float = 0.0
    #: Seconds for which it still reads on after it went off.
    read_lag: float = 0.0
    #: Seconds for which it reads "PoweringOff" after it went off.
    transition: float = 0.0
    #: It can tell a host that sleeps from one that is off.
    tells_sleep: bool = True
    #: What it reads whatever is true.
    says: Reading | None = None
    vanishes_at: float = math.inf
    vanishes_after: int = ALWAYS  # commands
    returns_at: float = math.inf
    #: Moments at which what it controls goes on or off by itself.
    flaps: tuple[tuple[float, bool], ...] = ()
    seconds: float = 0.1  # of each call
    #: What answers, where it is not a device of its own.
    device: str = ""
    soft_takes: float = math.inf
    close_error: type[Exception] | None = None
    close_takes: float = 0.0


OK: t.Final = Behaviour()
DEAD: t.Final = Behaviour(vanishes_at=0.0)
STUCK: t.Final = Behaviour(acts=False)


def faulty(call: str, error: type[PowerError] | None, **more: t.Any) -> Behaviour:
    """A device on which one kind of call goes wrong."""
    return Behaviour(faults={call: Fault(error, **more)})


NO_ENTRY: t.Final = faulty("open", AuthFailed)
HANGS: t.Final = faulty("open", None)


@dataclass
class Call:
    """One call of a driver.

    ``truth`` and ``said`` belong to a read, ``error`` is what the engine was told; ``acted`` says that
    a command did something, then or later.
    """

    agent: Agent
    what: str
    start: float
    end: float = math.inf
    truth: Power | None = None
    said: Power | None = None
    error: str = ""
    acted: bool = False


class FakeDriver:
    """A conversation with one device of the world (driver.Driver)."""

    def __init__(self, world: World, agent: Agent) -> None:
        self.agent = agent
        self.begun = self.closed = False
        self._world = world
        self._how = world.behaviours[agent.name]

    async def open(self) -> str:
        self.begun = True
        await self._call("open")
        return self._how.device or self.agent.name

    async def status(self) -> Reading:
        how, world = self._how, self._world
        call = await self._call("status")
        since = math.inf if world.lost_power(self.agent) else world.loop.time() - world.went_off(self.agent)
        call.truth = Power.ON if world.state(self.agent) else Power.OFF
        call.said = (
            Power.ON if since < how.read_lag else Power.UNKNOWN if since < how.transition else call.truth
        )
        mute = self.agent.role is Role.CHASSIS and not how.tells_sleep
        if self.agent.role is Role.CHASSIS and world.asleep:
            call.said = Power.OFF if mute else Power.ASLEEP
        raw = "PoweringOff" if call.said is Power.UNKNOWN else ""
        said = how.says or Reading(call.said, raw, maybe_asleep=mute and call.said is Power.OFF)
        return said if self.agent.role is Role.FEED else replace(said, restore_policy=world.policy)

    async def send(self, action: str) -> None:
        await self._call(action)

    def doing(self) -> tuple[str, str]:
        return "", ""

    async def close(self) -> None:
        self.closed = True
        self._world.calls.append(Call(self.agent, "close", self._world.loop.time(), self._world.loop.time()))
        await asyncio.sleep(self._how.close_takes)
        if self._how.close_error:
            raise self._how.close_error("a mistake")

    async def _call(self, what: str) -> Call:
        assert self.begun, f"{what} without a session"
        assert not self.closed, f"{what} after the log-out"
        world = self._world
        call = Call(self.agent, what, world.loop.time())
        world.calls.append(call)
        struck = sum(one.agent is self.agent and one.what == what for one in world.calls)
        fault = self._how.faults.get(what)
        while fault and struck > fault.times:
            struck, fault = struck - fault.times, fault.then
        error: type[PowerError | Mistake] | None = fault.error if fault else None
        try:
            await asyncio.sleep(self._how.seconds)
            if self._gone(call):
                error = Unreachable
            elif fault is None or fault.acts:
                call.acted = self._act(what)
            if fault and (fault.error is None or fault.after):
                await asyncio.sleep(fault.after if fault.error else 90_000.0)
        except asyncio.CancelledError:
            call.error = "cancelled"
            raise
        finally:
            call.end = world.loop.time()
        if error:
            call.error = error.kind
            raise error(f"{what}: {error.kind}", "Look at it")
        return call

    def _gone(self, now: Call) -> bool:
        how, world = self._how, self._world
        since = world.loop.time() - world.started
        done = (call for call in world.calls if call.agent is self.agent and call is not now)
        commands = sum(call.what in ("on", "off") for call in done)
        away = since >= how.vanishes_at or commands >= how.vanishes_after
        powerless = self.agent.role is Role.CHASSIS and not world.bmc_answers()
        return powerless or (away and since < how.returns_at)

    def _act(self, what: str) -> bool:
        how, world = self._how, self._world
        if what in ("on", "off") and how.acts:
            world.loop.call_later(how.act_lag, world.switch, self.agent, what == "on")
            return True
        if what == "soft" and how.soft_takes < math.inf:
            world.loop.call_later(how.soft_takes, self._shut_down, world.loop.time())
        return False

    def _shut_down(self, asked: float) -> None:
        if self._world.went_off(self.agent) < asked:  # a host that was cut has forgotten the request
            self._world.switch(self.agent, False)
