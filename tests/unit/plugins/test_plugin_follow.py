"""Following a host through its sleep: what is taken for its end, and what proves nothing."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hostpm.power.plugins.plugin_utils._follow import Followed, follow

DONE = {"phase": "done", "boot_id": "b1", "outcome": "slept"}


class Host:
    """Answers at some times, and says then how far its job is."""

    def __init__(self, up: t.Callable[[float], bool], job: t.Callable[[float], t.Any]) -> None:
        self.time = 0.0
        self.asked: list[float] = []
        self.looked: list[float] = []
        self._up, self._job = up, job

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def reach(self) -> bool:
        self.looked.append(self.time)
        if not self._up(self.time):
            self.time += 1.0  # as a look that nobody answers
        return self._up(self.time)

    def ask(self) -> t.Any:
        self.asked.append(self.time)
        return self._job(self.time)

    def follow(self, begins_in: float = 10.0, timeout: float = 300.0) -> Followed:
        return follow(
            boot_id="b1", begins_in=begins_in, timeout=timeout, reach=self.reach, ask=self.ask, clock=self
        )


def sleeps(start: float, end: float) -> t.Callable[[float], bool]:
    return lambda now: not start <= now < end


def test_it_is_asked_as_soon_as_it_answers_again() -> None:
    host = Host(
        sleeps(12.0, 72.0), lambda now: DONE if now >= 72.0 else {"phase": "entering", "boot_id": "b1"}
    )
    seen = host.follow()
    assert (seen.word, seen.end, seen.unreachable) == ("back", DONE, True)
    assert host.asked == [pytest.approx(73.0, abs=1.3)], "not before it was out of reach"


def test_a_sleep_too_short_to_be_seen_is_asked_for() -> None:
    host = Host(lambda _now: True, lambda _now: DONE)
    assert host.follow().unreachable is False
    assert host.asked == [pytest.approx(25.0, abs=0.5)]


def test_a_host_that_still_answers_is_not_looked_at_more_than_once_a_second() -> None:
    """Its sshd takes many connections without a login for an attack."""
    host = Host(sleeps(20.0, 72.0), lambda _now: DONE)
    host.follow()
    awake = [moment for moment in host.looked if moment < 20.0]
    assert len(awake) == 10
    away = [moment for moment in host.looked if 21.0 <= moment < 72.0]
    assert all(later - earlier < 1.3 for earlier, later in zip(away, away[1:]))


def test_another_boot_is_no_wake() -> None:
    host = Host(sleeps(12.0, 40.0), lambda _now: {"phase": "", "boot_id": "b2", "outcome": "none_pending"})
    assert host.follow().word == "rebooted_instead"


def test_an_answer_without_a_boot_is_none() -> None:
    """As of a host on which no module can run yet."""
    nothing = {"phase": "", "boot_id": "", "outcome": "refused"}
    host = Host(sleeps(12.0, 40.0), lambda now: DONE if now > 50.0 else nothing)
    assert host.follow().word == "back"


def test_out_of_reach_is_no_sleep() -> None:
    host = Host(sleeps(12.0, 1e9), lambda _now: DONE)
    seen = host.follow()
    assert (seen.word, seen.answered, host.asked) == ("not_back", False, [])
    assert 300.0 <= host.time < 303.0


def test_a_host_that_answers_without_an_end_is_not_back() -> None:
    host = Host(sleeps(12.0, 40.0), lambda _now: {"phase": "entering", "boot_id": "b1"})
    seen = host.follow()
    assert (seen.word, seen.answered) == ("not_back", True)


def test_a_connection_that_fails_is_tried_again() -> None:
    host = Host(sleeps(12.0, 40.0), lambda now: DONE if now > 50.0 else None)
    assert host.follow().word == "back"
    assert len(host.asked) > 10
