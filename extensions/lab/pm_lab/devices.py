"""What an agent controls: a host's chassis, or one outlet."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from .commands import Reading
from .physics import Bmc, Host
from .supply import Outlet

ACPI_STATES: t.Mapping[str, int] = {"running": 0, "booting": 0, "asleep": 3, "dark": 5}


class Device(t.Protocol):
    actions: t.ClassVar[tuple[str, ...]]

    @property
    def alive(self) -> bool:
        """Whether the agent itself has power."""

    def can(self, action: str) -> bool:
        """Whether it makes sense in the present state."""

    def act(self, action: str) -> None:
        """Carry it out."""

    def reading(self, lag: float) -> Reading:
        """The state of so many seconds ago."""

    def set_policy(self, policy: str) -> bool:
        """Whether the device has such a policy."""

    def acpi(self) -> int | None:
        """The number of the ACPI system power state; None where it is not known."""


class Chassis:
    """A host, as its BMC sees it."""

    actions: t.ClassVar[tuple[str, ...]] = Host.actions

    def __init__(self, host: Host, bmc: Bmc, tells_acpi: bool) -> None:
        self._host = host
        self._bmc = bmc
        self._tells_acpi = tells_acpi

    @property
    def alive(self) -> bool:
        return self._bmc.alive

    def can(self, action: str) -> bool:
        return self._host.can(action)

    def act(self, action: str) -> None:
        self._host.act(action)

    def reading(self, lag: float) -> Reading:
        host = self._host
        return Reading(host.reads(lag), host.policy, host.power_failed, host.commanded_on)

    def set_policy(self, policy: str) -> bool:
        self._host.policy = policy
        return True

    def acpi(self) -> int | None:
        return ACPI_STATES[self._host.state] if self._tells_acpi else None


class Switch:
    """An outlet, as its PDU sees it."""

    actions: t.ClassVar[tuple[str, ...]] = Outlet.actions
    alive = True

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet

    def can(self, action: str) -> bool:
        return self._outlet.can(action)

    def act(self, action: str) -> None:
        self._outlet.act(action)

    def reading(self, lag: float) -> Reading:
        return Reading(self._outlet.reads(lag))

    def set_policy(self, policy: str) -> bool:
        return False

    def acpi(self) -> int | None:
        return None
