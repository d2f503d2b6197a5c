"""IPMI's refusals as errors of ours: completion codes, RMCP+ status codes, the library's exceptions."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from .._fencing.errors import AuthFailed, Busy, PowerError, Protocol, Rejected, Unreachable, Unsupported

ErrorType = type[PowerError]

_LATER = "try again in a moment"
_MORE_PRIVILEGE = "raise the user's privilege limit on the BMC's LAN channel, or check its firmware firewall"

#: Completion codes (IPMI 2.0, table 5-2). Those that leave open whether the BMC acted are Protocol.
COMPLETION_CODES: t.Final[dict[int, tuple[ErrorType, str, str]]] = {
    0xC0: (Busy, "node busy", _LATER),
    0xC1: (Unsupported, "invalid command", "this BMC does not have the command"),
    0xC2: (Unsupported, "invalid command for this LUN", "this BMC does not have the command"),
    0xC3: (Protocol, "timeout while processing the command", "read the state before doing it again"),
    0xC4: (Busy, "out of space", _LATER),
    0xC7: (Rejected, "request data length invalid", ""),
    0xC9: (Rejected, "parameter out of range", "this BMC may lack the action"),
    0xCC: (Rejected, "invalid data field in request", "this BMC may lack the action"),
    0xCE: (Protocol, "response could not be provided", "read the state before doing it again"),
    0xCF: (Protocol, "duplicated request", "read the state before doing it again"),
    0xD0: (Busy, "SDR repository in update mode", _LATER),
    0xD1: (Busy, "firmware update in progress", "wait until the BMC's firmware is updated"),
    0xD2: (Busy, "BMC initialization in progress", "wait until the BMC has started"),
    0xD3: (Rejected, "destination unavailable", "look at the BMC's own log"),
    0xD4: (Rejected, "insufficient privilege level or firmware firewall", _MORE_PRIVILEGE),
    0xD5: (
        Rejected,
        "not supported in present state",
        "look at the chassis status in the BMC's own interface",
    ),
    0xD6: (Rejected, "sub-function disabled or unavailable", "enable it in the BMC's own interface"),
    0xFF: (Protocol, "unspecified error", "look at the BMC's own log"),
}

_SLOTS = "close other sessions on the BMC or wait until they time out (60 s)"
_SUITE = "enable cipher suite 17 or 3 on the BMC, or set cipher_suite to one that it has"
_ROLE = "set privilege to what the user has (operator is enough), or raise the user's limit on the BMC"

#: RMCP+ status codes of a login (IPMI 2.0, table 13-15).
LOGIN_CODES: t.Final[dict[int, tuple[ErrorType, str, str]]] = {
    0x01: (Busy, "the BMC has no free session slot", _SLOTS),
    0x04: (Unsupported, "no common cipher suite (authentication algorithm)", _SUITE),
    0x05: (Unsupported, "no common cipher suite (integrity algorithm)", _SUITE),
    0x09: (AuthFailed, "the BMC refuses the privilege level for this user (invalid role)", _ROLE),
    0x0A: (AuthFailed, "the BMC refuses the privilege level for this user (unauthorized)", _ROLE),
    0x0B: (Busy, "the BMC has no free session slot at this privilege level", _SLOTS),
    0x0C: (AuthFailed, "the BMC refuses the length of the user name", "check username"),
    0x0D: (
        AuthFailed,
        "the BMC does not know the user name, or not at this privilege level",
        "check username, that it is enabled on the LAN channel, and privilege (operator is enough)",
    ),
    0x0F: (
        AuthFailed,
        "the BMC refuses the password (invalid integrity check value)",
        "check password and kg",
    ),
    0x10: (Unsupported, "no common cipher suite (confidentiality algorithm)", _SUITE),
    0x11: (Unsupported, "no common cipher suite", _SUITE),
}


def command_error(what: str, code: int) -> PowerError:
    """The error of a command that was answered with this completion code."""
    kind, name, advice = COMPLETION_CODES.get(code, (Protocol, "not a standard code", ""))
    return kind(f"{what}: the BMC answered 0x{code:02X} ({name})", advice)


def login_error(stage: str, text: str, code: int | None, has_kg: bool) -> PowerError:
    """The error of a login that the library gave up.

    :param stage: how far it got (``sessioncontext`` of the library).
    :param text: the library's own words, free of secrets.
    :param code: the last RMCP+ status, when it was a refusal.
    """
    if code is not None:
        kind, said, advice = LOGIN_CODES.get(code, (Protocol, f"the BMC refused the login: {text}", ""))
        return kind(f"{said}, RMCP+ status 0x{code:02X}", advice)
    if stage == "FAILED":  # the library compared the BMC's proof of the password
        return AuthFailed("the BMC has another password for this user", "check password (and username)")
    if "Kg" in text:
        advice = "check kg" if has_kg else "the BMC may have a K_g key: set kg to it"
        return AuthFailed("the password is right but the BMC proves another K_g key", advice)
    if "privelege" in text:
        return AuthFailed(f"the BMC refuses the privilege level after the login ({text})", _ROLE)
    if "ode Busy" in text or "nitialization" in text:
        return Busy(f"the BMC is busy ({text})", _LATER)
    return Protocol(f"the login failed: {text}", "try ipmitool -I lanplus against this BMC to compare")


def unreachable_error(heard: bool, logged_in: bool, doing: str) -> PowerError:
    """Nothing came back: never anything, nothing more during the login, or nothing more in the session."""
    if logged_in:
        return Unreachable(
            f"the session was lost: no answer to {doing}",
            "the BMC may have restarted or dropped the session; a new session is worth a try",
        )
    if heard:
        return Unreachable(
            "the BMC answered at first and fell silent during the login",
            "the BMC may be overloaded or restarting, or packets are lost on the way",
        )
    return Unreachable(
        "no answer at all",
        "check power and network of the BMC, that its address is right and IPMI over LAN enabled (UDP)",
    )


def network_error(fault: OSError, port: int) -> PowerError:
    """What ICMP or this machine's own network says."""
    if isinstance(fault, ConnectionRefusedError):
        return Unreachable(
            f"UDP port {port} is closed: the machine is there, nothing listens",
            "check address and port, and that IPMI over LAN is enabled on the BMC",
        )
    return Unreachable(f"the network says: {fault.strerror}", "check the route to the BMC's network")
