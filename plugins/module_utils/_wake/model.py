"""The words of waking as data: what is asked for, what each rung did, what came of it. Private to hostpm.power."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._sleep.magic import EVERYONE, PORTS
from .reach import Target

#: The rungs of the ladder in their usual order: the host's own alarm, a magic packet, an agent's on.
RUNGS: t.Final = ("rtc", "magic", "agent")

#: Outcomes that fail the task.
FAILED: t.Final = frozenset({"not_reached", "refused"})

#: One look takes this long at most (s). A host that wakes up answers a new connection sooner than one that was begun
#: before: TCP asks again after 1, 3, 7 s.
LOOK: t.Final = 3.0


def turn_of(place: int, stagger: float, *, looks: bool) -> float:
    """When the host at this place of the batch may be powered up (s from the start).

    The first one is when it was looked for in vain, which may take a whole look: the others count from its end.

    :param looks: hosts are looked for before anything is sent.
    """
    behind = place * stagger
    return behind + LOOK if behind and looks else behind


@dataclass(frozen=True)
class Packets:
    """What the rung magic sends, and where to; ``broadcast`` is an IPv4 address."""

    macs: tuple[bytes, ...]
    secureon: bytes = field(default=b"", repr=False)
    ports: tuple[int, ...] = PORTS
    broadcast: str = EVERYONE
    interface: str = ""


@dataclass(frozen=True)
class Wake:
    """A host that is to be woken; seconds count from the start of the task.

    ``rungs`` are tried in this order; ``left_out`` says of each other one why it is not. ``turn`` is when the host may
    be powered up at the earliest, ``due`` when its own alarm fires. Without a target nobody looks whether it woke up.
    """

    host: str
    rungs: tuple[str, ...]
    left_out: t.Mapping[str, str] = field(default_factory=dict)
    timeout: float = 300.0
    interval: float = 5.0
    turn: float = 0.0
    stagger: float = 0.0
    due: float | None = None
    target: Target | None = None
    packets: Packets | None = None
    #: The labels of the agents, for the plan.
    agents: tuple[str, ...] = ()


@dataclass
class Step:
    """What one rung did so far.

    ``state``: not_needed (its time never came), waiting (for its turn), trying, worked (the host was reached during
    it, or after it as the last that acted), no_answer, failed (it could do nothing), done (nobody looked).
    ``at`` and ``elapsed`` are seconds from the start and from ``at``. ``acted``: it may have woken the host.
    """

    rung: str
    state: str = "not_needed"
    at: float | None = None
    elapsed: float = 0.0
    sent: int = 0
    acted: bool = False
    message: str = ""


@dataclass(frozen=True)
class Said:
    """What the agents' on came to; ``failed``: nothing more is to be expected of it."""

    failed: bool
    text: str


class Means(t.Protocol):
    """How packets and agents are reached: from here, or through a proxy."""

    #: An agent was sent a command that may have acted, as far as is known by now.
    agent_acted: bool

    async def send(self, until: float) -> int:
        """Send every magic packet once and return how many there were.

        :raises NotSent: not all could be sent.
        """

    async def switch_on(self, until: float) -> Said:
        """Have the agents switch the host on, by a moment of the clock at the latest."""
