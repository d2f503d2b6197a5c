"""What a host and its BMC do as supplies come and go and commands arrive: no I/O, the clock is given."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import typing as t

from .clock import Clock, Timer
from .supply import CYCLE_TIME, Feed, Trace

Tell = t.Callable[[str, str], None]  # (agent, or "" for the host itself; what it became)


@dataclasses.dataclass(frozen=True)
class Habits:
    """How a host behaves."""

    power: bool = True
    restore_policy: str = "last"
    boot_time: float = 0.0
    shutdown_time: float = 0.0


class Bmc:
    """A BMC's life: with a supply of its own it never ends, else it follows the host's feeds."""

    def __init__(self, clock: Clock, tell: Tell, own_supply: bool = False, boot_time: float = 0.0) -> None:
        self._clock = clock
        self._tell = tell
        self._own_supply = own_supply
        self._boot_time = boot_time
        self._boot: Timer | None = None
        self.alive = True
        self.on_loss: t.Callable[[], None] = lambda: None

    def supply(self, live: bool) -> None:
        if self._own_supply:
            return
        if self._boot is not None:
            self._boot.cancel()
            self._boot = None
        if not live:
            self._die()
        elif self._boot_time:
            self._boot = self._clock.later(self._boot_time, self._come_up)
        else:
            self._come_up()

    def _die(self) -> None:
        if self.alive:
            self.alive = False
            self._tell("bmc", "dead")
        self.on_loss()

    def _come_up(self) -> None:
        if not self.alive:
            self.alive = True
            self._tell("bmc", "live")


class Host:
    """A host: it runs while its chassis is on and any feed is live (without feeds it always has supply)."""

    actions = ("off", "on", "cycle", "reset", "nmi", "soft")

    def __init__(
        self,
        clock: Clock,
        tell: Tell,
        habits: Habits,
        feeds: t.Sequence[Feed] = (),
        bmc: Bmc | None = None,
    ) -> None:
        self._clock = clock
        self._tell = tell
        self._habits = habits
        self._boot: Timer | None = None
        self._later: Timer | None = None  # the second half of a cycle or an orderly shutdown
        self._wanted = habits.power  # what restore policy "last" goes back to
        self.policy = habits.restore_policy
        self.feeds = list(feeds)
        self.bmc = bmc
        self.supplied = not feeds or any(feed.live for feed in feeds)
        self.power_failed = False
        self.commanded_on = False
        self.state = "running" if habits.power and self.supplied else "dark"
        self._powered = Trace(clock, self.state == "running")
        for feed in self.feeds:
            feed.on_change = self._feed_changed
        if bmc is not None and not self.supplied:
            bmc.supply(False)

    def reads(self, lag: float = 0.0) -> bool:
        """The chassis power bit: off while the host sleeps, on while it boots."""
        return self._powered.ago(lag)

    def can(self, action: str) -> bool:
        """Whether it makes sense in the present state."""
        if action in ("off", "on"):
            return action == "off" or self.supplied
        return self.state == "running" or (action != "soft" and self.reads())

    def act(self, action: str) -> None:
        """Do it, where the present state lets it. An nmi changes nothing that can be seen from outside."""
        if not self.can(action):
            return
        if action == "on":
            self._switch_on()
        elif action == "off":
            self._switch_off()
        elif action == "reset":
            self._start_boot()
        elif action == "soft":
            self._afterwards(self._habits.shutdown_time, self._switch_off)
        elif action == "cycle":
            self._switch_off()
            self._wanted = True
            self._afterwards(CYCLE_TIME, self._switch_on)

    def sleep(self) -> bool:
        if self.state != "running":
            return False
        self._forget_timers()
        self._become("asleep")
        return True

    def wake(self) -> bool:
        if self.state != "asleep":
            return False
        self._become("running")
        return True

    def _switch_on(self) -> None:
        self._wanted = self.commanded_on = True
        if self.state == "asleep":
            self.wake()
        elif self.state == "dark":
            self.power_failed = False
            self._start_boot()

    def _switch_off(self) -> None:
        self._wanted = False
        self._forget_timers()
        self._become("dark")

    def _start_boot(self) -> None:
        self._forget_timers()
        if not self._habits.boot_time:
            self._become("running")
            return
        self._become("booting")
        self._boot = self._clock.later(self._habits.boot_time, lambda: self._become("running"))

    def _feed_changed(self, feed: Feed) -> None:
        self._tell(f"feed-{feed.name}", "live" if feed.live else "dead")
        supplied = any(each.live for each in self.feeds)
        if supplied == self.supplied:
            return
        self.supplied = supplied
        if not supplied:
            self._lose_power()
        if self.bmc is not None:
            self.bmc.supply(supplied)
        if supplied and (self.policy == "always" or (self.policy == "last" and self._wanted)):
            self.commanded_on = False
            self._start_boot()

    def _lose_power(self) -> None:
        self.power_failed = self.state != "dark"
        self._forget_timers()
        self._become("dark")

    def _afterwards(self, delay: float, act: t.Callable[[], object]) -> None:
        self._forget_timers()
        self._later = self._clock.later(delay, act)

    def _forget_timers(self) -> None:
        for timer in (self._boot, self._later):
            if timer is not None:
                timer.cancel()
        self._boot = self._later = None

    def _become(self, state: str) -> None:
        if state == self.state:
            return
        self.state = state
        self._tell("", state)
        powered = state in ("running", "booting")
        if self._powered.set(powered) and self.bmc is not None:
            self._tell("bmc", "on" if powered else "off")
