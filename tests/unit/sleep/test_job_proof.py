"""What proves a sleep and what does not; which ways back are remembered."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._sleep import store
from ansible_collections.hostpm.power.plugins.module_utils._sleep.alarm import NoAlarm, WakeTimer
from ansible_collections.hostpm.power.plugins.module_utils._sleep.machine import (
    LocalMachine,
    RecordedMachine,
)
from ansible_collections.hostpm.power.plugins.module_utils._sleep.proof import (
    Snapshot,
    idle_seconds,
    judge,
    last_stamp,
    snapshot,
)

BEFORE = Snapshot("b1", 100.0, 90.0, {})
#: As a kernel logs it, here of a guest.
S2IDLE = """\
[   41.100000] PM: suspend entry (s2idle)
[   41.300000] Freezing user space processes
[   53.400000] PM: suspend exit
"""


def after(asleep: float) -> Snapshot:
    return Snapshot("b1", 170.0 + asleep, 160.0, {})


def judged(asleep: float, **more: t.Any) -> tuple[str, float]:
    asked = {"idle": 0.0, "left": None, "alarm_fired": False, "error": "", **more}
    slept = judge(BEFORE, after(asleep), **asked)
    return slept.word, round(slept.asleep, 3)


@pytest.mark.parametrize(
    ("asleep", "more", "expected"),
    [
        (60.0, {"left": -0.2, "alarm_fired": True}, ("slept", 60.0)),
        (59.0, {"left": 1.0}, ("slept", 59.0)),
        (49.0, {"left": 1.0}, ("slept", 49.0)),
        (57.0, {"left": 3.0}, ("woke_early", 57.0)),
        (57.0, {}, ("slept", 57.0)),
        (0.2, {"left": -1.0, "alarm_fired": True}, ("never_slept", 0.0)),
        (0.0, {"idle": 12.3}, ("slept", 12.3)),
        (0.0, {"idle": 2.5, "left": 50.0}, ("aborted_at_entry", 0.0)),
        (0.0, {"idle": 0.2}, ("never_slept", 0.0)),
        (0.0, {"error": "write error: Device or resource busy"}, ("aborted_at_entry", 0.0)),
        (0.0, {"error": "the count of wakeup events moved"}, ("aborted_at_entry", 0.0)),
        (0.0, {"error": "pm-suspend ended with exit code 128"}, ("never_slept", 0.0)),
        (30.0, {"error": "a hook failed"}, ("slept", 30.0)),
    ],
)
def test_only_the_clocks_prove_a_sleep(
    asleep: float, more: dict[str, t.Any], expected: tuple[str, float]
) -> None:
    assert judged(asleep, **more) == expected


def test_syncing_and_freezing_are_no_idle_sleep() -> None:
    log = """\
[   41.100000] PM: suspend entry (s2idle)
[   45.200000] Filesystems sync: 4.100 seconds
[   45.300000] Freezing user space processes
[   46.300000] Freezing remaining freezable tasks
[   47.300000] OOM killer enabled.
[   47.400000] Restarting tasks ... done.
[   49.400000] PM: suspend exit
"""
    assert idle_seconds(log, 0.0) == pytest.approx(1.0)


def test_an_idle_sleep_is_read_from_the_log() -> None:
    assert idle_seconds(S2IDLE, 0.0) == pytest.approx(12.3)
    assert idle_seconds(S2IDLE.replace("suspend exit", "suspend"), 0.0) == 0.0, "it has not come back"
    assert idle_seconds(S2IDLE.replace("s2idle", "deep"), 0.0) == 0.0
    assert idle_seconds(S2IDLE, 41.0) == pytest.approx(12.3)
    assert idle_seconds(S2IDLE, last_stamp(S2IDLE + "no stamp\n")) == 0.0, "that was another sleep"
    assert idle_seconds("[ garbage ] PM: suspend entry (s2idle)\nno stamp\n", 0.0) == 0.0


def test_this_machine_can_be_looked_at() -> None:
    seen = snapshot(LocalMachine())
    assert len(seen.boot_id) == 36
    assert seen.gap >= 0.0


def test_an_alarm_of_its_own_process() -> None:
    """The kernel has such timers without an RTC too; root is needed."""
    if LocalMachine().uid != 0:
        pytest.skip("a timer that wakes the machine needs root")
    timer = WakeTimer(RecordedMachine({}), 3600.0)
    assert not timer.fired()
    timer.close()
    timer.close()


def test_no_alarm_without_a_clock_behind_it() -> None:
    with pytest.raises(NoAlarm, match="the kernel has no clock for its alarms"):
        WakeTimer(RecordedMachine({"alarm_clock": False}), 3600.0)


WAY = store.WayBack("mem", "rtc", "6.1", "m1", 1700000000.0, 30.1, 1.2)


def test_ways_back_are_remembered_once(tmp_path: Path) -> None:
    place = str(tmp_path / "new" / "ways.json")
    assert store.load(place) == []
    for way in (WAY, replace(WAY, mode="disk"), replace(WAY, asleep=99.0)):
        store.keep(way, place)
    assert store.load(place) == [replace(WAY, mode="disk"), replace(WAY, asleep=99.0)]
    assert store.find(store.load(place), "mem", "rtc", "6.1", "m1") == replace(WAY, asleep=99.0)
    assert store.find(store.load(place), "mem", "rtc", "6.2", "m1") is None, "another kernel proves nothing"
    assert store.find(store.load(place), "mem", "rtc", "6.1", "m2") is None, "nor does a cloned disk"
    assert store.find(store.load(place), "mem", "wol", "6.1", "m1", "eth0") is None


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"mode": "mem"}]', '{"a": 1}'])
def test_what_cannot_be_understood_proves_nothing(tmp_path: Path, text: str) -> None:
    place = tmp_path / "ways.json"
    place.write_text(text, encoding="utf-8")
    assert store.load(str(place)) == []


def test_the_alarm_that_is_ours_is_noted_until_it_is_gone(tmp_path: Path) -> None:
    place = str(tmp_path / "new" / "alarm.json")
    assert store.noted_alarm(place) is None
    store.note_alarm("rtc0", 1700000000, place)
    assert store.noted_alarm(place) == ("rtc0", 1700000000)
    store.forget_alarm(place)
    store.forget_alarm(place)
    assert store.noted_alarm(place) is None


def test_a_way_back_that_failed_is_dropped_with_all_its_cards_and_no_other(tmp_path: Path) -> None:
    place = str(tmp_path / "ways.json")
    others = [replace(WAY, mode="disk"), replace(WAY, way="wol", card="eth0"), replace(WAY, kernel="6.2")]
    for way in (WAY, replace(WAY, card="x"), *others):
        store.keep(way, place)
    assert store.drop("mem", "rtc", "6.1", "m1", place)
    assert store.load(place) == others
    assert not store.drop("mem", "rtc", "6.1", "m1", place)
