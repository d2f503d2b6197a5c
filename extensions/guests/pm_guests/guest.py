"""One guest: its machine decides, and here it is done to its QEMU and its BMC."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import contextlib
import typing as t

from . import emulator
from .agents import Agent
from .instance import Instance
from .journal import Journal
from .layout import FEEDS, GuestPlace
from .machine import ALIVE, Effect, Machine, Refused, State
from .magic import Card, Magic
from .programs import run
from .qmp import QmpError


class Guest:
    """Owns the QEMU process of a guest.

    :param changed: called whenever a process of it began or ended.
    :param bmc_boot_time: seconds from the return of the first feed until the BMC answers.
    """

    def __init__(
        self,
        place: GuestPlace,
        files: emulator.Files,
        accelerator: str,
        journal: Journal,
        agents: t.Mapping[str, Agent],
        changed: t.Callable[[], None],
        bmc_boot_time: float = 3.0,
    ) -> None:
        self.place = place
        self.machine = Machine(FEEDS, note=self._became)
        self.boot_id = ""
        self.instance: Instance | None = None
        self.agents = agents
        self.hung = False
        self._files = files
        self._accelerator = accelerator
        self._journal = journal
        self._changed = changed
        self._bmc_boot_time = bmc_boot_time
        self._clock_base = self._clock_offset = 0
        self._alarm: asyncio.TimerHandle | None = None
        self._bmc_boot: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._starting = asyncio.Lock()
        self._arrived = asyncio.Condition()

    def note(self, event: str, what: str, **more: t.Any) -> None:
        self._journal.write(self.place.name, event, what, **more)

    def _became(self, state: State, why: str) -> None:
        self.note("power", state.value, why=why)
        self._do_soon(self._tell())

    async def _tell(self) -> None:
        async with self._arrived:
            self._arrived.notify_all()

    async def wait_for(self, state: State, timeout: float) -> bool:
        """Wait until it is in this state; false when it is not in time."""
        async with self._arrived:
            waiting = self._arrived.wait_for(lambda: self.machine.state is state)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(waiting, timeout)
        return self.machine.state is state

    def apply(self, effects: t.Iterable[Effect]) -> None:
        """Do what the machine wants done."""
        for effect in effects:
            if effect is Effect.KILL:
                assert self.instance is not None
                self.instance.kill()
            elif effect is Effect.START:
                self._do_soon(self._start())
            elif effect is Effect.QUIT:
                assert self.instance is not None
                self.instance.ending = True  # a start that comes now waits for its end
                self._do_soon(self._quit(self.instance))
            elif effect is Effect.BMC_DIES:
                self._cancel_bmc_boot()
                self._do_soon(self.agents["bmc"].stop())
            elif effect is Effect.BMC_BOOTS:
                self._cancel_bmc_boot()
                later = asyncio.get_running_loop().call_later
                self._bmc_boot = later(self._bmc_boot_time, self._bmc_has_booted)
            else:
                self._do_soon(self._press(effect))

    def _bmc_has_booted(self) -> None:
        self._do_soon(self.agents["bmc"].start())

    def _cancel_bmc_boot(self) -> None:
        if self._bmc_boot is not None:
            self._bmc_boot.cancel()

    def _do_soon(self, work: t.Coroutine[t.Any, t.Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _start(self) -> None:
        async with self._starting:
            if self.instance is not None and self.instance.alive():
                if not self.instance.ending:
                    return  # off and on before the first of two starts came here
                await self.instance.process.wait()  # two processes must never write one disk
            if self.machine.state is not State.RUNNING:
                return  # switched off again meanwhile
            self._disarm()
            self.hung = False
            self._clock_base = self._clock_offset
            command = emulator.command(self.place, self._files, self._accelerator, self._clock_offset)
            self.instance = await Instance.spawn(command, self._files, self._heard, self._reported)
            if self.machine.state not in ALIVE:
                self.instance.kill()
            self._changed()
            self._do_soon(self._watch(self.instance))

    async def _watch(self, instance: Instance) -> None:
        status = await instance.ended()
        self.hung = False
        if not instance.ending:
            self.note("crash", f"QEMU ended with {status}", last=instance.last_words())
            self.machine.exited("crash")
        self._changed()

    async def _quit(self, instance: Instance) -> None:
        try:
            seconds = await instance.quit()
        except (QmpError, ValueError) as exc:
            self.note("problem", f"its clock could not be read: {exc}")
            return
        if seconds is not None:
            self.note("alarm", "armed", seconds=seconds)
            self._alarm = asyncio.get_running_loop().call_later(seconds, self._ring)

    def _ring(self) -> None:
        dark = self.machine.state is State.DARK
        self.note("alarm", "missed" if dark else "rings")
        if not dark:
            self.apply(self.machine.wake("rtc alarm"))

    def _disarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    async def _press(self, effect: Effect) -> None:
        commands = {
            Effect.WAKE: "system_wakeup",
            Effect.POWER_BUTTON: "system_powerdown",
            Effect.RESET: "system_reset",
            Effect.NMI: "inject-nmi",
        }
        await self._command(commands[effect])

    async def _command(self, command: str) -> None:
        try:
            if self.instance is None:
                raise QmpError("it has no QEMU yet")
            await (await self.instance.qmp()).run(command)
        except QmpError as exc:
            self.note("problem", f"{command}: {exc}")

    def _heard(self, event: str, data: dict[str, t.Any]) -> None:
        if event in ("SUSPEND", "WAKEUP", "SUSPEND_DISK", "SHUTDOWN", "RESET"):
            self.note("qemu", event)
            self.apply(self.machine.went(event, by_guest=bool(data.get("guest", True))))
        elif event == "RTC_CHANGE":
            self._clock_offset = self._clock_base + int(data["offset"])

    def _reported(self, told: dict[str, t.Any]) -> None:
        if told["boot_id"] != self.boot_id:
            self.boot_id = told["boot_id"]
            self.note("boot", self.boot_id)
        card = Card.from_report(told["cards"][self.place.mac])
        if card != self.machine.card:
            self.note("card", f"wol {card.wol}", wakeup=card.wakeup, secureon=bool(card.password))
        self.machine.card = card

    def magic(self, magic: Magic) -> None:
        """A magic packet for this guest's card was on the switch."""
        refusal = self.machine.refusal(magic)
        self.note("magic", refusal or "wakes", source=magic.source)
        if not refusal:
            self.apply(self.machine.wake("magic packet"))

    def chassis(self, action: str) -> None:
        """A command that came through the BMC.

        :raises Refused: not possible now
        """
        self.note("command", action, agent="bmc")
        try:
            self.apply(self.machine.chassis(action))
        except Refused as exc:
            self.note("refused", str(exc), agent="bmc")
            raise

    def feed(self, name: str, on: bool, why: str) -> None:
        """An outlet was switched."""
        word = "on" if on else "off"
        self.note("command", word, agent=f"feed-{name}", by=why)
        self.apply(self.machine.feed(name, on, f"feed {name} {word}"))

    async def hang(self, on: bool) -> None:
        """Stop the guest as a crashed kernel is: its chassis stays on."""
        self.hung = on
        self.note("hang", "begins" if on else "ends")
        await self._command("stop" if on else "cont")

    async def renew(self) -> None:
        """Switch it off and start it with fresh disks.

        :raises Refused: it has no power
        """
        self.note("renew", "begins")
        self.apply(self.machine.chassis("off", "renew"))
        async with self._starting:
            if self.instance is not None:
                await self.instance.process.wait()
            for command in emulator.disk_commands(self._files):
                run(*command)
            self.machine.forget_sleep()
        self.apply(self.machine.chassis("on", "renew"))

    def kill(self) -> None:
        """End QEMU as if it had crashed: nobody asked for it."""
        if self.instance is not None and self.instance.alive():
            self.instance.process.kill()
