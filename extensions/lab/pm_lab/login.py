"""The login to an agent: Open Session and RAKP 1 to 4, payloads in and payloads out."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import struct
import typing as t

from . import codec
from .crypto import SUITES, Handshake, Keys, Suite, proof
from .faults import Faults
from .identity import USER, Identity
from .session import ACTIVE, OPENED, REFUSED, Address, Session, Sessions

NO_SLOT = 0x01
INVALID_SESSION = 0x02
INVALID_ROLE = 0x09
UNAUTHORIZED_ROLE = 0x0A
NAME_TOO_LONG = 0x0C
UNAUTHORIZED_NAME = 0x0D
WRONG_PROOF = 0x0F
NO_SUITE = 0x11
ILLEGAL_PARAMETER = 0x12

REASONS: t.Mapping[int, str] = {
    NO_SLOT: "no session slot",
    INVALID_ROLE: "invalid role",
    UNAUTHORIZED_ROLE: "privilege above the user's",
    NAME_TOO_LONG: "name too long",
    UNAUTHORIZED_NAME: "unknown user",
    WRONG_PROOF: "wrong password",
    NO_SUITE: "no such cipher suite",
    ILLEGAL_PARAMETER: "illegal parameter",
}

Note = t.Callable[..., None]


class Login:
    """Carries logins from Open Session to an active session."""

    def __init__(
        self,
        identity: Identity,
        faults: Faults,
        table: Sessions,
        note: Note,
        now: t.Callable[[], float],
        entropy: t.Callable[[int], bytes],
    ) -> None:
        self._identity = identity
        self._faults = faults
        self._table = table
        self._note = note
        self._now = now
        self._entropy = entropy

    def answer(self, kind: int, said: bytes, peer: Address) -> bytes | None:
        """:raises Malformed: too short for what it claims to be"""
        if kind == codec.OPEN_REQUEST:
            return self._open(said, peer)
        if len(said) < 8:
            raise codec.Malformed("too short for a RAKP message")
        session = self._table.get(struct.unpack_from("<I", said, 4)[0])
        if session is None:
            return _refusal(said[0], INVALID_SESSION, 0)
        if session.said_before(said):
            return session.say_again(said)
        if session.stage != OPENED:
            return None
        step = self._name if kind == codec.RAKP1 else self._prove
        session.last_used = self._now()
        session.last_said = said
        session.last_answer = step(session, said)
        return session.last_answer

    def _open(self, said: bytes, peer: Address) -> bytes | None:
        if len(said) < 32:
            raise codec.Malformed("too short for Open Session")
        repeated = self._table.opened_by(peer, said)
        if repeated is not None:
            return repeated.say_again(said)
        tag, role = said[0], said[1] & 0x0F
        console_id = struct.unpack_from("<I", said, 4)[0]
        suite = self._choose((said[12], said[20], said[28]))
        self._table.expire()
        if suite is None or self._table.open >= self._slots:
            status = NO_SUITE if suite is None else NO_SLOT
            self._note("refused", why=REASONS[status])
            return _refusal(tag, status, console_id)
        limit = min(role or self._identity.privilege, self._identity.privilege)
        managed_id = 0
        while managed_id == 0 or self._table.get(managed_id):
            managed_id = int.from_bytes(self._entropy(4), "little")
        session = Session(managed_id, console_id, suite, peer, self._now(), limit)
        session.last_said = said
        ids = struct.pack("<II", console_id, managed_id)
        session.last_answer = bytes([tag, 0, limit, 0]) + ids + said[8:32]
        self._table.add(session)
        return session.last_answer

    @property
    def _slots(self) -> int:
        return self._identity.sessions if self._faults.sessions is None else self._faults.sessions

    def _choose(self, asked: tuple[int, int, int]) -> Suite | None:
        for number in self._identity.suites:
            suite = SUITES[number]
            if asked == (suite.authentication, suite.integrity, suite.confidentiality):
                return suite
        return None

    def _name(self, session: Session, said: bytes) -> bytes:
        """RAKP 1 and 2: the client names its user and role, we prove that we know the password."""
        if len(said) < 28 or len(said) < 28 + said[27]:
            raise codec.Malformed("too short for RAKP 1")
        role, username = said[24], said[28 : 28 + said[27]]
        status = self._check_name(role & 0x0F, username)
        if status:
            return self._refuse(session, said[0], status)
        session.limit = role & 0x0F
        session.privilege = min(USER, session.limit)
        session.handshake = Handshake(
            struct.pack("<I", session.console_id),
            said[4:8],
            said[8:24],
            self._entropy(16),
            self._identity.guid,
            role,
            username,
        )
        value = proof(session.suite, self._password, session.handshake.rakp2_text())
        return _accept(said[0], session) + session.handshake.managed_random + self._identity.guid + value

    def _check_name(self, role: int, username: bytes) -> int:
        if len(username) > 16:
            return NAME_TOO_LONG
        if username != self._identity.username or self._faults.refuse_login == "user":
            return UNAUTHORIZED_NAME
        if not 1 <= role <= 4:
            return INVALID_ROLE
        return UNAUTHORIZED_ROLE if role > self._identity.privilege else 0

    @property
    def _password(self) -> bytes:
        """The key of the RAKP values; one that nobody knows where the password shall be refused."""
        return self._entropy(20) if self._faults.refuse_login == "password" else self._identity.password

    def _prove(self, session: Session, said: bytes) -> bytes | None:
        """RAKP 3 and 4: the client proves that it knows the password, we that we have the same keys."""
        shaken = session.handshake
        if shaken is None:
            return _refusal(said[0], INVALID_SESSION, session.console_id)
        if said[1]:  # the client did not like RAKP 2, and wants no answer
            self._refuse(session, said[0], WRONG_PROOF)
            return None
        if said[8:] != proof(session.suite, self._password, shaken.rakp3_text()):
            return self._refuse(session, said[0], WRONG_PROOF)
        sik = proof(session.suite, self._identity.kg or self._identity.password, shaken.sik_text())
        session.keys = Keys(session.suite, sik)
        session.stage = ACTIVE
        self._note("open", suite=session.suite.number)
        value = proof(session.suite, sik, shaken.rakp4_text())
        return _accept(said[0], session) + value[: session.suite.proof_length]

    def _refuse(self, session: Session, tag: int, status: int) -> bytes:
        session.stage = REFUSED
        self._note("refused", why=REASONS[status])
        return _refusal(tag, status, session.console_id)


def _accept(tag: int, session: Session) -> bytes:
    return bytes([tag, 0, 0, 0]) + struct.pack("<I", session.console_id)


def _refusal(tag: int, status: int, console_id: int) -> bytes:
    return bytes([tag, status, 0, 0]) + struct.pack("<I", console_id)
