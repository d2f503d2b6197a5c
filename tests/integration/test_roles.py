"""The roles and playbooks/prepare.yml in check mode, on the machine of the tests, which nothing can wake."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

import pytest
from play_kit import Console, MakeConsole, Run, Variables

#: Of this machine: no play of these tests may be more than a question.
LOCAL: Variables = {"ansible_connection": "local"}
PASSWORD = "00:11:22:33:44:5f"

#: What hides the clock of a machine that has one, else nothing.
CLOCKLESS = (
    ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /sys/class/rtc && exec "$@"', "sh"]
    if Path("/sys/class/rtc/rtc0").exists()
    else []
)
needs_no_clock = pytest.mark.skipif(
    bool(CLOCKLESS) and os.geteuid() != 0, reason="this machine has a clock, and only root can hide it"
)


def role(here: Console, name: str, **variables: t.Any) -> Run:
    tasks = [
        {"name": "Role", "ansible.builtin.include_role": {"name": f"hostpm.power.{name}"}, "vars": variables}
    ]
    return here.run(*CLOCKLESS, "ansible-playbook", here.write_play(tasks), "--check")


def told(run: Run, name: str, task: str) -> Variables:
    """The result of a role's task."""
    return run.result("here", f"hostpm.power.{name} : {task}")


def prepare(here: Console, *more: str, **variables: t.Any) -> Run:
    given = json.dumps({"pm_hosts": "all", "ansible_become": False, **variables})
    return here.run(*CLOCKLESS, "ansible-playbook", "hostpm.power.prepare", "-e", given, "--check", *more)


@needs_no_clock
@pytest.mark.every_core
def test_a_machine_without_a_clock_fails_and_is_told_why(console: MakeConsole) -> None:
    run = role(console({"here": LOCAL}), "rtc_wake")
    assert run.status != 0, "nothing can wake it, and the role said nothing"
    said = told(run, "rtc_wake", "Fail without a clock that can wake the host")["msg"]
    assert said.startswith("here: no clock can wake it: ")
    assert "rtc_wake_required: false" in said


@needs_no_clock
@pytest.mark.every_core
def test_a_machine_without_a_clock_may_be_left_as_it_is(console: MakeConsole) -> None:
    run = role(console({"here": LOCAL}), "rtc_wake", rtc_wake_required=False, rtc_wake_rehearse=True)
    assert run.status == 0, run.output
    assert "Nothing was changed." in told(run, "rtc_wake", "Say that no clock can wake the host")["msg"]
    result = told(run, "rtc_wake", "Tell the result")["ansible_facts"]["rtc_wake_result"]
    assert result["ready"] is False
    assert result["why"]


@pytest.mark.every_core
def test_an_interface_that_there_is_not_is_named(console: MakeConsole) -> None:
    run = role(console({"here": LOCAL}), "wake_on_lan", wake_on_lan_interface="nosuch0")
    assert run.status != 0
    said = told(run, "wake_on_lan", "Fail without a card that can wake the host")["msg"]
    assert said.startswith("here: its card nosuch0 cannot wake it: ")


def test_what_is_no_password_is_refused_and_not_shown(console: MakeConsole) -> None:
    here = console({"here": LOCAL})
    run = role(here, "wake_on_lan", wake_on_lan_interface="lo", wake_on_lan_secureon="not-a-password")
    assert run.status != 0
    assert "is no password of 6 bytes" in told(run, "wake_on_lan", "Refuse what is no password")["msg"]
    assert "not-a-password" not in run.output


def test_a_password_is_shown_nowhere(console: MakeConsole) -> None:
    here = console({"here": {**LOCAL, "secret": PASSWORD}})
    run = role(here, "wake_on_lan", wake_on_lan_interface="lo", wake_on_lan_secureon="{{ secret }}")
    assert run.status != 0
    assert PASSWORD not in run.output + json.dumps(run.records)


def test_an_option_that_makes_no_sense_is_refused_before_anything_is_done(console: MakeConsole) -> None:
    run = role(console({"here": LOCAL}), "rtc_wake", rtc_wake_modes=["standby"])
    assert run.status != 0
    assert "value of rtc_wake_modes must be one or more of: mem, disk, hybrid, freeze" in run.output
    assert len(run.records) <= 2, "it went on after a mistake"


@needs_no_clock
@pytest.mark.every_core
def test_prepare_tells_of_every_host_and_fails_none_that_merely_lacks_something(console: MakeConsole) -> None:
    here = console({"here": LOCAL, "down": {}})
    run = prepare(here, pm_roles="rtc_wake", rtc_wake_rehearse=False)
    lines = run.result("here", "Summary of this batch")["msg"]
    assert any(line.startswith("here: sleeps: ") for line in lines), lines
    assert any(line.startswith("here: woken by its clock: no, ") for line in lines), lines
    assert "down: not reached" in lines
    assert run.record("here")["status"] != "failed"
    assert run.status != 0, "a host that cannot be reached is no success"


@needs_no_clock
def test_prepare_fails_a_host_that_lacks_something_where_it_is_required(console: MakeConsole) -> None:
    run = prepare(console({"here": LOCAL}), pm_roles=["rtc_wake"], pm_required=True)
    assert run.status != 0
    assert run.result("here", "Summary of this batch")["msg"][0].startswith("here: failed: here: no clock")
    assert run.record("here", "Fail the hosts that were not prepared")["status"] == "failed"


def test_prepare_refuses_roles_that_there_are_not(console: MakeConsole) -> None:
    run = prepare(console({"here": LOCAL}), pm_roles="rtc_wake,coffee")
    assert run.status != 0
    assert "Nothing was done. pm_roles names coffee" in run.output


@pytest.mark.every_core
def test_prepare_without_hosts_is_an_error(console: MakeConsole) -> None:
    here = console({"here": LOCAL})
    run = here.run("ansible-playbook", "hostpm.power.prepare", "-e", "pm_hosts=nosuch", "--check")
    assert run.status != 0
    assert "No host matches pm_hosts (and --limit): nothing was done." in run.output
