"""One conversation with one BMC through pyghmi; runs in the forked child."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import functools
import ipaddress
import socket
import struct
import typing as t
import uuid

from .._fencing.errors import IdentityMismatch, NameResolution, PowerError, Protocol, Unreachable
from .._fencing.model import Power, RestorePolicy
from ._child_end import Tell
from ._ipmi_account import Account, is_same_system
from ._ipmi_errors import command_error
from ._ipmi_session import PowerSession, make_session

_CHASSIS: t.Final = 0
_APP: t.Final = 6
_GET_CHASSIS_STATUS: t.Final = 0x01
_CHASSIS_CONTROL: t.Final = 0x02
_GET_ACPI_POWER_STATE: t.Final = 0x07
_GET_SYSTEM_GUID: t.Final = 0x37

#: Chassis Control (IPMI 2.0, section 28.3). Cycle and reset are left out: repeated, they act twice.
CONTROLS: t.Final = {"off": 0, "on": 1, "nmi": 4, "soft": 5}

#: Get ACPI Power State (section 20.7): the states in which memory keeps its power. In S4 it has none: a host
#: that hibernated is off, and so are S5, mechanical off and the legacy and unknown states.
_ASLEEP: t.Final = {0x01: "S1", 0x02: "S2", 0x03: "S3", 0x08: "S1 to S3", 0x09: "S1 to S4"}
#: The same: on, which contradicts a chassis that reads off, and unknown.
_UNTOLD: t.Final = (0x00, 0x20, 0x2A)

#: Get Chassis Status (section 28.2): bits 6:5 of its first byte, and the names of others.
_POLICIES: t.Final = (RestorePolicy.NEVER, RestorePolicy.LAST, RestorePolicy.ALWAYS, RestorePolicy.UNKNOWN)
_FAULTS: t.Final = {
    0x02: "power overload",
    0x04: "interlock",
    0x08: "power fault",
    0x10: "power control fault",
}


class Conversation:
    """The service of the child: open, status, send; each raises nothing but PowerError."""

    def __init__(self, library: t.Any, account: Account, tell: Tell) -> None:
        self._library = library
        self._account = account
        self._tell = tell
        self._session: PowerSession | None = None
        self._acpi = True
        self._seen_on = False
        self._soft_sent = False
        self._hard_off = False

    def open(self) -> str:
        """Resolve the name, log in at the first of its addresses that answers, check the identity.

        Return that address and the port.
        """
        with self._boundary():
            unreachable: PowerError | None = None
            for sockaddr in self._addresses():
                doing = f"logging in at {sockaddr[0]}"
                self._tell(doing, "check the BMC's network and load")
                silent = functools.partial(
                    self._tell, f"{doing} (it answered at first)", "the BMC may be overloaded"
                )
                try:
                    self._session = make_session(self._library, sockaddr, self._account, silent)
                    self._session.log_in()
                    self._check_identity(self._session)
                    return _numeric(sockaddr)
                except Unreachable as exc:
                    unreachable = exc
                    self.logout()
            raise unreachable or NameResolution(f"{self._account.host!r} has no address")

    def status(self) -> tuple[str, str, str, bool]:
        """Power, the BMC's own word where it says more, restore policy, and whether off may be asleep."""
        with self._boundary():
            state = self._read("Get Chassis Status", _CHASSIS, _GET_CHASSIS_STATUS)[0]
            policy = _POLICIES[state >> 5 & 3].value
            faults = ", ".join(name for bit, name in _FAULTS.items() if state & bit)
            if state & 1:
                self._seen_on, self._hard_off = True, False
                return Power.ON.value, faults, policy, False
            sleep = "" if self._hard_off else self._sleep_state()
            if sleep:
                return Power.ASLEEP.value, f"ACPI {sleep}", policy, False
            return Power.OFF.value, faults, policy, sleep is None

    def send(self, action: str) -> None:
        """Send one chassis control, once."""
        with self._boundary():
            # Before sending: an answer that is lost leaves open what the BMC did.
            if action == "off":
                self._hard_off = self._hard_off or (self._seen_on and not self._soft_sent)
            else:
                self._hard_off = False
                self._soft_sent = self._soft_sent or action == "soft"
            self._seen_on = False
            what = f"Chassis Control {action}"
            self._tell(f"waiting for the answer to {what}", "it may have acted: read the state")
            code = self._opened().control(what, _CHASSIS, _CHASSIS_CONTROL, (CONTROLS[action],))
            if code:
                raise command_error(what, code)

    def logout(self) -> None:
        """Close the session at the BMC."""
        session, self._session = self._session, None
        if session is not None:
            session.end()

    def _addresses(self) -> list[t.Any]:
        host, port = self._account.host, self._account.port
        advice = "check the name and this machine's resolver (/etc/resolv.conf), or give an address"
        self._tell(f"waiting for the resolver to look up {host!r}", advice)
        try:
            found = socket.getaddrinfo(host, port, 0, socket.SOCK_DGRAM)
        except socket.gaierror as exc:
            if exc.errno == socket.EAI_AGAIN:
                raise NameResolution(f"the resolver has no answer for {host!r} now", advice) from exc
            raise NameResolution(f"the name {host!r} does not resolve ({exc.strerror})", advice) from exc
        except UnicodeError as exc:
            raise NameResolution(f"{host!r} is no host name", advice) from exc
        return list(dict.fromkeys(entry[4] for entry in found))

    def _check_identity(self, session: PowerSession) -> None:
        expected = self._account.guid
        if expected is None:
            return
        answered = self._read("Get System GUID", _APP, _GET_SYSTEM_GUID)[:16]
        if not is_same_system(expected, answered):
            seen = uuid.UUID(bytes_le=answered) if len(answered) == 16 else answered.hex()
            raise IdentityMismatch(
                f"this BMC belongs to the system {seen} (in SMBIOS byte order), not to {expected}",
                "check address and guid: nothing was sent to it",
            )

    def _sleep_state(self) -> str | None:
        """The sleep state of a chassis that reads off, empty when it does not sleep, None when the BMC cannot tell.

        It costs a request, so it is not asked after a hard off of a host that was read on and was not asked
        to go down by itself: such a host cannot have fallen asleep.
        """
        if not self._acpi:
            return None
        try:
            state = self._read("Get ACPI Power State", _APP, _GET_ACPI_POWER_STATE)[0] & 0x7F
        except PowerError as exc:
            if exc.transient:
                raise
            self._acpi = False
            return None
        return None if state in _UNTOLD else _ASLEEP.get(state, "")

    def _read(self, what: str, netfn: int, command: int) -> bytes:
        self._tell(f"waiting for the answer to {what}", "the BMC may be overloaded or restarting")
        code, data = self._opened().command(what, netfn, command)
        if code:
            raise command_error(what, code)
        if not data:
            raise Protocol(f"{what}: the BMC answered without data")
        return data

    def _opened(self) -> PowerSession:
        if self._session is None:
            raise Protocol("there is no session: open failed or was not called")
        return self._session

    @contextlib.contextmanager
    def _boundary(self) -> t.Iterator[None]:
        """The one place where exceptions of pyghmi become ours."""
        try:
            yield
        except PowerError:
            raise
        except (struct.error, IndexError) as exc:
            raise Protocol(
                "the BMC's answer is too short; it may speak another cipher suite than it agreed to",
                "set cipher_suite: 3",
            ) from exc
        except self._library.exc.IpmiException as exc:
            raise Unreachable(f"the session was lost ({self._account.scrub(str(exc))})") from exc
        except Exception as exc:
            text = self._account.scrub(str(exc))
            raise Protocol(f"pyghmi failed with {type(exc).__name__}: {text}", "please report this") from exc


def _numeric(sockaddr: t.Any) -> str:
    """Address and port, the same for every way to write them."""
    host, port = socket.getnameinfo(sockaddr, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = address.ipv4_mapped if address.version == 6 else None
    return f"[{host}]:{port}" if address.version == 6 and not mapped else f"{mapped or host}:{port}"
