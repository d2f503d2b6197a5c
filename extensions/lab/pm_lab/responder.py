"""The RMCP+ side of an agent as a pure state machine: a datagram in, at most one datagram out."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import typing as t

from . import codec
from .codec import Malformed, Packet, Request, build_packet
from .commands import Machine, execute
from .crypto import Keys
from .faults import Faults
from .identity import APPLICATION, INVALID_FIELD, OK, WRONG_LENGTH, Reply, discover
from .login import Login, Note
from .session import ACTIVE, Address, Session, Sessions

SET_PRIVILEGE = (APPLICATION, 0x3B)
CLOSE_SESSION = (APPLICATION, 0x3C)
PRIVILEGE_ABOVE_LIMIT = 0x81
NO_SUCH_SESSION = 0x87


class Responder:
    """Answers everything that one agent is sent."""

    def __init__(
        self,
        machine: Machine,
        faults: Faults,
        note: Note,
        now: t.Callable[[], float],
        entropy: t.Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._machine = machine
        self._faults = faults
        self._note = note
        self._now = now
        self._entropy = entropy
        self._sessions = Sessions(now)
        self._login = Login(machine.identity, faults, self._sessions, note, now, entropy)

    @property
    def sessions_open(self) -> int:
        self._sessions.expire()
        return self._sessions.open

    def forget(self) -> None:
        """Lose all sessions, as a device does that loses its power."""
        self._sessions.clear()

    def handle(self, datagram: bytes, peer: Address) -> bytes | None:
        tag = codec.parse_ping(datagram)
        if tag is not None:
            return codec.build_pong(tag)
        try:
            packet = codec.parse_packet(datagram)
            if packet.payload_type in (codec.OPEN_REQUEST, codec.RAKP1, codec.RAKP3):
                return self._log_in(packet, peer)
            if packet.payload_type != codec.IPMI:
                return None
            return self._inside(packet, datagram) if packet.session_id else self._outside(packet)
        except Malformed:
            return None

    def _log_in(self, packet: Packet, peer: Address) -> bytes | None:
        answer = self._login.answer(packet.payload_type, packet.payload, peer)
        return None if answer is None else build_packet(Packet(answer, packet.payload_type + 1))

    def _outside(self, packet: Packet) -> bytes:
        request = codec.parse_request(packet.payload)
        answer = codec.build_response(request, *discover(self._machine.identity, request))
        return build_packet(Packet(answer, v15=packet.v15))

    def _inside(self, packet: Packet, datagram: bytes) -> bytes | None:
        session = self._sessions.get(packet.session_id)
        if session is None or session.keys is None or packet.v15:
            return None
        if not (packet.encrypted and packet.authenticated and session.keys.is_sealed(datagram)):
            return None
        if not session.window.accepts(packet.sequence) or self._faults.mute_after_login:
            return None
        patience = self._faults.drop_session_after
        if patience is not None and session.commands >= patience:
            self._close(session, "dropped")
            return None
        request = codec.parse_request(session.keys.decrypt(packet.payload))
        session.last_used = self._now()
        session.commands += 1
        reply = self._execute(session, request)
        if reply is None:
            return None
        return self._pack(session, session.keys, codec.build_response(request, *reply))

    def _pack(self, session: Session, keys: Keys, message: bytes) -> bytes:
        session.sent += 1
        payload = keys.encrypt(message, self._entropy(16))
        return keys.seal(
            build_packet(
                Packet(
                    payload, codec.IPMI, session.console_id, session.sent, encrypted=True, authenticated=True
                )
            )
        )

    def _execute(self, session: Session, request: Request) -> Reply:
        asked = (request.netfn, request.command)
        if asked == SET_PRIVILEGE:
            return _set_privilege(session, request.data)
        if asked == CLOSE_SESSION:
            return self._close_session(request.data)
        return execute(self._machine, request, session.privilege)

    def _close_session(self, data: bytes) -> Reply:
        if len(data) < 4:
            return WRONG_LENGTH, b""
        session = self._sessions.get(int.from_bytes(data[:4], "little"))
        if session is None or session.stage != ACTIVE:
            return NO_SUCH_SESSION, b""
        self._close(session, "close")
        return OK, b""

    def _close(self, session: Session, how: str) -> None:
        self._sessions.close(session)
        self._note(how)


def _set_privilege(session: Session, data: bytes) -> Reply:
    """Zero asks for no change."""
    if len(data) != 1:
        return WRONG_LENGTH, b""
    wanted = data[0] & 0x0F
    if wanted == 1 or wanted > 5:
        return INVALID_FIELD, b""
    if wanted > session.limit:
        return PRIVILEGE_ABOVE_LIMIT, b""
    session.privilege = wanted or session.privilege
    return OK, bytes([session.privilege])
