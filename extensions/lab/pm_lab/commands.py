"""The IPMI commands that work inside a session, and the privilege that each needs."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from .codec import Request
from .identity import (
    APPLICATION,
    INVALID_COMMAND,
    INVALID_FIELD,
    OK,
    OPERATOR,
    USER,
    WRONG_LENGTH,
    Identity,
    Reply,
    discover,
)

CHASSIS = 0x00
GET_CHASSIS_STATUS = (CHASSIS, 0x01)
CHASSIS_CONTROL = (CHASSIS, 0x02)

BUSY = 0xC0
NO_PRIVILEGE = 0xD4
NOT_NOW = 0xD5  # not supported in the present state

CONTROLS = ("off", "on", "cycle", "reset", "nmi", "soft")  # in the order of Chassis Control's numbers
POLICIES = ("never", "last", "always")  # likewise for the power restore policy


class Reading(t.NamedTuple):
    """What Get Chassis Status tells."""

    powered: bool
    policy: str = "last"
    power_failed: bool = False
    commanded_on: bool = False


class Machine(t.Protocol):
    """What the commands need of an agent. None as an answer: the agent says nothing."""

    identity: Identity

    def read(self) -> Reading:
        """What it tells of its state now."""

    def control(self, action: str) -> int | None:
        """The completion code."""

    def set_policy(self, policy: str) -> int:
        """The completion code."""

    def acpi(self) -> int | None:
        """The system power state's number; None where the device does not know of it."""


def execute(machine: Machine, request: Request, privilege: int) -> Reply:
    """Carry out a request of a session that has this privilege."""
    needed, handler = COMMANDS.get((request.netfn, request.command), (USER, None))
    if handler is None:
        return discover(machine.identity, request)
    if privilege < needed:
        return NO_PRIVILEGE, b""
    return handler(machine, request.data)


def _device_id(machine: Machine, data: bytes) -> Reply:
    revision, firmware, ipmi_version, is_chassis_device = b"\x20\x01", b"\x01\x00", b"\x02", b"\x80"
    no_manufacturer, product = bytes(3), b"\x01\x00"
    return OK, revision + firmware + ipmi_version + is_chassis_device + no_manufacturer + product


def _acpi_state(machine: Machine, data: bytes) -> Reply:
    system = machine.acpi()
    return (INVALID_COMMAND, b"") if system is None else (OK, bytes([system, 0x00 if system == 0 else 0x03]))


def _capabilities(machine: Machine, data: bytes) -> Reply:
    return OK, bytes([0x00, 0x20, 0x20, 0x20, 0x20])


def _status(machine: Machine, data: bytes) -> Reply:
    reading = machine.read()
    power = reading.powered | POLICIES.index(reading.policy) << 5
    last_event = reading.power_failed | reading.commanded_on << 4
    return OK, bytes([power, last_event, 0x00])


def _control(machine: Machine, data: bytes) -> Reply:
    if len(data) != 1:
        return WRONG_LENGTH, b""
    number = data[0] & 0x0F
    if number >= len(CONTROLS):
        return INVALID_FIELD, b""
    code = machine.control(CONTROLS[number])
    return None if code is None else (code, b"")


def _set_policy(machine: Machine, data: bytes) -> Reply:
    if len(data) != 1:
        return WRONG_LENGTH, b""
    number, all_policies, no_change = data[0] & 0x07, b"\x07", 3
    if number > no_change:
        return INVALID_FIELD, b""
    code = OK if number == no_change else machine.set_policy(POLICIES[number])
    return code, all_policies if code == OK else b""


Handler = t.Callable[[Machine, bytes], Reply]
COMMANDS: t.Mapping[tuple[int, int], tuple[int, Handler]] = {
    (APPLICATION, 0x01): (USER, _device_id),
    (APPLICATION, 0x07): (USER, _acpi_state),
    (CHASSIS, 0x00): (USER, _capabilities),
    GET_CHASSIS_STATUS: (USER, _status),
    CHASSIS_CONTROL: (OPERATOR, _control),
    (CHASSIS, 0x06): (OPERATOR, _set_policy),
}
