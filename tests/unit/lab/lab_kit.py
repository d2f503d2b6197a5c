"""Helpers of the lab's tests: a clock that is turned by hand, and a console that logs in to an agent."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import heapq
import itertools
import struct
import typing as t

from pm_lab import codec, crypto
from pm_lab.agent import Agent
from pm_lab.faults import Faults
from pm_lab.identity import ADMINISTRATOR, Identity

PEER = ("127.0.0.1", 40000)
CONSOLE_ID = 0xA0A1A2A3
IDENTITY = Identity(b"admin", bytes(range(16)), b"secret")


class HandClock:
    """Time passes when a test says so."""

    class _Timer:
        def __init__(self, act: t.Callable[[], object]) -> None:
            self.act: t.Callable[[], object] | None = act

        def cancel(self) -> None:
            self.act = None

    def __init__(self) -> None:
        self._now = 0.0
        self._order = itertools.count()
        self._timers: list[tuple[float, int, HandClock._Timer]] = []

    def now(self) -> float:
        return self._now

    def later(self, delay: float, act: t.Callable[[], object]) -> HandClock._Timer:
        timer = self._Timer(act)
        heapq.heappush(self._timers, (self._now + delay, next(self._order), timer))
        return timer

    def turn(self, seconds: float) -> None:
        end = self._now + seconds
        while self._timers and self._timers[0][0] <= end:
            self._now, _order, timer = heapq.heappop(self._timers)
            if timer.act is not None:
                timer.act()
        self._now = end


class KnownEntropy:
    """Bytes that look random and are the same each time."""

    def __init__(self) -> None:
        self._drawn = 0

    def __call__(self, length: int) -> bytes:
        self._drawn += 1
        return hashlib.sha512(b"lab %d" % self._drawn).digest()[:length]


class Refused(Exception):
    """The login was refused; its status is the argument."""


class Console:
    """A client of one agent. A datagram that is not answered gives None."""

    def __init__(
        self,
        agent: Agent,
        suite: int = 17,
        password: bytes = b"secret",
        kg: bytes = b"",
        username: bytes = b"admin",
        role: int = ADMINISTRATOR,
        peer: tuple[str, int] = PEER,
    ) -> None:
        self._agent = agent
        self._suite = crypto.SUITES[suite]
        self._password = password
        self._kg = kg
        self._username = username
        self._role = role
        self._peer = peer
        self._sent = 0
        self._keys: crypto.Keys | None = None
        self.managed_id = b""
        self.said: list[tuple[int, bytes, bytes]] = []  # kind, request and answer of each step of the login

    def send(self, datagram: bytes) -> bytes | None:
        answers: list[bytes] = []
        self._agent.send = lambda answer, peer: answers.append(answer)
        self._agent.receive(datagram, self._peer)
        return answers[0] if answers else None

    def _step(self, kind: int, payload: bytes) -> bytes:
        answer = self.send(codec.build_packet(codec.Packet(payload, kind)))
        assert answer is not None
        packet = codec.parse_packet(answer)
        assert packet.payload_type == kind + 1
        self.said.append((kind, payload, packet.payload))
        if packet.payload[1]:
            raise Refused(packet.payload[1])
        return packet.payload

    def open(self) -> None:
        algorithms = (self._suite.authentication, self._suite.integrity, self._suite.confidentiality)
        body = b"".join(bytes([kind, 0, 0, 8, number, 0, 0, 0]) for kind, number in enumerate(algorithms))
        said = self._step(codec.OPEN_REQUEST, bytes([1, 0, 0, 0]) + struct.pack("<I", CONSOLE_ID) + body)
        self.managed_id = said[8:12]

    def log_in(self) -> None:
        self.open()
        nonce, role = bytes(range(16)), 0x10 | self._role
        name = bytes([role, 0, 0, len(self._username)]) + self._username
        said = self._step(codec.RAKP1, bytes([2, 0, 0, 0]) + self.managed_id + nonce + name)
        shaken = crypto.Handshake(
            struct.pack("<I", CONSOLE_ID),
            self.managed_id,
            nonce,
            said[8:24],
            said[24:40],
            role,
            self._username,
        )
        value = crypto.proof(self._suite, self._password, shaken.rakp3_text())
        said = self._step(codec.RAKP3, bytes([3, 0, 0, 0]) + self.managed_id + value)
        sik = crypto.proof(self._suite, self._kg or self._password, shaken.sik_text())
        assert said[8:] == crypto.proof(self._suite, sik, shaken.rakp4_text())[: self._suite.proof_length]
        self._keys = crypto.Keys(self._suite, sik)
        self.ask(0x06, 0x3B, bytes([self._role]))

    def pack(self, netfn: int, command: int, data: bytes = b"", number: int | None = None) -> bytes:
        """The datagram of a request inside the session, with the next or a given packet number."""
        assert self._keys is not None
        self._sent += 1
        head, body = bytes([0x20, netfn << 2]), bytes([0x81, 0x04, command]) + data
        message = head + bytes([codec.checksum(head)]) + body + bytes([codec.checksum(body)])
        return self._keys.seal(
            codec.build_packet(
                codec.Packet(
                    self._keys.encrypt(message, bytes(16)),
                    codec.IPMI,
                    int.from_bytes(self.managed_id, "little"),
                    self._sent if number is None else number,
                    encrypted=True,
                    authenticated=True,
                )
            )
        )

    def unpack(self, answer: bytes) -> bytes:
        """The completion code and data."""
        assert self._keys is not None
        assert self._keys.is_sealed(answer)
        packet = codec.parse_packet(answer)
        assert packet.session_id == CONSOLE_ID
        return self._keys.decrypt(packet.payload)[6:-1]

    def ask(self, netfn: int, command: int, data: bytes = b"") -> bytes | None:
        answer = self.send(self.pack(netfn, command, data))
        return None if answer is None else self.unpack(answer)

    def read(self) -> str | None:
        said = self.ask(0x00, 0x01)
        return None if said is None else "on" if said[1] & 1 else "off"

    def control(self, number: int) -> int | None:
        said = self.ask(0x00, 0x02, bytes([number]))
        return None if said is None else said[0]

    def close(self) -> bytes | None:
        return self.ask(0x06, 0x3C, self.managed_id)


class Bench:
    """An agent over a device, and what it noted."""

    def __init__(
        self, device: t.Any, clock: HandClock, identity: Identity = IDENTITY, **faults: t.Any
    ) -> None:
        self.clock = clock
        self.notes: list[tuple[str, str, dict[str, t.Any]]] = []
        self.agent = Agent(
            device,
            identity,
            clock,
            lambda event, what, **more: self.notes.append((event, what, more)),
            Faults(**faults),
            "node1/bmc",
            KnownEntropy(),
        )

    def console(self, **given: t.Any) -> Console:
        console = Console(self.agent, **given)
        console.log_in()
        return console
