"""The bytes of RMCP, IPMI 1.5 and 2.0 packets and of IPMI messages: pure, without keys or state."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import struct

RMCP_IPMI = b"\x06\x00\xff\x07"
RMCP_ASF = b"\x06\x00\xff\x06"
ASF_IANA = b"\x00\x00\x11\xbe"
RMCP_PLUS = 0x06  # the authentication type that announces an IPMI 2.0 packet

IPMI = 0x00
OPEN_REQUEST, RAKP1, RAKP3 = 0x10, 0x12, 0x14  # the answer to each has the next number

BMC_ADDRESS = 0x20


class Malformed(ValueError):
    """The bytes are not what they claim to be."""


@dataclasses.dataclass(frozen=True)
class Packet:
    """One packet; what follows the payload (padding, integrity value) is not part of it."""

    payload: bytes
    payload_type: int = IPMI
    session_id: int = 0
    sequence: int = 0
    encrypted: bool = False
    authenticated: bool = False
    v15: bool = False


@dataclasses.dataclass(frozen=True)
class Request:
    """One IPMI request; the address fields come back in its answer."""

    netfn: int
    command: int
    data: bytes = b""
    responder: int = BMC_ADDRESS
    responder_lun: int = 0
    requester: int = 0x81
    sequence: int = 0  # sequence << 2 | requester's LUN


def checksum(data: bytes) -> int:
    return -sum(data) & 0xFF


def parse_ping(datagram: bytes) -> int | None:
    """The tag of an ASF presence ping, None for anything else."""
    if len(datagram) < 12 or datagram[:4] != RMCP_ASF or datagram[4:8] != ASF_IANA or datagram[8] != 0x80:
        return None
    return datagram[9]


def build_pong(tag: int) -> bytes:
    supports_ipmi = bytes([0x81, 0x00])
    return RMCP_ASF + ASF_IANA + bytes([0x40, tag, 0, 16]) + ASF_IANA + bytes(4) + supports_ipmi + bytes(6)


def parse_packet(datagram: bytes) -> Packet:
    """:raises Malformed: it is no IPMI packet, or is cut short"""
    if datagram[:4] != RMCP_IPMI or len(datagram) < 14:
        raise Malformed("no IPMI packet")
    if datagram[4] == RMCP_PLUS:
        return _parse_v20(datagram)
    if datagram[4] != 0:
        raise Malformed("an authenticated IPMI 1.5 packet")
    sequence, session_id, length = struct.unpack_from("<IIB", datagram, 5)
    return Packet(_cut(datagram, 14, length), IPMI, session_id, sequence, v15=True)


def _parse_v20(datagram: bytes) -> Packet:
    if len(datagram) < 16:
        raise Malformed("cut short")
    kind, session_id, sequence, length = struct.unpack_from("<BIIH", datagram, 5)
    payload = _cut(datagram, 16, length)
    return Packet(payload, kind & 0x3F, session_id, sequence, bool(kind & 0x80), bool(kind & 0x40))


def _cut(datagram: bytes, start: int, length: int) -> bytes:
    payload = datagram[start : start + length]
    if len(payload) != length:
        raise Malformed("cut short")
    return payload


def build_packet(packet: Packet) -> bytes:
    if packet.v15:
        header = struct.pack("<BIIB", 0, packet.sequence, packet.session_id, len(packet.payload))
    else:
        kind = packet.payload_type | packet.encrypted << 7 | packet.authenticated << 6
        header = struct.pack(
            "<BBIIH", RMCP_PLUS, kind, packet.session_id, packet.sequence, len(packet.payload)
        )
    return RMCP_IPMI + header + packet.payload


def parse_request(payload: bytes) -> Request:
    """:raises Malformed: too short, or a checksum does not match"""
    if len(payload) < 7:
        raise Malformed("too short for a message")
    if checksum(payload[:2]) != payload[2] or checksum(payload[3:-1]) != payload[-1]:
        raise Malformed("checksum")
    responder, function, _unused, requester, sequence, command = payload[:6]
    return Request(function >> 2, command, payload[6:-1], responder, function & 3, requester, sequence)


def build_response(request: Request, code: int, data: bytes = b"") -> bytes:
    """The answer to a request: its addresses swapped, the completion code, the data."""
    lun, sequence = request.sequence & 3, request.sequence & 0xFC
    head = bytes([request.requester, (request.netfn | 1) << 2 | lun])
    body = bytes([request.responder, sequence | request.responder_lun, request.command, code]) + data
    return head + bytes([checksum(head)]) + body + bytes([checksum(body)])
