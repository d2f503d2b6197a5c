"""A BMC or an outlet of the lab: its ipmi_sim process and its address, which come and go with its power."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import typing as t

from .network import Network
from .programs import LabError, bound, inside
from .simulator import Simulator


class Agent:
    """Starts and stops an ipmi_sim.

    :param changed: called whenever its process began or ended.
    :param note: told ``agent`` and live or dead, for the timeline.
    """

    def __init__(
        self,
        simulator: Simulator,
        network: Network,
        changed: t.Callable[[], None],
        note: t.Callable[..., None],
    ) -> None:
        self.simulator = simulator
        self.process: asyncio.subprocess.Process | None = None
        self._network = network
        self._changed = changed
        self._note = note
        self._turn = asyncio.Lock()

    def alive(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def start(self) -> None:
        """It has power and has booted: it answers."""
        async with self._turn:
            if self.alive():
                return
            self._network.set_agent(self.simulator.address, True)
            log = self.simulator.run / f"{self.simulator.name}.out"
            with open(log, "ab") as output:
                self.process = await asyncio.create_subprocess_exec(
                    *bound(inside(self._network.bmcs, *self.simulator.command())),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                )
            self._changed()
            self._note("agent", "live", agent=self.simulator.agent)

    async def stop(self) -> None:
        """It lost its power: silent at once."""
        async with self._turn:
            if not self.alive():
                return
            assert self.process is not None
            try:
                self._network.set_agent(self.simulator.address, False)
            except LabError as exc:
                self._note("problem", str(exc))
            self.process.kill()
            await self.process.wait()
            self._changed()
            self._note("agent", "dead", agent=self.simulator.agent)
