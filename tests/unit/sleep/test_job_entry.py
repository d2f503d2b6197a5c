"""The way into sleep by each backend: what is run and written, what is restored, what is said of a failure."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._sleep import entry
from ansible_collections.hostpm.power.plugins.module_utils._sleep.machine import RecordedMachine

PREPARING = [
    "busctl",
    "get-property",
    "org.freedesktop.login1",
    "/org/freedesktop/login1",
    "org.freedesktop.login1.Manager",
    "PreparingForSleep",
]
#: As systemd 252 logs a sleep that the kernel broke off.
BROKEN_OFF = """\
Entering sleep state 'suspend'...
Failed to put system to sleep. System resumed again: Device or resource busy
systemd-suspend.service: Main process exited, code=exited, status=1/FAILURE
Failed to start systemd-suspend.service - System Suspend.
"""


def shown(verb: str, state: str = "inactive", job: str = "") -> dict[str, t.Any]:
    """What systemd says of the unit of a sleep."""
    argv = ["systemctl", "show", "--property=ActiveState", "--property=Job", f"systemd-{verb}.service"]
    return {"argv": argv, "out": f"ActiveState={state}\n{job}"}


def machine(*commands: dict[str, t.Any], **files: t.Any) -> RecordedMachine:
    over = [shown(verb) for verb in ("suspend", "hibernate", "hybrid-sleep")]
    return RecordedMachine({"commands": [*commands, *over], "files": files.get("files", {})})


def systemctl(verb: str, **ran: t.Any) -> dict[str, t.Any]:
    return {"argv": ["systemctl", "--check-inhibitors=yes", verb], **ran}


@pytest.fixture
def drop_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    place = tmp_path / "sleep.conf.d" / "zz.conf"
    monkeypatch.setattr(entry, "DROP_IN", str(place))
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    return place


@pytest.mark.parametrize(
    ("mode", "verb", "state"),
    [
        ("mem", "suspend", "mem"),
        ("freeze", "suspend", "freeze"),
        ("disk", "hibernate", ""),
        ("hybrid", "hybrid-sleep", ""),
    ],
)
def test_systemd_tries_no_other_state(drop_in: Path, mode: str, verb: str, state: str) -> None:
    seen: list[str] = []
    host = machine(
        systemctl(verb),
        {"argv": PREPARING, "out": "b false\n"},
        {"argv": ["systemctl", "is-failed", "--quiet", f"systemd-{verb}.service"], "rc": 1},
    )
    run = host.run
    host.run = lambda argv, timeout=10.0: (  # type: ignore[method-assign]
        seen.append(drop_in.read_text(encoding="ascii") if drop_in.exists() else ""),
        run(argv, timeout),
    )[1]
    assert entry.enter(host, "systemd", mode) == ""
    assert seen[0] == (f"[Sleep]\nSuspendState={state}\n" if state else "")
    assert not drop_in.exists(), "it is gone when the sleep is over"


def test_what_systemd_says_of_a_sleep_that_was_broken_off(drop_in: Path) -> None:
    unit = "systemd-suspend.service"
    host = machine(
        systemctl("suspend"),
        {"argv": PREPARING, "out": "b false\n"},
        {"argv": ["systemctl", "is-failed", "--quiet", unit], "rc": 0},
        {"argv": ["journalctl", "-q", "-o", "cat", "-n", "20", "-u", unit], "out": BROKEN_OFF},
    )
    said = entry.enter(host, "systemd", "mem")
    assert said.endswith("Failed to put system to sleep. System resumed again: Device or resource busy")
    assert not drop_in.exists()


def test_systemctl_that_refuses(drop_in: Path) -> None:
    host = machine(
        systemctl("suspend", rc=1, err="Operation inhibited by backup\n"),
        {"argv": PREPARING, "out": "b false\n"},
    )
    assert entry.enter(host, "systemd", "mem") == "Operation inhibited by backup"


@pytest.mark.parametrize("asked", [{}, {"rc": 1, "err": "Connection timed out\n"}, {"error": "ETIMEDOUT"}])
def test_it_waits_until_systemd_is_known_to_be_over(drop_in: Path, asked: dict[str, t.Any]) -> None:
    """Whoever asked would disarm the alarm otherwise, and the sleep come all the same."""
    answers: list[dict[str, t.Any]] = [
        {"rc": 1, "err": "Failed to get property\n"},
        {"error": "ETIMEDOUT"},
        {"out": ""},
        {"out": "b true\n"},
        {"error": "ENOENT"},
        {"out": "b false\n"},
    ]
    host = machine(
        systemctl("suspend", **asked),
        {"argv": ["systemctl", "is-failed", "--quiet", "systemd-suspend.service"], "rc": 1},
    )
    run = host.run

    def answer(argv: t.Sequence[str], timeout: float = 10.0) -> t.Any:
        if list(argv) == PREPARING:
            host.commands[:] = [one for one in host.commands if one["argv"] != PREPARING]
            host.commands.append({"argv": PREPARING, **answers.pop(0)})
        return run(argv, timeout)

    host.run = answer  # type: ignore[method-assign]
    said = entry.enter(host, "systemd", "mem")
    assert answers == []
    assert bool(said) is bool(asked), said


def test_a_sleep_that_systemctl_began_without_logind_is_waited_for(drop_in: Path) -> None:
    """When the call to logind fails, systemctl starts the unit itself, of which logind knows nothing."""
    answers = [
        shown("suspend", job="Job=7\n"),
        shown("suspend", "activating", "Job=7\n"),
        {"argv": shown("suspend")["argv"], "error": "ETIMEDOUT"},
        shown("suspend", "deactivating"),
        shown("suspend", "failed"),
    ]
    host = machine(
        systemctl("suspend", rc=1, err="Call to Suspend failed: Connection timed out\n"),
        {"argv": PREPARING, "out": "b false\n"},
    )
    run = host.run

    def answer(argv: t.Sequence[str], timeout: float = 10.0) -> t.Any:
        if list(argv) == shown("suspend")["argv"]:
            host.commands[:] = [one for one in host.commands if one["argv"] != list(argv)]
            host.commands.append(answers.pop(0))
        return run(argv, timeout)

    host.run = answer  # type: ignore[method-assign]
    assert entry.enter(host, "systemd", "mem").startswith("Call to Suspend failed")
    assert answers == []


def test_inhibitors_that_are_to_be_passed_over(drop_in: Path) -> None:
    over = {"argv": PREPARING, "out": "b false\n"}
    well = {"argv": ["systemctl", "is-failed", "--quiet", "systemd-suspend.service"], "rc": 1}
    forced = {"argv": ["systemctl", "--check-inhibitors=no", "suspend"]}
    assert entry.enter(machine(forced, over, well), "systemd", "mem", force=True) == ""
    old = systemctl("suspend", rc=1, err="systemctl: unrecognized option '--check-inhibitors=yes'\n")
    assert entry.enter(machine(old, {"argv": ["systemctl", "suspend"]}, over, well), "systemd", "mem") == ""


def test_what_a_killed_sleep_left_behind_is_removed(drop_in: Path) -> None:
    drop_in.parent.mkdir()
    drop_in.write_text("[Sleep]\n", encoding="ascii")
    entry.left_behind()
    entry.left_behind()
    assert not drop_in.exists()


@pytest.mark.parametrize(
    ("mode", "program"), [("mem", "pm-suspend"), ("disk", "pm-hibernate"), ("hybrid", "pm-suspend-hybrid")]
)
def test_pm_utils(mode: str, program: str) -> None:
    assert entry.enter(machine({"argv": [program], "rc": 0}), "pm_utils", mode) == ""
    assert (
        entry.enter(machine({"argv": [program], "rc": 128}), "pm_utils", mode)
        == f"{program} ended with exit code 128"
    )


@pytest.mark.parametrize(
    ("mode", "files", "written"),
    [
        ("freeze", {}, [("/sys/power/state", "freeze")]),
        ("disk", {}, [("/sys/power/state", "disk")]),
        (
            "mem",
            {"/sys/power/mem_sleep": "[s2idle] deep\n"},
            [
                ("/sys/power/mem_sleep", "deep"),
                ("/sys/power/state", "mem"),
                ("/sys/power/mem_sleep", "s2idle"),
            ],
        ),
        ("mem", {"/sys/power/mem_sleep": "s2idle [deep]\n"}, [("/sys/power/state", "mem")]),
        (
            "hybrid",
            {"/sys/power/disk": "[platform] shutdown suspend\n"},
            [("/sys/power/disk", "suspend"), ("/sys/power/state", "disk"), ("/sys/power/disk", "platform")],
        ),
    ],
)
def test_sysfs_and_what_it_restores(mode: str, files: dict[str, str], written: list[tuple[str, str]]) -> None:
    host = machine(files={"/sys/power/state": "freeze mem disk\n", **files})
    assert entry.enter(host, "sysfs", mode) == ""
    assert host.written == written


def test_sysfs_that_refuses() -> None:
    host = machine(files={"/sys/power/state": {"error": "EBUSY"}})
    assert entry.enter(host, "sysfs", "freeze") == f"the kernel refuses freeze: {os.strerror(16)}"


def test_the_count_of_wakeup_events() -> None:
    host = machine(files={"/sys/power/wakeup_count": "12\n"})
    assert entry.read_count(host) == "12"
    assert entry.confirm_count(host, "12") == ""
    assert host.written == [("/sys/power/wakeup_count", "12")]
    assert entry.read_count(machine()) == "", "a kernel without it"
    assert entry.confirm_count(machine(), "") == ""


def test_a_count_is_taken_back_by_another_one() -> None:
    for count, other in (("7", "6"), ("0", "4294967295")):
        host = machine(files={"/sys/power/wakeup_count": f"{count}\n"})
        entry.forget_count(host, count)
        assert host.written == [("/sys/power/wakeup_count", other)]
    gone = machine()
    entry.forget_count(gone, "")
    entry.forget_count(gone, "7")
    assert gone.written == []


def test_a_count_that_does_not_come() -> None:
    host = machine()
    host.read = lambda _path: time.sleep(5.0) or ""  # type: ignore[method-assign]
    with pytest.raises(TimeoutError, match="nothing came within"):
        entry.read_count(host, limit=0.1)
