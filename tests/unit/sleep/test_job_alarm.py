"""The RTC's own alarm as the way back from a sleep to disk: noted while it is armed, and never left behind unknown."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import functools
from pathlib import Path

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._sleep import alarm, store
from ansible_collections.hostpm.power.plugins.module_utils._sleep.alarm import (
    NoAlarm,
    WakeAlarm,
    remove_left_behind,
)
from sleep_kit import ClockMachine


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    place = str(tmp_path / "kept" / "alarm.json")
    for name in ("note_alarm", "forget_alarm", "noted_alarm"):
        monkeypatch.setattr(alarm, name, functools.partial(getattr(store, name), place=place))
    return place


def test_it_is_noted_for_as_long_as_it_is_armed(place: str) -> None:
    clock = ClockMachine()
    armed = WakeAlarm(clock, "rtc0", 60.9)
    assert clock.alarm == clock.now + 60
    assert store.noted_alarm(place) == ("rtc0", clock.alarm)
    assert not armed.fired()
    armed.close()
    assert (clock.alarm, store.noted_alarm(place)) == (None, None)


def test_it_has_fired_when_its_clock_has_come_to_it(place: str) -> None:
    clock = ClockMachine()
    armed = WakeAlarm(clock, "rtc0", 60.0)
    clock.now += 59
    assert not armed.fired()
    clock.now += 1
    assert armed.fired()
    armed.close()
    assert store.noted_alarm(place) is None


def test_one_that_cannot_be_noted_is_not_left_armed(place: str) -> None:
    Path(place).parent.write_text("a file where the folder should be", encoding="ascii")
    clock = ClockMachine()
    with pytest.raises(NoAlarm, match=r"rtc0: that its alarm is ours cannot be noted: .*File exists"):
        WakeAlarm(clock, "rtc0", 60.0)
    assert clock.alarm is None


def test_one_that_cannot_be_removed_stays_known_as_ours(place: str) -> None:
    clock = ClockMachine()
    armed = WakeAlarm(clock, "rtc0", 60.0)
    clock.write_error = errno.EIO
    armed.close()
    assert store.noted_alarm(place) == ("rtc0", clock.alarm)


def test_a_foreign_one_is_left_alone(place: str) -> None:
    clock = ClockMachine()
    clock.alarm = clock.now + 99
    with pytest.raises(NoAlarm, match="another alarm is pending"):
        WakeAlarm(clock, "rtc0", 60.0)
    assert (clock.alarm, store.noted_alarm(place)) == (clock.now + 99, None)


def test_no_such_clock(place: str) -> None:
    with pytest.raises(NoAlarm, match="there is no clock rtc7"):
        WakeAlarm(ClockMachine(), "rtc7", 60.0)
    assert store.noted_alarm(place) is None


def test_one_that_was_left_behind_is_removed(place: str) -> None:
    """As by a host that was booted out of its hibernation."""
    clock = ClockMachine()
    WakeAlarm(clock, "rtc0", 60.0)
    remove_left_behind(clock)
    assert (clock.alarm, store.noted_alarm(place)) == (None, None)
    remove_left_behind(clock)


def test_a_foreign_one_in_place_of_the_one_left_behind_stays(place: str) -> None:
    clock = ClockMachine()
    WakeAlarm(clock, "rtc0", 60.0)
    clock.alarm = clock.now + 99
    remove_left_behind(clock)
    assert (clock.alarm, store.noted_alarm(place)) == (clock.now + 99, None)
