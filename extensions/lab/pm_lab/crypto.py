"""The keys and proofs of an RMCP+ session: RAKP integrity values, packet integrity, AES-CBC-128."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import hmac
import typing as t

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from .codec import Malformed


@dataclasses.dataclass(frozen=True)
class Suite:
    """A cipher suite: algorithm numbers as the specification gives them, and what they mean here."""

    number: int
    authentication: int
    integrity: int
    digest: str
    proof_length: int  # bytes of an integrity value in RAKP 4 and in each packet's trailer
    confidentiality: int = 1

    @property
    def record(self) -> bytes:
        """As Get Channel Cipher Suites tells it."""
        return bytes(
            [0xC0, self.number, self.authentication, 0x40 | self.integrity, 0x80 | self.confidentiality]
        )


SUITES: t.Mapping[int, Suite] = {
    3: Suite(3, authentication=1, integrity=1, digest="sha1", proof_length=12),
    17: Suite(17, authentication=3, integrity=4, digest="sha256", proof_length=16),
}


@dataclasses.dataclass(frozen=True)
class Handshake:
    """What both sides said during a login, in the words of the specification."""

    console_id: bytes
    managed_id: bytes
    console_random: bytes
    managed_random: bytes
    guid: bytes
    role: int
    username: bytes

    @property
    def _named(self) -> bytes:
        return bytes([self.role, len(self.username)]) + self.username

    def rakp2_text(self) -> bytes:
        return (
            self.console_id
            + self.managed_id
            + self.console_random
            + self.managed_random
            + self.guid
            + self._named
        )

    def rakp3_text(self) -> bytes:
        return self.managed_random + self.console_id + self._named

    def sik_text(self) -> bytes:
        return self.console_random + self.managed_random + self._named

    def rakp4_text(self) -> bytes:
        return self.console_random + self.managed_id + self.guid


class Keys:
    """The keys of one session, from its session integrity key."""

    def __init__(self, suite: Suite, sik: bytes) -> None:
        self._suite = suite
        self._k1 = proof(suite, sik, b"\x01" * 20)
        self._aes = algorithms.AES(proof(suite, sik, b"\x02" * 20)[:16])

    def encrypt(self, plain: bytes, iv: bytes) -> bytes:
        fill = -(len(plain) + 1) % 16
        plain += bytes(range(1, fill + 1)) + bytes([fill])
        encryptor = Cipher(self._aes, modes.CBC(iv)).encryptor()
        return iv + encryptor.update(plain) + encryptor.finalize()

    def decrypt(self, payload: bytes) -> bytes:
        """:raises Malformed: not whole blocks, or a padding that cannot be"""
        if len(payload) < 32 or len(payload) % 16:
            raise Malformed("no whole blocks")
        decryptor = Cipher(self._aes, modes.CBC(payload[:16])).decryptor()
        plain = decryptor.update(payload[16:]) + decryptor.finalize()
        fill = plain[-1]
        if fill > 15 or plain[-1 - fill : -1] != bytes(range(1, fill + 1)):
            raise Malformed("padding")
        return plain[: -1 - fill]

    def seal(self, packet: bytes) -> bytes:
        """The packet (which starts with its 4 bytes of RMCP header) with its integrity trailer."""
        fill = -(len(packet) - 4 + 2) % 4
        packet += b"\xff" * fill + bytes([fill, 0x07])
        return packet + self._trailer(packet)

    def is_sealed(self, packet: bytes) -> bool:
        """Whether the integrity value at the packet's end is the right one."""
        length = self._suite.proof_length
        return hmac.compare_digest(self._trailer(packet[:-length]), packet[-length:])

    def _trailer(self, packet: bytes) -> bytes:
        return proof(self._suite, self._k1, packet[4:])[: self._suite.proof_length]


def proof(suite: Suite, key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, suite.digest)
