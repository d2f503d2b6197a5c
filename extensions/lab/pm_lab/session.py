"""The sessions that an agent keeps: their slots, their life and the packet numbers that each has seen."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import typing as t

from .crypto import Handshake, Keys, Suite
from .identity import USER

Address = tuple[t.Any, ...]

IDLE_TIME = 60.0  # seconds after which an unused session gives up its slot
WINDOW = 16

OPENED, ACTIVE, REFUSED = "opened", "active", "refused"


class Window:
    """Which packet numbers came already: a number counts once, and only near the highest one."""

    def __init__(self) -> None:
        self._highest = 0
        self._seen = 1

    def accepts(self, number: int) -> bool:
        ahead = number - self._highest
        if number == 0 or abs(ahead) > WINDOW:
            return False
        if ahead > 0:
            self._highest = number
            self._seen = (self._seen << ahead | 1) & ((2 << WINDOW) - 1)
            return True
        seen = bool(self._seen >> -ahead & 1)
        self._seen |= 1 << -ahead
        return not seen


@dataclasses.dataclass
class Session:
    """One session, from Open Session on."""

    managed_id: int
    console_id: int
    suite: Suite
    peer: Address
    last_used: float
    limit: int
    stage: str = OPENED
    privilege: int = USER
    handshake: Handshake | None = None
    keys: Keys | None = None
    last_said: bytes = b""
    last_answer: bytes | None = None
    commands: int = 0
    sent: int = 0
    window: Window = dataclasses.field(default_factory=Window)

    def said_before(self, said: bytes) -> bool:
        """Whether a client repeats its last step, which it may do under a new tag (the first byte)."""
        return said[1:] == self.last_said[1:]

    def say_again(self, said: bytes) -> bytes | None:
        return None if self.last_answer is None else said[:1] + self.last_answer[1:]


class Sessions:
    """The table of them. A refused login holds no slot, but is remembered to repeat its answer."""

    def __init__(self, now: t.Callable[[], float]) -> None:
        self._now = now
        self._by_id: dict[int, Session] = {}

    @property
    def open(self) -> int:
        return sum(session.stage != REFUSED for session in self._by_id.values())

    def expire(self) -> None:
        oldest = self._now() - IDLE_TIME
        for session in [each for each in self._by_id.values() if each.last_used < oldest]:
            self.close(session)

    def add(self, session: Session) -> None:
        self._by_id[session.managed_id] = session

    def get(self, managed_id: int) -> Session | None:
        return self._by_id.get(managed_id)

    def opened_by(self, peer: Address, said: bytes) -> Session | None:
        """The session that this very request opened, when it comes again."""
        for session in self._by_id.values():
            if session.stage == OPENED and session.peer == peer and session.said_before(said):
                return session
        return None

    def close(self, session: Session) -> None:
        self._by_id.pop(session.managed_id, None)

    def clear(self) -> None:
        self._by_id.clear()
