"""The means of waking that this machine has itself: its sockets, and the engine for the agents. Private."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from dataclasses import replace

from .._drivers.registry import DRIVERS
from .._fencing.driver import Driver
from .._fencing.engine import Engine
from .._fencing.model import Agent, Host, Request
from .._fencing.report import report
from .._fencing.waiting import MonotonicClock
from .._sleep.magic import send
from .model import Packets, Said


class Here:
    """Sends from this machine, and has its engine switch the host on.

    :param agents: the host with its agents, and the request to switch it on.
    """

    def __init__(self, packets: Packets | None, agents: tuple[Host, Request] | None, proxy: str) -> None:
        self.agent_acted = False
        self._packets = packets
        self._agents = agents
        self._proxy = proxy

    async def send(self, until: float) -> int:
        return send_once(self._packets)

    async def switch_on(self, until: float) -> Said:
        if self._agents is None:
            return Said(True, "it has no agents.")
        host, request = self._agents
        clock = MonotonicClock()
        limited = replace(request, timeout=max(0.1, until - clock.now()))
        engine = Engine(host, limited, _open_driver, clock)
        try:
            outcome = await engine.run()
        finally:
            self.agent_acted = engine.op.changed
        found = report(outcome, proxy=self._proxy)
        return Said(found["failed"], found["msg"])


def send_once(packets: Packets | None) -> int:
    """Send every magic packet once, and return how many there were.

    :raises NotSent: not all could be sent.
    """
    if packets is None:
        return 0
    return send(
        packets.macs,
        secureon=packets.secureon,
        ports=packets.ports,
        broadcast=packets.broadcast,
        interface=packets.interface,
    )


def _open_driver(agent: Agent, deadline: float) -> Driver:
    return DRIVERS[agent.driver](agent.options, deadline=deadline)


if t.TYPE_CHECKING:
    from .model import Means

    _unused: type[Means] = Here
