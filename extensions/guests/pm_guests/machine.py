"""The power of one guest: feeds, chassis, sleep states and what may wake it. Pure: it says what is to be done."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import enum
import typing as t

from .magic import Card, Magic


class State(str, enum.Enum):
    """What the guest's power is; its QEMU process lives in the first two."""

    RUNNING = "running"
    ASLEEP = "asleep"  # S3
    HIBERNATED = "hibernated"  # S4: off, with its memory on the swap disk
    OFF = "off"
    DARK = "dark"  # no feed is live


class Effect(enum.Enum):
    """What the owner of the QEMU process has to do, in the order given."""

    START = "start"  # a new process, once the old one has ended
    KILL = "kill"  # at once
    QUIT = "quit"  # read the alarm of its clock, then end the process
    WAKE = "wake"
    POWER_BUTTON = "power button"
    RESET = "reset"
    NMI = "nmi"
    BMC_DIES = "bmc dies"
    BMC_BOOTS = "bmc boots"


class Refused(Exception):
    """The chassis cannot do this now; the text says why."""


ALIVE = (State.RUNNING, State.ASLEEP)


class Machine:
    """A guest whose chassis restores its last state when power returns.

    :param standby: the BMC has another supply than the feeds and outlives them.
    :param note: told of each change of state, with why.
    """

    def __init__(
        self,
        feeds: t.Iterable[str],
        *,
        standby: bool = False,
        note: t.Callable[[State, str], None] = lambda state, why: None,
    ) -> None:
        self.feeds = dict.fromkeys(feeds, True)
        self.standby = standby
        self.state = State.OFF
        #: The card as the running guest last told; what it would be armed with if it went to sleep now.
        self.card = Card()
        #: The card as its driver left it when the guest last went down in order; None: it wakes nothing.
        self.armed: Card | None = None
        self.link = True
        #: A test pretends that the card, where it is armed, was armed with this SecureOn password.
        self.secureon = ""
        self._note = note
        self._to_disk = False
        self._restored = State.OFF

    @property
    def live(self) -> bool:
        return any(self.feeds.values())

    @property
    def power(self) -> str:
        """What the BMC reads. A sleeping host has no main power; this BMC has no ACPI state to tell it by."""
        return "on" if self.state is State.RUNNING else "off"

    def feed(self, name: str, on: bool, why: str) -> list[Effect]:
        """An outlet is switched, or a cord pulled."""
        before, self.feeds[name] = self.live, on
        if before and not self.live:
            return self._darken(why)
        if self.live and not before:
            return self._light(why)
        return []

    def _darken(self, why: str) -> list[Effect]:
        effects = [Effect.KILL] if self.state in ALIVE else []
        # The sleep of S3 is lost with its memory: the chassis was on, so it will boot.
        self._restored = State.RUNNING if self.state in ALIVE else self.state
        self._hard(State.DARK, why)
        return effects if self.standby else [*effects, Effect.BMC_DIES]

    def _light(self, why: str) -> list[Effect]:
        effects = [] if self.standby else [Effect.BMC_BOOTS]
        if self._restored is State.RUNNING:
            return [*effects, *self._start(f"{why}, restore policy last")]
        self._become(self._restored, why)
        return effects

    def chassis(self, action: str, why: str = "bmc") -> list[Effect]:
        """A command of the BMC: on, off, soft, reset, nmi.

        :raises Refused: not possible in this state; nothing happens
        """
        if self.state is State.DARK:
            raise Refused("no feed is live")
        if action == "on":
            return self.wake(f"{why} on")
        if action == "off":
            return self._cut(f"{why} off")
        if self.state is State.ASLEEP and action == "soft":
            return [Effect.WAKE]  # the same button
        if self.state is not State.RUNNING:
            raise Refused(f"it is {self.state.value}")
        return [{"soft": Effect.POWER_BUTTON, "reset": Effect.RESET, "nmi": Effect.NMI}[action]]

    def wake(self, why: str) -> list[Effect]:
        """A wake event that was accepted: it resumes, or starts."""
        if self.state is State.ASLEEP:
            return [Effect.WAKE]
        return self._start(why) if self.state in (State.OFF, State.HIBERNATED) else []

    def _cut(self, why: str) -> list[Effect]:
        if self.state not in ALIVE:
            return []
        self._hard(State.OFF, why)
        return [Effect.KILL]

    def refusal(self, magic: Magic) -> str:
        """Why a magic packet for its card does not wake it; empty when it does."""
        if not self.link:
            return "link down"
        if self.state in (State.RUNNING, State.DARK):
            return f"it is {self.state.value}"
        if self.armed is None:
            return "went down without arming its card"
        return self.armed.secured(self.secureon).refusal(magic)

    def went(self, event: str, by_guest: bool = True) -> list[Effect]:
        """QEMU tells what happened: SUSPEND, WAKEUP, SUSPEND_DISK, SHUTDOWN, RESET.

        ``by_guest``: a SHUTDOWN that the guest asked for, not QEMU's own end.
        """
        if self.state not in ALIVE:  # the last words of a process that was killed
            return []
        if event == "SUSPEND":
            self.armed = self.card
            self._become(State.ASLEEP, "guest")
        elif event == "WAKEUP":
            self._become(State.RUNNING, "resumed")
        elif event == "SUSPEND_DISK":
            self._to_disk = True
        elif event == "SHUTDOWN" and by_guest:
            self.armed = self.card
            self._become(State.HIBERNATED if self._to_disk else State.OFF, "guest")
            return [Effect.QUIT]
        return []

    def forget_sleep(self) -> None:
        """Its swap disk was made anew: what it had written there is gone."""
        if self.state is State.HIBERNATED:
            self._hard(State.OFF, "fresh disks")

    def exited(self, why: str) -> None:
        """The process ended and nobody asked it to."""
        if self.state in ALIVE:
            self._hard(State.OFF, why)

    def _start(self, why: str) -> list[Effect]:
        if self.state is not State.HIBERNATED:  # a resumed guest tells only what has changed
            self.card = Card()
        self._to_disk = False
        self._become(State.RUNNING, why)
        return [Effect.START]

    def _hard(self, state: State, why: str) -> None:
        """Down without the drivers: nothing was armed, and what was is cleared by a power button override."""
        self.armed = None
        self.card = Card()
        self._become(state, why)

    def _become(self, state: State, why: str) -> None:
        self.state = state
        self._note(state, why)
