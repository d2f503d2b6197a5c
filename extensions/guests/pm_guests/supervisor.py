"""The one process of a lab that owns all others: guests, BMCs and outlets; it answers on the control socket."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import os
import pathlib
import signal
import sys
import typing as t

from . import simulator
from .agents import Agent
from .control import serve
from .emulator import Files
from .guest import Guest
from .journal import Journal
from .layout import BRIDGE, Layout
from .listener import Listener
from .machine import Effect, Refused, State
from .magic import Magic
from .network import Network
from .programs import LabError
from .records import Process, Records


class Supervisor:
    """Runs in the namespace of the switch; the state file says what it starts and in which lab."""

    def __init__(self, layout: Layout, records: Records, journal: Journal) -> None:
        kept = records.read()
        self._layout = layout
        self._records = records
        self._journal = journal
        self._network = Network(layout)
        self._guests = {
            place.name: Guest(
                place,
                Files(pathlib.Path(kept["golden"]), layout.files, layout.run, place.name),
                kept["accelerator"],
                journal,
                self._agents(place.name, place.agents),
                self._changed,
            )
            for place in layout.guests
        }
        self._stopped = asyncio.Event()

    def _agents(self, guest: str, addresses: t.Mapping[str, str]) -> dict[str, Agent]:
        def note(event: str, what: str, **more: t.Any) -> None:
            self._journal.write(guest, event, what, **more)

        return {
            name: Agent(
                simulator.Simulator(guest, name, address, self._layout.run),
                self._network,
                self._changed,
                note,
            )
            for name, address in addresses.items()
        }

    def _changed(self) -> None:
        """Write down what runs now."""
        running = {"supervisor": os.getpid()}
        for name, guest in self._guests.items():
            if guest.instance is not None and guest.instance.alive():
                running[f"{name} qemu"] = guest.instance.process.pid
            for kind, agent in guest.agents.items():
                if agent.alive() and agent.process is not None:
                    running[f"{name} {kind}"] = agent.process.pid
        found = (Process.of(what, pid) for what, pid in running.items())
        self._records.record(one for one in found if one is not None)

    async def run(self) -> None:
        """Everything on; serve until SIGTERM."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopped.set)
        self._changed()
        listener = Listener(BRIDGE, self._magic)
        for guest in self._guests.values():
            for agent in guest.agents.values():
                agent.simulator.write(sys.executable, self._layout.control)
                await agent.start()
            guest.apply(guest.machine.chassis("on", "up"))
        server = await serve(self._layout.control, self._answer)
        await self._stopped.wait()
        listener.close()
        server.close()
        await self._end()

    async def _end(self) -> None:
        for guest in self._guests.values():
            for agent in guest.agents.values():
                await agent.stop()
            if guest.instance is not None:
                guest.instance.kill()
                await guest.instance.process.wait()

    def _magic(self, magic: Magic) -> None:
        for guest in self._guests.values():
            if guest.place.mac == magic.mac:
                guest.magic(magic)
                return
        self._journal.write("", "magic", "no such card", mac=magic.mac, source=magic.source)

    def _guest(self, name: str) -> Guest:
        try:
            return self._guests[name]
        except KeyError:
            raise LabError(f"there is no guest '{name}': {', '.join(self._guests)}") from None

    async def _answer(self, asked: dict[str, t.Any]) -> dict[str, t.Any]:
        do = asked.pop("do")
        if do == "state":
            return {name: self._state(guest) for name, guest in self._guests.items()}
        if do == "bmc-net":
            self._network.set_bmc_network(asked["up"])
            self._journal.write("", "bmc-net", "up" if asked["up"] else "down")
            return {}
        if do == "mark":
            self._journal.write("", "mark", str(asked["text"]))
            return {}
        if do == "restore":
            await self._restore()
            return {}
        guest = self._guest(asked.pop("guest"))
        handler = getattr(self, f"_do_{do}", None)
        if handler is None:
            raise LabError(f"unknown request '{do}'")
        answer: dict[str, t.Any] = await handler(guest, **asked) or {}
        return answer

    def _state(self, guest: Guest) -> dict[str, t.Any]:
        machine = guest.machine
        return {
            "state": machine.state.value,
            "boot_id": guest.boot_id,
            "power": machine.power,
            "feeds": {name: "on" if on else "off" for name, on in machine.feeds.items()},
            "agents": {name: "live" if agent.alive() else "dead" for name, agent in guest.agents.items()},
            "link": "up" if machine.link else "down",
            "wol": machine.card.wol,
            "hung": guest.hung,
        }

    async def _restore(self) -> None:
        """Undo all that a test may have done: everything plugged in, on and awake."""
        self._network.set_bmc_network(True)
        for guest in self._guests.values():
            guest.machine.secureon = ""
            if not guest.machine.link:
                await self._do_link(guest, True)
            for feed, on in guest.machine.feeds.items():
                if not on:
                    guest.feed(feed, True, "restore")
            if guest.hung:
                await guest.hang(False)
            guest.apply(guest.machine.wake("restore"))

    async def _do_chassis(self, guest: Guest, agent: str, words: list[str]) -> dict[str, t.Any]:
        try:
            action = simulator.action(words)
        except simulator.NotAsked as exc:
            raise LabError(str(exc)) from exc
        feed = agent.partition("feed-")[2]
        if action == "read":
            power = guest.machine.power
            if feed:
                power = "on" if guest.machine.feeds[feed] else "off"
            guest.note("read", power, agent=agent)
            return {"say": f"power:{int(power == 'on')}"}
        if not feed:
            self._to_chassis(guest, action)
        elif action in ("on", "off"):
            guest.feed(feed, action == "on", "outlet")
        else:
            raise LabError(f"an outlet has no {action}")
        return {}

    def _to_chassis(self, guest: Guest, action: str) -> None:
        try:
            guest.chassis(action)
        except Refused as exc:
            raise LabError(f"{guest.place.name}: {exc}") from exc

    async def _do_feed(self, guest: Guest, feed: str, on: bool) -> None:
        if feed not in guest.machine.feeds:
            raise LabError(f"{guest.place.name} has no feed '{feed}': {', '.join(guest.machine.feeds)}")
        guest.feed(feed, on, "ctl")

    async def _do_link(self, guest: Guest, up: bool) -> None:
        self._network.set_link(guest.place.name, up)
        guest.machine.link = up
        guest.note("link", "up" if up else "down")

    async def _do_kill(self, guest: Guest) -> None:
        guest.kill()

    async def _do_renew(self, guest: Guest) -> None:
        try:
            await guest.renew()
        except Refused as exc:
            raise LabError(f"{guest.place.name}: {exc}") from exc

    async def _do_nmi(self, guest: Guest) -> None:
        guest.apply([Effect.NMI])

    async def _do_hang(self, guest: Guest, on: bool) -> None:
        await guest.hang(on)

    async def _do_secureon(self, guest: Guest, password: str) -> None:
        guest.machine.secureon = password

    async def _do_wait(self, guest: Guest, state: str, timeout: float) -> None:
        if not await guest.wait_for(State(state), timeout):
            now = guest.machine.state.value
            raise LabError(f"{guest.place.name} is {now}, not {state}, after {timeout:g} s")


async def supervise(layout: Layout) -> None:
    """Be the supervisor of a lab whose network and disks are ready."""
    with open(layout.timeline, "a", encoding="utf-8") as stream:
        journal = Journal(stream)
        await Supervisor(layout, Records(layout.run / "state.json"), journal).run()
