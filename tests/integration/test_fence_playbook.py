"""playbooks/fence.yml: the confirmation that fails closed, batches, the summary, each host's own ok or failed."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

import pytest
from play_kit import Console, Lab, MakeConsole, Run, Variables

RACK = """
hosts:
  a1: {bmc: {}}
  a2: {bmc: {}}
  b1: {bmc: {}}
  b2: {bmc: {faults: {lie: true}}}
  b3: {bmc: {}}
  c1: {bmc: {}}
  c2: {bmc: {}}
"""

QUICK: Variables = {"pm_poll": 0.1, "pm_settle": 0.1, "pm_timeout": 2}
SUMMARY = "Summary of this batch"


def fence(here: Console, *more: str, **variables: t.Any) -> Run:
    given = json.dumps({**QUICK, **variables})
    return here.run("ansible-playbook", "hostpm.power.fence", "-e", given, *more)


def summary(run: Run) -> list[str]:
    lines: list[str] = []
    for record in run.records:
        if record["task"] == SUMMARY:
            lines.extend(record["result"]["msg"])
    return lines


@pytest.mark.every_core
def test_a_status_needs_no_confirmation(lab: Lab, console: MakeConsole) -> None:
    run = fence(console({name: lab.hosts[name] for name in ("a1", "a2")}), pm_hosts="all")
    assert run.status == 0, run.output
    assert summary(run) == [
        f"status_read: {run.result(name, 'Reach the power-management agents')['msg']}"
        for name in ("a1", "a2")
    ]


@pytest.mark.parametrize(
    "given", [{}, {"pm_confirm": 1}, {"pm_confirm": "yes"}], ids=["none", "other number", "word"]
)
@pytest.mark.parametrize("action", ["off", "restart", "nmi", False], ids=str)
def test_without_a_fitting_confirmation_nothing_is_sent(
    lab: Lab, console: MakeConsole, action: t.Any, given: Variables
) -> None:
    before = lab.packets("a1")
    here = console({name: lab.hosts[name] for name in ("a1", "a2")})
    run = fence(here, pm_hosts="all", pm_action=action, **given)
    assert run.status != 0
    said = run.result("a1", "Refuse without a confirmation")["msg"]
    assert f"Nothing was sent. {action} would act on 2 host(s) and was not confirmed." in said
    assert "-e pm_confirm=2" in said
    assert "a1, a2" in said
    assert lab.packets("a1") == before


def test_no_hosts_named_is_an_error(lab: Lab, console: MakeConsole) -> None:
    run = fence(console({"a1": lab.hosts["a1"]}), pm_action="off", pm_confirm=1)
    assert run.status != 0
    assert "Set pm_hosts to the hosts or groups to act on" in run.output


def test_an_action_of_the_inventory_is_not_confirmed_by_another_hosts(lab: Lab, console: MakeConsole) -> None:
    hosts = {"a1": lab.hosts["a1"], "a2": {**lab.hosts["a2"], "pm_action": "off"}}
    run = fence(console(hosts), pm_hosts="all")
    assert run.status != 0
    assert "pm_action differs between the hosts (status, off)" in run.output
    assert lab.commands("a2") == []


def test_an_action_of_the_whole_inventory_has_to_be_confirmed(lab: Lab, console: MakeConsole) -> None:
    run = fence(console({"a1": {**lab.hosts["a1"], "pm_action": "off"}}), pm_hosts="all")
    assert run.status != 0
    assert "was not confirmed" in run.output
    assert lab.commands("a1") == []


@pytest.mark.every_core
@pytest.mark.parametrize(
    "more", [["-e", "pm_hosts=nosuch"], ["-e", "pm_hosts=a1", "--limit", "a2"]], ids=["typo", "limit"]
)
def test_no_host_that_matches_is_an_error(lab: Lab, console: MakeConsole, more: list[str]) -> None:
    here = console({name: lab.hosts[name] for name in ("a1", "a2")})
    run = fence(here, *more, pm_action="off", pm_confirm=0)
    assert run.status != 0
    assert "No host matches pm_hosts (and --limit): nothing was done." in run.output


def test_check_mode_asks_nothing_and_sends_nothing(lab: Lab, console: MakeConsole) -> None:
    run = fence(console({"a1": lab.hosts["a1"]}), "--check", pm_hosts="a1", pm_action="off")
    assert run.status == 0, run.output
    assert summary(run)[0].startswith("planned: a1 is on")
    assert lab.commands("a1") == []


def test_a_failed_batch_keeps_the_later_ones_untouched(lab: Lab, console: MakeConsole) -> None:
    here = console({name: lab.hosts[name] for name in ("b1", "b2", "b3")})
    run = fence(here, pm_hosts="all", pm_action="off", pm_confirm=3, pm_batch=2)
    assert run.status != 0
    outcomes = [line.split(":")[0] for line in summary(run)]
    assert outcomes == ["off_verified", "not_off", "not touched so far"]
    assert summary(run)[-1] == "not touched so far: b3"
    assert lab.state("b1") == "dark"
    assert run.record("b2", "Fail the hosts that did not get there")["status"] == "failed"
    assert lab.commands("b3") == []


@pytest.mark.every_core
def test_the_limit_holds_and_is_what_is_counted(lab: Lab, console: MakeConsole) -> None:
    here = console({name: lab.hosts[name] for name in ("c1", "c2")})
    run = fence(here, "--limit", "c1", pm_hosts="all", pm_action="off", pm_confirm=1)
    assert run.status == 0, run.output
    assert (lab.state("c1"), lab.state("c2")) == ("dark", "running")
    assert lab.packets("c2") == 0
