"""An ipmi agent's options, checked and in the form that goes over the wire."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import re
import typing as t
import uuid
from dataclasses import dataclass, field

from .._fencing.errors import Misconfigured

PRIVILEGES: t.Final = {"user": 2, "operator": 3, "administrator": 4}

# IPMI 2.0: 16 bytes of user name (section 22.28), 20 of password (22.30) and of K_g (22.33).
_USERNAME_SIZE: t.Final = 16
_KEY_SIZE: t.Final = 20


@dataclass(frozen=True)
class Account:
    """Where a BMC is, how to log in there and which host it must be."""

    host: str
    port: int
    username: bytes
    password: bytes = field(repr=False)
    kg: bytes | None = field(repr=False)
    privilege: int
    cipher_suite: int | None
    guid: uuid.UUID | None

    @classmethod
    def from_options(cls, options: t.Mapping[str, t.Any]) -> Account:
        """Read an agent's options.

        :raises Misconfigured: one of them cannot be what any BMC takes.
        """
        suite = options.get("cipher_suite")
        return cls(
            host=bare_host(options),
            port=port_of(options),
            username=_username(options),
            password=_password(options),
            kg=_kg(options),
            privilege=PRIVILEGES[options.get("privilege") or "administrator"],
            cipher_suite=None if suite is None else int(suite),
            guid=_guid(options),
        )

    def scrub(self, text: str) -> str:
        """Take the secrets, in any form that a library may have printed, out of a free text."""
        for secret in filter(None, (self.password, self.kg)):
            forms = {secret.decode(errors="replace"), repr(secret), repr(secret)[2:-1], secret.hex()}
            for form in sorted(forms, key=len, reverse=True):
                text = text.replace(form, "********")
        return text


def bare_host(options: t.Mapping[str, t.Any]) -> str:
    """The address in lower case, without the brackets of IPv6, in the shortest notation."""
    host = str(options["address"]).strip().strip("[]").lower()
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host


def port_of(options: t.Mapping[str, t.Any]) -> int:
    """The UDP port.

    :raises Misconfigured: there is no such port.
    """
    port = 623 if options.get("port") is None else int(options["port"])
    if not 0 < port < 65536:
        raise Misconfigured(f"port {port} is not between 1 and 65535")
    return port


def is_same_system(expected: uuid.UUID, answered: bytes) -> bool:
    """Whether a BMC's answer to Get System GUID is this UUID, in one of the three byte orders in use.

    IPMI 2.0, sections 22.14 and 20.8 with table 20-10, wants the least significant byte first, the whole
    reversed. Most BMCs send SMBIOS' order instead (SMBIOS 3, section 7.2.1: the first three fields little
    endian), others the network order of RFC 4122.
    """
    return answered in (expected.bytes[::-1], expected.bytes_le, expected.bytes)


def mistakes_in(options: t.Mapping[str, t.Any]) -> list[str]:
    """Every option that cannot be what any BMC takes, and why; no values."""
    found = []
    for read in (port_of, _username, _password, _kg, _guid):
        try:
            read(options)
        except Misconfigured as exc:
            found.append(str(exc))
    return found


def _username(options: t.Mapping[str, t.Any]) -> bytes:
    username = str(options.get("username") or "").encode()
    if len(username) > _USERNAME_SIZE:
        raise Misconfigured(f"username is longer than IPMI's {_USERNAME_SIZE} bytes")
    return username


def _password(options: t.Mapping[str, t.Any]) -> bytes:
    password = str(options["password"]).encode()
    if len(password) > _KEY_SIZE:
        raise Misconfigured(f"password is longer than IPMI's {_KEY_SIZE} bytes")
    return password


def _kg(options: t.Mapping[str, t.Any]) -> bytes | None:
    text = str(options.get("kg") or "")
    try:
        key = bytes.fromhex(text[2:]) if text[:2].lower() == "0x" else text.encode()
    except ValueError:
        raise Misconfigured("kg begins with 0x and is not hexadecimal") from None
    if len(key) > _KEY_SIZE:
        raise Misconfigured(f"kg is longer than IPMI's {_KEY_SIZE} bytes")
    return key or None


def _guid(options: t.Mapping[str, t.Any]) -> uuid.UUID | None:
    digits = re.sub(r"urn:uuid:|[^0-9a-z]", "", str(options.get("guid") or "").lower())
    try:
        return uuid.UUID(digits) if digits else None
    except ValueError:
        raise Misconfigured("guid is no UUID", "give it as dmidecode or ipmitool mc guid do") from None
