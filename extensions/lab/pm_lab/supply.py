"""What feeds a host: outlets, cords that plug its supplies into them, and a state that can be read late."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import collections
import typing as t

from .clock import Clock, Timer

CYCLE_TIME = 1.0  # seconds between the off and the on of a cycle


class Trace:
    """An on/off state that remembers what it was some time ago."""

    def __init__(self, clock: Clock, value: bool) -> None:
        self._clock = clock
        start = (clock.now(), value)
        self._past: collections.deque[tuple[float, bool]] = collections.deque([start], maxlen=256)

    @property
    def value(self) -> bool:
        return self._past[-1][1]

    def set(self, value: bool) -> bool:
        """Whether this changed it."""
        if value == self.value:
            return False
        self._past.append((self._clock.now(), value))
        return True

    def ago(self, seconds: float) -> bool:
        moment = self._clock.now() - seconds
        for since, value in reversed(self._past):
            if since <= moment:
                return value
        return self._past[0][1]


class Outlet:
    """A switched outlet of a PDU; several supplies may be plugged into it."""

    actions = ("off", "on", "cycle")

    def __init__(self, clock: Clock, on: bool = True) -> None:
        self._clock = clock
        self._relay = Trace(clock, on)
        self._back_on: Timer | None = None
        self.on_switch: list[t.Callable[[], None]] = []

    @property
    def on(self) -> bool:
        return self._relay.value

    def reads(self, lag: float = 0.0) -> bool:
        return self._relay.ago(lag)

    def can(self, action: str) -> bool:
        """Whether it makes sense in the present state."""
        return action != "cycle" or self.on

    def act(self, action: str) -> None:
        """Do it, where the present state lets it."""
        if not self.can(action):
            return
        if self._back_on is not None:
            self._back_on.cancel()
            self._back_on = None
        self._switch(action == "on")
        if action == "cycle":
            self._back_on = self._clock.later(CYCLE_TIME, lambda: self._switch(True))

    def _switch(self, on: bool) -> None:
        if self._relay.set(on):
            for heard in list(self.on_switch):
                heard()


class Feed:
    """One power supply of a host: live while its outlet is on and its cord is plugged in."""

    def __init__(self, name: str, outlet: Outlet) -> None:
        self.name = name
        self.outlet = outlet
        self.plugged = True
        self.live = outlet.on
        self.on_change: t.Callable[[Feed], None] = lambda feed: None
        outlet.on_switch.append(self._settle)

    def plug(self, plugged: bool) -> None:
        self.plugged = plugged
        self._settle()

    def _settle(self) -> None:
        live = self.plugged and self.outlet.on
        if live != self.live:
            self.live = live
            self.on_change(self)
