"""The state file: a process is ended only when it is the very one that was started."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import typing as t

import pytest
from pm_guests.records import Process, Records


@pytest.fixture
def child() -> t.Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def test_a_process_is_found_and_ended(child: subprocess.Popen[bytes]) -> None:
    found = Process.of("guest1 qemu", child.pid)
    assert found is not None
    assert found.alive()
    assert found.end(signal.SIGKILL)
    assert not found.alive(), "ended, though nobody has waited for it"


def test_another_process_of_the_same_number_is_left_alone(child: subprocess.Popen[bytes]) -> None:
    found = Process.of("guest1 qemu", child.pid)
    assert found is not None
    earlier = Process("guest1 qemu", child.pid, found.start - 1)
    assert not earlier.alive()
    assert earlier.end(signal.SIGKILL)
    assert child.poll() is None


def test_there_is_no_process_of_an_unused_number(tmp_path: pathlib.Path) -> None:
    assert Process.of("supervisor", 5, proc=tmp_path) is None


def test_a_name_may_hold_anything(tmp_path: pathlib.Path) -> None:
    (tmp_path / "7").mkdir()
    fields = " ".join(str(number) for number in range(4, 22))
    (tmp_path / "7" / "stat").write_text(f"7 (a) S 1) b) S {fields} 4711 23 24\n")
    assert Process.of("odd", 7, proc=tmp_path) == Process("odd", 7, 4711)


def test_a_lab_that_never_was_has_no_records(tmp_path: pathlib.Path) -> None:
    records = Records(tmp_path / "state.json")
    assert records.read() == {}
    assert records.processes() == []
    assert records.supervisor() is None


def test_half_a_file_is_no_record(tmp_path: pathlib.Path) -> None:
    (tmp_path / "state.json").write_text('{"processes": [')
    assert Records(tmp_path / "state.json").read() == {}


def test_changes_are_kept_and_nothing_else_is_left(tmp_path: pathlib.Path) -> None:
    records = Records(tmp_path / "state.json")
    records.change(accelerator="tcg")
    records.change(golden="/image")
    assert records.read() == {"accelerator": "tcg", "golden": "/image"}
    assert os.listdir(tmp_path) == ["state.json"]


def test_only_what_still_runs_is_returned(tmp_path: pathlib.Path, child: subprocess.Popen[bytes]) -> None:
    here = Process.of("supervisor", os.getpid())
    other = Process.of("guest1 bmc", child.pid)
    assert here is not None
    assert other is not None
    records = Records(tmp_path / "state.json")
    records.record([here, other, Process("guest1 qemu", child.pid, 1)])
    assert records.processes() == [here, other]
    assert records.supervisor() == here
