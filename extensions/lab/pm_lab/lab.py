"""The running lab: hosts, outlets, agents and ports made from a rack, and what may be done to them."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import functools
import typing as t

from . import checks, faults
from .agent import Agent
from .clock import Clock
from .devices import Chassis, Device, Switch
from .journal import Journal
from .physics import Bmc, Host
from .port import Port
from .rack import OUTLETS, AgentSpec, HostSpec, Rack
from .supply import Feed, Outlet

Key = tuple[str, str]  # (host, agent); a shared outlet: (OUTLETS, its name)


class LabError(Exception):
    """What was asked cannot be done; the message says why."""


class Lab:
    def __init__(self, rack: Rack, clock: Clock, loop: asyncio.AbstractEventLoop, journal: Journal) -> None:
        self.rack = rack
        self.journal = journal
        self._clock = clock
        self._loop = loop
        self._hosts: dict[str, Host] = {}
        self._agents: dict[Key, Agent] = {}
        self._ports: dict[Key, Port] = {}
        self._shared: dict[Key, Key] = {}
        outlets = {
            name: self._outlet((OUTLETS, name), spec.agent, spec.on) for name, spec in rack.outlets.items()
        }
        for name, host in rack.hosts.items():
            self._host(name, host, outlets)

    def _host(self, name: str, spec: HostSpec, outlets: t.Mapping[str, Outlet]) -> None:
        feeds = []
        for feed, wiring in spec.feeds.items():
            key = (name, f"feed-{feed}")
            if wiring.agent is None:
                self._shared[key] = (OUTLETS, wiring.outlet)
                outlet = outlets[wiring.outlet]
            else:
                outlet = self._outlet(key, wiring.agent, wiring.on)
            feeds.append(Feed(feed, outlet))
        tell = functools.partial(self._tell, name)
        if spec.bmc is None:
            self._hosts[name] = Host(self._clock, tell, spec.habits, feeds)
            return
        bmc = Bmc(self._clock, tell, spec.bmc.own_supply, spec.bmc.boot_time)
        host = self._hosts[name] = Host(self._clock, tell, spec.habits, feeds, bmc)
        agent = self._agent((name, "bmc"), spec.bmc.agent, Chassis(host, bmc, spec.bmc.acpi))
        bmc.on_loss = agent.lose_power

    def _outlet(self, key: Key, spec: AgentSpec, on: bool) -> Outlet:
        outlet = Outlet(self._clock, on)
        if key[0] == OUTLETS:
            outlet.on_switch.append(lambda: self._tell(key[0], key[1], "on" if outlet.on else "off"))
        self._agent(key, spec, Switch(outlet))
        return outlet

    def _agent(self, key: Key, spec: AgentSpec, device: Device) -> Agent:
        note = functools.partial(self._note, key)
        agent = Agent(device, spec.identity, self._clock, note, faults.Faults(**spec.faults), "/".join(key))
        port = Port(self._loop, self.rack.address, spec.port, agent.receive)
        agent.send = port.send
        self._agents[key] = agent
        self._ports[key] = port
        return agent

    def _note(self, key: Key, event: str, what: str, **more: t.Any) -> None:
        self.journal.write(*key, event, what, **more)

    def _tell(self, host: str, agent: str, what: str) -> None:
        self.journal.write(host, agent, "agent" if agent else "host", what)

    def open(self) -> None:
        """Open all ports, or none.

        :raises LabError: one cannot be opened
        """
        for key, port in self._ports.items():
            try:
                port.open()
            except OSError as exc:
                self.close()
                where = f"{self.rack.address} port {port.number}"
                raise LabError(f"{key[0]} {key[1]}: {where}: {exc.strerror}") from exc
        for key, agent in self._agents.items():
            if agent.faults.closed:  # only now: it had to get its number
                self._ports[key].close()
        self._tell_all()

    def close(self) -> None:
        for port in self._ports.values():
            port.close()

    def _tell_all(self) -> None:
        """How everything stands at the start."""
        for name, outlet in self.rack.outlets.items():
            self._tell(OUTLETS, name, "on" if outlet.on else "off")
        for name, host in self._hosts.items():
            self._tell(name, "", host.state)
            if host.bmc is not None:
                self._tell(name, "bmc", "live" if host.bmc.alive else "dead")
                self._tell(name, "bmc", "on" if host.reads() else "off")
            for feed in host.feeds:
                self._tell(name, f"feed-{feed.name}", "live" if feed.live else "dead")

    def port(self, host: str, agent: str) -> int:
        return self._ports[self._key(host, agent)].number

    def fault(self, host: str, agent: str, changes: t.Mapping[str, t.Any]) -> None:
        """Set faults; None clears one.

        :raises LabError: no such agent or fault, or a value that it cannot have
        """
        key = self._key(host, agent)
        problems: list[str] = []
        cleared = {
            name: getattr(faults.DEFAULTS, name)
            for name, value in changes.items()
            if value is None and name in faults.CHECKS
        }
        given = {name: value for name, value in changes.items() if name not in cleared}
        checked = faults.parse("", given, problems, outlet=key[1] != "bmc" or key[0] == OUTLETS)
        if problems:
            raise LabError("\n".join(problems))
        self._agents[key].set_faults({**checked, **cleared})
        self._settle_port(key)

    def _settle_port(self, key: Key) -> None:
        port = self._ports[key]
        if self._agents[key].faults.closed:
            port.close()
            return
        try:
            port.open()
        except OSError as exc:
            raise LabError(f"port {port.number}: {exc.strerror}") from exc

    def plug(self, host: str, feed: str, plugged: bool) -> None:
        """Somebody pulls a supply's cord or puts it back."""
        supply = self._feed(host, feed)
        self.journal.write(host, f"feed-{feed}", "plug", "on" if plugged else "off")
        supply.plug(plugged)

    def switch(self, host: str, feed: str, on: bool) -> None:
        """Somebody presses the button of a supply's outlet."""
        supply = self._feed(host, feed)
        self.journal.write(host, f"feed-{feed}", "switch", "on" if on else "off")
        supply.outlet.act("on" if on else "off")

    def _feed(self, host: str, feed: str) -> Feed:
        feeds = {each.name: each for each in self._find(host).feeds}
        if feed not in feeds:
            raise LabError(f"{host} {feed}: {checks.unknown('feed', feed, feeds)}")
        return feeds[feed]

    def sleep(self, host: str) -> None:
        if not self._find(host).sleep():
            raise LabError(f"{host}: only a running host can go to sleep")

    def wake(self, host: str) -> None:
        if not self._find(host).wake():
            raise LabError(f"{host}: only a host that sleeps can be woken")

    def _find(self, host: str) -> Host:
        if host not in self._hosts:
            raise LabError(f"{host}: {checks.unknown('host', host, self._hosts)}")
        return self._hosts[host]

    def _key(self, host: str, agent: str) -> Key:
        key = self._shared.get((host, agent), (host, agent))
        if key not in self._agents:
            names = [name for of, name in (*self._agents, *self._shared) if of == host]
            raise LabError(f"{host} {agent}: {checks.unknown('agent', agent, names)}")
        return key

    def state(self, host: str | None = None) -> dict[str, t.Any]:
        """How everything, or one host, stands."""
        names = self._hosts if host is None else [host]
        return {
            "t": round(self._clock.now(), 3),
            "hosts": {name: self._host_state(name, self._find(name)) for name in names},
            "outlets": {name: self._agent_state((OUTLETS, name)) for name in self.rack.outlets},
        }

    def _host_state(self, name: str, host: Host) -> dict[str, t.Any]:
        live = sum(feed.live for feed in host.feeds)
        agents = ["bmc"] * (host.bmc is not None) + [f"feed-{feed.name}" for feed in host.feeds]
        return {
            "state": host.state,
            "supply": "live" if live == len(host.feeds) else "partial" if live else "dead",
            "restore_policy": host.policy,
            "feeds": {feed.name: {"live": feed.live, "plugged": feed.plugged} for feed in host.feeds},
            "agents": {agent: self._agent_state(self._key(name, agent)) for agent in agents},
        }

    def _agent_state(self, key: Key) -> dict[str, t.Any]:
        return {"port": self._ports[key].number, **self._agents[key].state()}
