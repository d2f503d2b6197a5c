"""Follow a host through its sleep: until it says how it ended, was booted instead, or its time is over. Private."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from dataclasses import dataclass

#: A host that entered says so within this time, or is asked (s).
ENTRY_PATIENCE: t.Final = 15.0
#: Between two looks at a host that is away, and at one that still answers: sshd 9.8 and later shuts out for a while who
#: connects many times without a login (PerSourcePenalties).
_PAUSE: t.Final = 0.2
_PAUSE_AWAKE: t.Final = 1.0


class Clock(t.Protocol):
    """Monotonic seconds and a sleep."""

    def now(self) -> float:
        """Seconds since some fixed moment."""
        raise NotImplementedError

    def sleep(self, seconds: float) -> None:
        """Do nothing for so long."""
        raise NotImplementedError


@dataclass(frozen=True)
class Followed:
    """How it was seen from here.

    ``word`` is back (``end`` is what the host says), rebooted_instead or not_back; ``unreachable`` says that it was
    out of reach meanwhile, which proves nothing; ``answered`` that it answered at the end, without an end of its job.
    """

    word: str
    end: t.Mapping[str, t.Any]
    unreachable: bool
    answered: bool


def follow(
    *,
    boot_id: str,
    begins_in: float,
    timeout: float,
    reach: t.Callable[[], bool],
    ask: t.Callable[[], t.Mapping[str, t.Any] | None],
    clock: Clock,
) -> Followed:
    """Wait until the host's job is over.

    :param boot_id: of the boot in which it was prepared.
    :param begins_in: seconds until it goes to sleep.
    :param timeout: seconds from now after which it should have been back.
    :param reach: whether it answers now; waits a moment at most.
    :param ask: what the host says of its job: boot_id (empty where it could say nothing), phase and more; None when
        the connection failed.
    """
    start = clock.now()
    until, entered = start + timeout, start + begins_in + ENTRY_PATIENCE
    clock.sleep(min(begins_in, timeout))
    away = answered = False
    while clock.now() < until:
        if not reach():
            away, answered = True, False
        elif away or clock.now() >= entered:
            told = ask()
            answered = told is not None
            if told and told["boot_id"] and told["boot_id"] != boot_id:
                return Followed("rebooted_instead", told, away, True)
            if told and told["phase"] == "done":
                return Followed("back", told, away, True)
        clock.sleep(_PAUSE if away and not answered else _PAUSE_AWAKE)
    return Followed("not_back", {}, away, answered)
