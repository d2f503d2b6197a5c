"""A host in virtual time that a ladder is to wake, and the means by which it is woken."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
import runpy
import typing as t

import collection_path
from ansible_collections.hostpm.power.plugins.module_utils._sleep.magic import NotSent
from ansible_collections.hostpm.power.plugins.module_utils._wake.ladder import Ladder
from ansible_collections.hostpm.power.plugins.module_utils._wake.model import Packets, Said, Wake
from ansible_collections.hostpm.power.plugins.module_utils._wake.reach import Target
from ansible_collections.hostpm.power.plugins.module_utils._wake.report import report

VirtualLoop = runpy.run_path(
    str(collection_path.CHECKOUT / "tests" / "unit" / "fencing" / "virtual_time.py")
)["VirtualLoop"]
TARGET = Target("ssh", "192.0.2.11", 22)
PACKETS = Packets((bytes.fromhex("525400123456"),), ports=(9, 7))
NOBODY = "connection refused"


class World:
    """A host that wakes up at a moment, a while after a packet or after its agents' on; it is also the means.

    Times count from the start. ``log`` is what was done when.
    """

    def __init__(
        self,
        *,
        up_at: float = math.inf,
        after_packet: float = math.inf,
        after_agent: float = math.inf,
        first_packet_that_counts: int = 1,
        send_fails: str = "",
        fails_from: int = 1,
        send_takes: float = 0.0,
        agent_takes: float = 2.0,
        agent_says: Said | None = None,
        agent_acts: bool = True,
        silent: bool = False,
    ) -> None:
        self.loop = VirtualLoop()
        self.start = self.loop.now()
        self.log: list[tuple[float, str]] = []
        self.agent_acted = False
        self._up_at = up_at
        self._after_packet = after_packet
        self._after_agent = after_agent
        self._first = first_packet_that_counts
        self._send_fails = send_fails
        self._fails_from = fails_from
        self._send_takes = send_takes
        self._agent_takes = agent_takes
        self._agent_says = agent_says or Said(False, "node1 is on.")
        self._agent_acts = agent_acts
        self._silent = silent
        self.rounds = 0

    @property
    def now(self) -> float:
        return round(self.loop.now() - self.start, 6)

    def times(self, what: str) -> list[float]:
        return [at for at, done in self.log if done == what]

    async def look(self, until: float) -> str:
        self.log.append((self.now, "look"))
        if self.now >= self._up_at:
            return ""
        if self._silent:  # a host that sleeps answers nothing at all
            await self.loop.sleep(until - self.loop.now())
            return "no answer"
        return NOBODY

    async def send(self, until: float) -> int:
        self.rounds += 1
        await self.loop.sleep(self._send_takes)
        if self._send_fails and self.rounds >= self._fails_from:
            self.log.append((self.now, "failed"))
            raise NotSent(self._send_fails, "")
        self.log.append((self.now, "sent"))
        if self.rounds == self._first:
            self._up_at = min(self._up_at, self.now + self._after_packet)
        return 2

    async def switch_on(self, until: float) -> Said:
        self.log.append((self.now, "agent"))
        self.agent_acted = self._agent_acts
        self._up_at = min(self._up_at, self.now + self._after_agent)
        await self.loop.sleep(min(self._agent_takes, until - self.loop.now()))
        return self._agent_says


class Climbed:
    """A ladder that was climbed, and its result."""

    def __init__(self, world: World, *, check: bool = False, **wake: t.Any) -> None:
        given = {"rungs": ("magic",), "target": TARGET, "packets": PACKETS, "agents": ("bmc",), **wake}
        self.world = world
        self.ladder = Ladder(Wake("node1", **given), world, world.look, world.loop)
        try:
            work = self.ladder.plan() if check else self.ladder.run()
            self.word = world.loop.run_until_complete(work)
            self.took = world.now
        finally:
            world.loop.close()
        self.result = report(
            self.word, self.ladder, proxy="localhost", verified_from="localhost", check=check, diff=True
        )

    def states(self) -> dict[str, str]:
        return {rung["rung"]: rung["state"] for rung in self.result["rungs"]}


ALL = ("rtc", "magic", "agent")
