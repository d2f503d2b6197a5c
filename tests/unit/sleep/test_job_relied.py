"""An alarm that a boot came in place of: it is no way back any more, neither in a check nor for good."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
import typing as t
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._sleep import relied
from ansible_collections.hostpm.power.plugins.module_utils._sleep.store import WayBack, keep, load
from test_job_sleeper import PLAN

RTC = WayBack("mem", "rtc", PLAN.kernel, PLAN.machine_id, 1690000000.0, 30.0, 4.0, backend="systemd")
OTHERS = [replace(RTC, mode="disk"), replace(RTC, way="wol", card="eth0 x"), replace(RTC, kernel="6.2")]


class Disk:
    def __init__(self, folder: Path) -> None:
        self.note, self.ways = str(folder / "relied.json"), str(folder / "ways_back.json")
        for way in (RTC, *OTHERS):
            keep(way, self.ways)

    def proven(self, boot: str) -> list[WayBack]:
        return relied.proven(boot, self.note, self.ways)


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    # this boot began at 2000
    monkeypatch.setattr(time, "time", lambda: 2060.0)
    monkeypatch.setattr(time, "clock_gettime", lambda _clock: 60.0)
    return Disk(tmp_path)


def test_an_alarm_that_was_due_before_the_boot_has_failed(disk: Disk) -> None:
    relied.note(PLAN, 1900.0, disk.note)
    assert disk.proven("b2") == OTHERS, "in check mode too, which writes nothing"
    assert load(disk.ways) == [RTC, *OTHERS]
    relied.settle("b2", disk.note, disk.ways)
    assert load(disk.ways) == OTHERS
    keep(RTC, disk.ways)  # it was rehearsed again
    assert set(disk.proven("b2")) == {RTC, *OTHERS}


@pytest.mark.parametrize(("boot", "due"), [("b2", 2100.0), (PLAN.boot_id, 1900.0)])
def test_a_boot_before_it_was_due_and_the_same_boot_say_nothing_of_it(
    disk: Disk, boot: str, due: float
) -> None:
    relied.note(PLAN, due, disk.note)
    relied.settle(boot, disk.note, disk.ways)
    assert disk.proven(boot) == [RTC, *OTHERS]


def test_a_sleep_that_ended_leaves_nothing(disk: Disk) -> None:
    relied.note(PLAN, 1900.0, disk.note)
    relied.forget(disk.note)
    relied.forget(disk.note)
    assert disk.proven("b2") == [RTC, *OTHERS]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"boot_id": "b1", "due": "x", "key": []}', '{"boot_id": "b1"}']
)
def test_a_note_that_cannot_be_understood_is_none(disk: Disk, text: str) -> None:
    Path(disk.note).write_text(text, encoding="utf-8")
    assert disk.proven("b2") == [RTC, *OTHERS]


def test_a_disk_that_cannot_be_written_keeps_the_note(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: t.Any, **_more: t.Any) -> t.NoReturn:
        raise OSError("full")

    relied.note(PLAN, 1900.0, disk.note)
    monkeypatch.setattr(relied, "drop", full)
    relied.settle("b2", disk.note, disk.ways)
    assert disk.proven("b2") == OTHERS
    monkeypatch.setattr(relied, "write_json", full)
    relied.note(PLAN, 1.0, disk.note)
