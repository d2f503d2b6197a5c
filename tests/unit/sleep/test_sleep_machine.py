"""Machines: this one as it is, recorded ones, and that a recording answers as the machine did."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import time
import typing as t
from pathlib import Path

import pytest
import sleep_kit
from ansible_collections.hostpm.power.plugins.module_utils._sleep.capabilities import probe
from ansible_collections.hostpm.power.plugins.module_utils._sleep.machine import (
    LocalMachine,
    Machine,
    Ran,
    RecordedMachine,
)
from record_machine import RecordingMachine

HERE = LocalMachine()


def test_files_of_this_machine(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"long text\xff")
    (tmp_path / "link").symlink_to("file")
    assert HERE.read(str(file)) == "long text\ufffd"
    HERE.write(str(file), "short")
    assert HERE.read(str(file)) == "short"
    assert HERE.listdir(str(tmp_path)) == ["file", "link"]
    assert HERE.readlink(str(tmp_path / "link")) == "file"
    assert (HERE.exists(str(file)), HERE.exists(f"{file}.no")) == (True, False)
    assert HERE.uid == os.geteuid()


def test_writing_makes_no_file(tmp_path: Path) -> None:
    """A file of the kernel is there or not; a made one would be taken for an answer."""
    with pytest.raises(FileNotFoundError):
        HERE.write(str(tmp_path / "new"), "1")
    assert HERE.listdir(str(tmp_path)) == []


def test_a_program_runs_with_a_bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "hunter22")
    ran = HERE.run(["env"])
    names = {line.split("=")[0] for line in ran.out.splitlines()}
    assert ran.rc == 0
    assert "LC_ALL=C\n" in ran.out
    assert names <= {"LC_ALL", "PATH", "PWD", "SHLVL", "_"}
    assert {"/usr/sbin", "/sbin"} <= set(ran.out.split("PATH=")[1].splitlines()[0].split(":"))


def test_how_a_program_ends() -> None:
    assert HERE.run(["sh", "-c", "echo out; echo err >&2; exit 3"]) == Ran(3, "out\n", "err\n")
    assert HERE.run(["sh", "-c", "cat; printf '\\377'"]).out == "\ufffd"  # no input, and no UTF-8


def test_what_a_program_leaves_behind_is_not_waited_for() -> None:
    """It holds the output open for longer than this test would wait."""
    ran = HERE.run(["sh", "-c", "echo over; sleep 600 & echo $! >&2"])
    os.kill(int(ran.err), signal.SIGKILL)
    assert ran.out == "over\n"


def test_a_program_that_is_missing() -> None:
    with pytest.raises(FileNotFoundError) as caught:
        HERE.run(["no-such-program-of-hostpm", "--help"])
    assert caught.value.filename == "no-such-program-of-hostpm"


def test_a_program_that_hangs_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"sleep 600 & echo $! >>{pids}; echo $$ >>{pids}; wait"
    with pytest.raises(TimeoutError, match=r"no answer in 0\.5 s"):
        HERE.run(["sh", "-c", script], timeout=0.5)
    started = pids.read_text(encoding="utf-8").split()
    assert len(started) == 2
    for _unused in range(1000):  # a killed process is gone a moment later
        if not any(is_running(pid) for pid in started):
            return
        time.sleep(0.01)
    raise AssertionError(f"still running: {started}")


def is_running(pid: str) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_recorded_machine_answers_as_it_was_recorded() -> None:
    recorded = RecordedMachine(
        {
            "uid": 1000,
            "files": {"/a/file": "text", "/a/secret": {"error": "EACCES"}, "/a/gone": {"error": "ENOENT"}},
            "links": {"/a/link": "../b"},
            "folders": {"/c": ["two", "one"], "/d": {"error": "EACCES"}},
            "exists": {"/dev/x": True, "/a/file/below": False},
            "commands": [
                {"argv": ["ls"], "rc": 2, "out": "o", "err": "e"},
                {"argv": ["slow"], "error": "ETIMEDOUT"},
            ],
        }
    )
    assert recorded.uid == 1000
    assert recorded.read("/a/file") == "text"
    assert recorded.readlink("/a/link") == "../b"
    assert recorded.listdir("/a") == ["file", "gone", "link", "secret"]
    assert recorded.listdir("/c") == ["one", "two"]
    assert [recorded.exists(path) for path in ("/a", "/a/file", "/a/secret", "/dev/x")] == [True] * 4
    assert [recorded.exists(path) for path in ("/a/gone", "/a/file/below", "/b")] == [False] * 3
    assert recorded.run(["ls"]) == Ran(2, "o", "e")
    for ask, number in (
        (lambda: recorded.read("/a/secret"), errno.EACCES),
        (lambda: recorded.read("/b"), errno.ENOENT),
        (lambda: recorded.write("/b", ""), errno.ENOENT),
        (lambda: recorded.listdir("/b"), errno.ENOENT),
        (lambda: recorded.listdir("/d"), errno.EACCES),
        (lambda: recorded.readlink("/a/file"), errno.EINVAL),
        (lambda: recorded.readlink("/b"), errno.ENOENT),
        (lambda: recorded.run(["ls", "-l"]), errno.ENOENT),
        (lambda: recorded.run(["slow"]), errno.ETIMEDOUT),
    ):
        with pytest.raises(OSError, match=os.strerror(number)) as caught:
            ask()
        assert caught.value.errno == number


def test_what_is_written_to_a_recorded_machine_is_read_from_it() -> None:
    recorded = RecordedMachine({"files": {"/sys/power/mem_sleep": "[s2idle] deep"}})
    recorded.write("/sys/power/mem_sleep", "deep")
    assert recorded.read("/sys/power/mem_sleep") == "deep"
    assert recorded.written == [("/sys/power/mem_sleep", "deep")]


@pytest.mark.parametrize(
    "inner", [HERE, *map(sleep_kit.recording, sleep_kit.NAMES)], ids=["here", *sleep_kit.NAMES]
)
def test_a_recording_of_a_machine_tells_the_same(inner: t.Any) -> None:
    recorder = RecordingMachine(inner if isinstance(inner, LocalMachine) else RecordedMachine(inner))
    told = probe(recorder)
    kept = json.loads(json.dumps(recorder.data))
    changing = ("boot_id", "swap", "rtc")  # reduced in a recording, or another one a moment later
    again = probe(RecordedMachine(kept))
    assert {k: v for k, v in again.items() if k not in changing} == {
        k: v for k, v in told.items() if k not in changing
    }


def test_no_password_is_recorded() -> None:
    said = sleep_kit.command(
        "ethtool", "eth0", out="\tWake-on: s\n        SecureOn password: 00:de:ad:be:ef:00\n"
    )
    recorder = RecordingMachine(sleep_kit.machine(files={"/x": "WakeOnLanPassword=00:de\n"}, commands=[said]))
    recorder.read("/x")
    recorder.run(["ethtool", "eth0"])
    assert "00:de" not in json.dumps(recorder.data)
    assert "Wake-on: s" in json.dumps(recorder.data)


def test_both_are_machines() -> None:
    """Of interest to mypy, where it looks at tests; here that nothing of the protocol is missing."""
    needed = {name for name in vars(Machine) if not name.startswith("_")}
    for kind in (LocalMachine, RecordedMachine, RecordingMachine):
        assert needed <= set(dir(kind)), kind


def test_the_recorder_runs_on_its_own() -> None:
    """As it is run on other machines: with this checkout and Python alone."""
    script = Path(__file__).parent / "record_machine.py"
    ran = HERE.run([sys.executable, "-I", "-B", str(script), "this machine"], timeout=60)
    assert ran.rc == 0, ran.err
    data = json.loads(ran.out)
    assert (data["about"], data["written_by_hand"], data["uid"]) == ("this machine", False, os.geteuid())
