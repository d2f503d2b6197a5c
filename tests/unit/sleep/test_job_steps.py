"""The steps of pm_suspend on the host: what each says of a job, and that no end is taken for another."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import functools
import typing as t
from pathlib import Path

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.hostpm.power.plugins.module_utils._sleep.alarm import WakeTimer
from ansible_collections.hostpm.power.plugins.module_utils._sleep.job import Job
from ansible_collections.hostpm.power.plugins.module_utils._sleep.launch import NotStarted
from ansible_collections.hostpm.power.plugins.module_utils._sleep.proof import Snapshot
from ansible_collections.hostpm.power.plugins.module_utils._sleep.store import WayBack
from ansible_collections.hostpm.power.plugins.module_utils._suspend import MODULE_OPTIONS, not_as_asked
from ansible_collections.hostpm.power.plugins.module_utils._suspend_steps import Steps
from job_kit import RTC, said, server

ASKED = {"duration": 60.0, "host": "node1", "controller_boot_id": "another", "wake_proof": "armed"}


class Clock:
    """CLOCK_BOOTTIME that passes only when somebody sleeps; ``meanwhile`` is done then."""

    def __init__(self) -> None:
        self.time = 500.0
        self.meanwhile: t.Callable[[], object] = lambda: None

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        self.meanwhile()


class Desk:
    """A server, and what is asked of it."""

    def __init__(self, folder: Path) -> None:
        self.machine, self.clock = server(), Clock()
        self.job = Job(str(folder / "run" / "suspend"))
        self.kept: list[WayBack] = []
        self.starts: t.Callable[..., str] = lambda _machine, _folder: "unit x"
        self.tidied = 0
        self.slept = 0.0

    def tidy(self, _machine: object) -> None:
        self.tidied += 1

    def ask(self, step: str, *, check: bool = False, **options: t.Any) -> dict[str, t.Any]:
        checked = ArgumentSpecValidator(MODULE_OPTIONS).validate({**ASKED, "step": step, **options})
        assert checked.error_messages == []
        return Steps(
            checked.validated_parameters,
            check=check,
            machine=self.machine,
            job=self.job,
            clock=self.clock,
            starts=self.starts,
            known=(),
            remember=self.kept.append,
            tidy=self.tidy,
            look=lambda _machine: Snapshot("b1", 100.0 + self.slept, 100.0, {}),
        ).run()

    def ended(self, **end: t.Any) -> None:
        self.job.set_state("done", **{"why": "", **end})


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    # a timer that wakes this very machine is not for tests
    monkeypatch.setattr(WakeTimer, "__init__", lambda _self, _machine, _seconds: None)
    monkeypatch.setattr(WakeTimer, "close", lambda _self: None)
    return Desk(tmp_path)


def test_a_sleep_is_prepared_committed_and_told(desk: Desk) -> None:
    prepared = desk.ask("prepare")
    assert (prepared["outcome"], prepared["failed"], prepared["boot_id"]) == ("prepared", False, "b1")
    committed = desk.ask("commit", token=prepared["token"])
    assert (committed["outcome"], committed["changed"]) == ("scheduled", True)
    assert desk.job.asked("commit", prepared["token"])
    desk.ended(outcome="slept", asleep=60.2, woken_by="rtc", entry=1.0, notes=["eth0 is not armed"])
    told = desk.ask("look", action="status")
    assert told["changed"] is False, "it was only asked"
    assert (told["outcome"], told["msg"]) == ("slept", "node1 slept 60.2 s (mem), woken by its RTC.")
    assert told["warnings"] == ["node1: eth0 is not armed."]


@pytest.mark.parametrize("step", ["prepare", "commit", "look", "cancel", "confirm"])
def test_another_user_is_told_that_he_sees_nothing(desk: Desk, step: str) -> None:
    desk.machine._uid = 1000
    told = desk.ask(step)
    assert (told["outcome"], told["failed"], told["changed"]) == ("refused", True, False)
    assert "node1: only root can put it to sleep, or see what is planned. Run it with become." in told["msg"]


def test_checks_that_take_long_leave_the_time_for_the_commit(desk: Desk) -> None:
    run = desk.machine.run

    def slow(argv: t.Sequence[str], timeout: float = 10.0) -> t.Any:
        desk.clock.time += 20.0
        return run(argv, timeout)

    desk.machine.run = slow  # type: ignore[method-assign]
    assert desk.ask("prepare")["outcome"] == "prepared"
    plan = desk.job.plan()
    assert plan is not None
    assert plan.void == desk.clock.time + 30.0


def test_the_job_of_another_task_is_not_ours(desk: Desk) -> None:
    desk.ask("prepare")
    desk.ended(outcome="slept", asleep=60.0, woken_by="rtc")
    told = desk.ask("look", token="mine")
    assert (told["outcome"], told["asleep"]) == ("none_pending", None)


def test_a_job_whose_process_was_killed_is_over(desk: Desk) -> None:
    prepared = desk.ask("prepare")
    desk.job.set_state("committed", moment=600.0)
    desk.clock.time = 700.0
    with desk.job.carried_out():
        assert desk.ask("look")["outcome"] == "pending"
    told = desk.ask("look", token=prepared["token"])
    assert (told["outcome"], told["failed"]) == ("never_slept", True)
    assert "its process was ended from outside (journalctl -u hostpm-power-suspend" in told["msg"]
    assert desk.ask("cancel")["outcome"] == "none_pending"
    assert desk.ask("prepare")["outcome"] == "prepared", "and it stands in nobody's way"


@pytest.mark.parametrize(
    ("slept", "says"),
    [(57.0, "by its clocks it slept 57 s"), (0.0, "it did not sleep so far, and may be about to")],
)
def test_a_job_that_was_killed_on_its_way_is_not_called_awake(desk: Desk, slept: float, says: str) -> None:
    prepared = desk.ask("prepare")
    desk.job.set_state("entering", gap=3.0)
    desk.clock.time, desk.slept = 700.0, 3.0 + slept
    told = desk.ask("look", token=prepared["token"])
    assert (told["outcome"], told["failed"], told["phase"]) == ("indeterminate", True, "done")
    assert says in told["msg"]


def test_an_alarm_that_was_left_behind_is_removed_but_not_while_a_job_lives(desk: Desk) -> None:
    desk.ask("prepare", check=True)
    desk.ask("look", check=True)
    assert desk.tidied == 0, "check mode changes nothing"
    desk.ask("look")
    assert desk.tidied == 1
    desk.ask("prepare")
    seen = desk.tidied
    assert seen > 1
    with desk.job.carried_out():
        desk.ask("look")
        desk.ask("look", token="another")
        desk.ask("prepare")
    assert desk.tidied == seen
    desk.machine.files["/proc/sys/kernel/random/boot_id"] = "b2\n"
    desk.ask("look")
    assert desk.tidied == seen + 1


def test_a_card_that_wakes_by_more_than_packets_is_not_confirmed(desk: Desk) -> None:
    said(desk.machine, ["ethtool", "eth0"], out="Supports Wake-on: pumbg\n\tWake-on: bg\n")
    desk.ask("prepare", duration=None, wake=["wol"], interface="eth0", wait=False)
    desk.ended(outcome="slept", asleep=60.0, entry=1.0, woken_by="unknown")
    told = desk.ask("confirm")
    assert (told["outcome"], desk.kept) == ("refused", [])
    assert "eth0 is armed for more than magic packets (Wake-on: b)" in told["msg"]


def test_a_process_that_cannot_be_started_stands_in_nobodys_way(desk: Desk) -> None:
    def fails(_machine: object, _folder: str) -> t.NoReturn:
        raise NotStarted("systemd-run: no")

    desk.starts = fails
    told = desk.ask("prepare")
    assert (told["outcome"], told["failed"]) == ("refused", True)
    assert (
        "node1 stays awake: the process that would sleep cannot be started: systemd-run: no." in told["msg"]
    )
    desk.starts = lambda _machine, _folder: "unit x"
    assert desk.ask("prepare")["outcome"] == "prepared"


@pytest.mark.parametrize(
    ("end", "failed", "text"),
    [
        ({"outcome": "cancelled", "why": "it was cancelled"}, False, "node1 stays awake: it was cancelled."),
        ({"outcome": "slept", "asleep": 3.0}, True, "Too late to cancel. node1 slept 3.0 s"),
    ],
)
def test_what_came_of_a_cancel(desk: Desk, end: dict[str, t.Any], failed: bool, text: str) -> None:
    desk.ask("prepare")
    desk.clock.meanwhile = functools.partial(desk.ended, **end)
    told = desk.ask("cancel", action="cancel")
    assert (told["outcome"], told["failed"], text in told["msg"]) == (end["outcome"], failed, True), told


def test_one_that_enters_may_still_be_called_off_by_its_last_look(desk: Desk) -> None:
    desk.ask("prepare")
    desk.job.set_state("entering")
    desk.clock.meanwhile = functools.partial(desk.ended, outcome="cancelled", why="it was cancelled")
    told = desk.ask("cancel", action="cancel")
    assert (told["outcome"], told["changed"]) == ("cancelled", True), told


def test_one_that_enters_cannot_be_cancelled(desk: Desk) -> None:
    desk.ask("prepare")
    desk.job.set_state("entering")
    told = desk.ask("cancel", action="cancel")
    assert desk.clock.now() == pytest.approx(500.0 + 5.0), "its checks are over"
    assert (told["failed"], told["msg"]) == (True, "Too late to cancel. node1: a sleep is entering.")


def test_a_packet_that_is_confirmed_makes_its_way_exercised(desk: Desk) -> None:
    desk.ask("prepare", wake=["rtc", "wol"], interface="eth0")
    desk.ended(outcome="woke_early", asleep=20.0, entry=1.5, woken_by="LNXPWRBN:00")
    # as every wake looks there
    said(desk.machine, ["systemd-detect-virt", "--vm"], out="qemu\n")
    checked = desk.ask("confirm", action="confirm", check=True)
    assert (checked["outcome"], checked["changed"], desk.kept) == ("planned", True, [])
    told = desk.ask("confirm", action="confirm")
    assert (told["outcome"], told["changed"], told["failed"]) == ("confirmed", True, False)
    assert told["msg"] == "node1 is known to wake from mem by a magic packet to eth0."
    assert [(way.mode, way.way, way.card, way.asleep, way.entry) for way in desk.kept] == [
        ("mem", "wol", "eth0 52:54:00:00:00:01", 20.0, 1.5)
    ]
    again = desk.ask("confirm", action="confirm")
    assert (again["outcome"], again["changed"], len(desk.kept)) == ("confirmed", False, 1)


@pytest.mark.parametrize("source", ["LNXPWRBN:00", "PNP0C0D:00"])
@pytest.mark.parametrize("told", [{"rc": 1, "out": "none\n"}, {"error": "ENOENT"}])
def test_a_packet_is_not_confirmed_where_a_hand_may_have_woken_it(
    desk: Desk, source: str, told: dict[str, t.Any]
) -> None:
    desk.ask("prepare", wake=["rtc", "wol"], interface="eth0")
    desk.ended(outcome="woke_early", asleep=20.0, entry=1.5, woken_by=source)
    said(desk.machine, ["systemd-detect-virt", "--vm"], **told)
    confirmed = desk.ask("confirm", action="confirm")
    assert (confirmed["outcome"], desk.kept) == ("refused", [])
    assert f"the kernel says that {source}, a button or a lid, woke it" in confirmed["msg"]


def test_the_time_to_reconnect_is_that_of_who_waited(desk: Desk) -> None:
    token = desk.ask("prepare")["token"]
    desk.ended(outcome="slept", asleep=60.0, entry=1.0, woken_by="rtc", awake=desk.clock.time - 3600)
    assert desk.ask("look", token=token)["reconnect"] == 3600.0
    assert desk.ask("look", action="status")["reconnect"] is None


@pytest.mark.parametrize(
    ("options", "end", "why"),
    [
        ({}, None, "it has not slept in this boot"),
        ({}, {"asleep": 20.0, "woken_by": "unknown"}, "no card was armed for its last sleep"),
        (
            {"wake": ["rtc", "wol"], "interface": "eth0"},
            {"asleep": 60.0, "woken_by": "rtc"},
            "its own clock woke it",
        ),
        (
            {"wake": ["rtc", "wol"], "interface": "eth0"},
            {"asleep": 60.0, "woken_by": "wol", "doubt": "it woke when its alarm was due"},
            "it woke when its alarm was due",
        ),
    ],
)
def test_what_cannot_be_confirmed(
    desk: Desk, options: dict[str, t.Any], end: dict[str, t.Any] | None, why: str
) -> None:
    desk.ask("prepare", **options)
    if end:
        desk.ended(outcome="slept", entry=1.0, **end)
    told = desk.ask("confirm", action="confirm")
    assert (told["outcome"], why in told["msg"], desk.kept) == ("refused", True, []), told["msg"]


def test_check_mode_arms_nothing_and_plans_nothing(desk: Desk) -> None:
    told = desk.ask("prepare", check=True, mode="disk", duration=600.0)
    assert (told["outcome"], told["changed"], desk.job.plan()) == ("planned", True, None)
    assert [path for path, _text in desk.machine.written if path.startswith(RTC)] == []


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        ({"outcome": "cancelled", "failed": False, "boot_id": "b1"}, "cancelled"),
        ({"outcome": "none_pending", "failed": False, "boot_id": "b1"}, "none_pending"),
        ({"outcome": "none_pending", "failed": False, "boot_id": "b2"}, "rebooted_instead"),
    ],
)
def test_a_sleep_that_was_asked_for_and_did_not_come_has_failed(told: dict[str, t.Any], outcome: str) -> None:
    end = not_as_asked(told, "b1")
    assert (end["outcome"], end["failed"]) == (outcome, True)
