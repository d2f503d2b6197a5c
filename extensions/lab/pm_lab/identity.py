"""Who an agent is on the network, and what it tells before a login."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import typing as t

from .codec import Request
from .crypto import SUITES

USER, OPERATOR, ADMINISTRATOR = 2, 3, 4
PRIVILEGES: t.Mapping[str, int] = {"user": USER, "operator": OPERATOR, "administrator": ADMINISTRATOR}

Answer = tuple[int, bytes]  # completion code and data
Reply = t.Optional[Answer]  # None: no answer at all

OK = 0x00
INVALID_COMMAND = 0xC1
WRONG_LENGTH = 0xC7
INVALID_FIELD = 0xCC

APPLICATION = 0x06
GET_SYSTEM_GUID = (APPLICATION, 0x37)
GET_AUTH_CAPABILITIES = (APPLICATION, 0x38)
GET_CIPHER_SUITES = (APPLICATION, 0x54)

LAN_CHANNEL = 1


@dataclasses.dataclass(frozen=True)
class Identity:
    """What a client has to know, and what it may do."""

    username: bytes
    guid: bytes
    password: bytes = dataclasses.field(repr=False)
    kg: bytes = dataclasses.field(default=b"", repr=False)
    suites: tuple[int, ...] = (17, 3)
    sessions: int = 8
    privilege: int = ADMINISTRATOR


def discover(identity: Identity, request: Request) -> Answer:
    """The answer to what may be asked without a session."""
    asked = (request.netfn, request.command)
    if asked == GET_AUTH_CAPABILITIES:
        return _auth_capabilities(identity, request.data)
    if asked == GET_CIPHER_SUITES:
        return _cipher_suites(identity, request.data)
    if asked == GET_SYSTEM_GUID:
        return OK, identity.guid
    return INVALID_COMMAND, b""


def _auth_capabilities(identity: Identity, data: bytes) -> Answer:
    if len(data) != 2:
        return WRONG_LENGTH, b""
    names = 0x04 if identity.username else 0x02
    status = 0x20 * bool(identity.kg) | names
    tells_v20 = bool(data[0] & 0x80)
    return OK, bytes([LAN_CHANNEL, 0x80 * tells_v20, status, 0x02 * tells_v20]) + bytes(4)


def _cipher_suites(identity: Identity, data: bytes) -> Answer:
    """The list's piece of 16 bytes that is asked for, empty after its end."""
    if len(data) != 3:
        return WRONG_LENGTH, b""
    records = b"".join(SUITES[number].record for number in identity.suites)
    start = (data[2] & 0x3F) * 16
    return OK, bytes([LAN_CHANNEL]) + records[start : start + 16]
