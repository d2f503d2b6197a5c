"""One agent: a device behind a responder, with its faults, its counters and its lines in the timeline."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import functools
import json
import os
import random
import typing as t

from .clock import Clock, Timer
from .commands import BUSY, NOT_NOW, Reading
from .devices import Device
from .faults import DEFAULTS, Faults
from .identity import INVALID_COMMAND, INVALID_FIELD, OK, Identity
from .responder import Responder
from .session import Address

Note = t.Callable[..., None]  # (event, what, **more)


class Agent:
    """Receives datagrams and hands its answers to send, late or never where a fault says so."""

    def __init__(
        self,
        device: Device,
        identity: Identity,
        clock: Clock,
        note: Note,
        faults: Faults,
        name: str = "",
        entropy: t.Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.identity = identity
        self.faults = faults
        self.send: t.Callable[[bytes, Address], None] = lambda answer, peer: None
        self.packets_in = 0
        self.packets_out = 0
        self.commands: list[dict[str, t.Any]] = []
        self._device = device
        self._clock = clock
        self._note = note
        self._name = name
        self._vanished = False
        self._losses = 0  # how often the device lost its power
        self._luck = self._seeded()
        self._flapping: Timer | None = None
        self._responder = Responder(self, faults, self._note_session, clock.now, entropy)
        self._apply(faults.given())

    @property
    def alive(self) -> bool:
        return self._device.alive and not self.faults.dead and not self._vanished

    @property
    def sessions_open(self) -> int:
        return self._responder.sessions_open

    def receive(self, datagram: bytes, peer: Address) -> None:
        self.packets_in += 1
        if not self.alive or self._is_lost():
            return
        answer = self._responder.handle(datagram, peer)
        if answer is None:
            return
        if self.faults.delay:
            self._clock.later(self.faults.delay, lambda: self._answer(answer, peer))
        else:
            self._answer(answer, peer)

    def _answer(self, answer: bytes, peer: Address) -> None:
        if self.alive and not self._is_lost():
            self.packets_out += 1
            self.send(answer, peer)

    def _is_lost(self) -> bool:
        return bool(self.faults.loss) and self._luck.random() < self.faults.loss

    def _seeded(self) -> random.Random:
        return random.Random(f"{self.faults.seed}/{self._name}")

    def lose_power(self) -> None:
        """The device's own supply ended: sessions are gone, and a hung one comes back with its power."""
        self._losses += 1
        self._responder.forget()
        if self.faults.dead == "until_power_cycle":
            self.faults.dead = False

    def set_faults(self, changes: t.Mapping[str, t.Any]) -> None:
        for name, value in changes.items():
            setattr(self.faults, name, value)
            self._note("fault", f"{name}=" + ("" if value == getattr(DEFAULTS, name) else json.dumps(value)))
        self._apply(changes)

    def _apply(self, changes: t.Mapping[str, t.Any]) -> None:
        if "loss" in changes or "seed" in changes:
            self._luck = self._seeded()
        if "vanish_after" in changes:
            self._vanished = False
        if "flap" in changes:
            if self._flapping is not None:
                self._flapping.cancel()
            self._flapping = self._clock.later(self.faults.flap, self._flap) if self.faults.flap else None

    def _flap(self) -> None:
        self._device.act("off" if self._device.reading(0.0).powered else "on")
        self._flapping = self._clock.later(self.faults.flap, self._flap)

    def read(self) -> Reading:
        reading = self._device.reading(self.faults.read_lag)
        self._note("read", "on" if reading.powered else "off")
        return reading

    def set_policy(self, policy: str) -> int:
        return OK if self._device.set_policy(policy) else INVALID_COMMAND

    def acpi(self) -> int | None:
        return self._device.acpi()

    def control(self, action: str) -> int | None:
        code = self._refusal(action)
        executed = code == OK and action not in self.faults.lie
        noted = {"what": action, "executed": executed, **({"code": f"0x{code:02x}"} if code else {})}
        self.commands.append({"t": round(self._clock.now(), 3), **noted})
        self._note("command", **noted)
        if executed and self.faults.lag:
            self._clock.later(self.faults.lag, functools.partial(self._act_late, action, self._losses))
        elif executed:
            self._act(action)
        if self.faults.ack_lost:
            self.faults.ack_lost -= 1
            return None
        return code if self.alive else None

    def _refusal(self, action: str) -> int:
        """The completion code before anything is tried."""
        if self.faults.busy:
            self.faults.busy -= 1
            return BUSY
        if action not in self._device.actions:
            return INVALID_FIELD
        return NOT_NOW if action in self.faults.reject or not self._device.can(action) else OK

    def _act_late(self, action: str, losses: int) -> None:
        """What was still to be done is lost with the device's power."""
        if losses == self._losses:
            self._act(action)

    def _act(self, action: str) -> None:
        self._device.act(action)
        self._vanished = self._vanished or action == self.faults.vanish_after

    def _note_session(self, what: str, **more: t.Any) -> None:
        self._note("session", what, **more)

    def state(self) -> dict[str, t.Any]:
        return {
            "alive": self.alive,
            "reads": "on" if self._device.reading(self.faults.read_lag).powered else "off",
            "packets_in": self.packets_in,
            "packets_out": self.packets_out,
            "sessions_open": self.sessions_open,
            "commands": self.commands,
            "faults": self.faults.given(),
        }
