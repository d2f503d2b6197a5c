"""What all playbooks have in common: they parse, the README shows them, they want hosts. And those of pm_suspend."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import typing as t

import collection_path
import pytest
from play_kit import Console, MakeConsole, Run, Variables
from readme_commands import shown

PLAYBOOKS = sorted(path.stem for path in (collection_path.CHECKOUT / "playbooks").glob("*.yml"))
LOCAL: Variables = {"ansible_connection": "local", "ansible_become": False}


def play(here: Console, name: str, *more: str, **variables: t.Any) -> Run:
    return here.run("ansible-playbook", f"hostpm.power.{name}", "-e", json.dumps(variables), *more)


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_the_readme_shows_it(name: str) -> None:
    assert [line for line in shown() if f" hostpm.power.{name} " in line]


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_it_parses(console: MakeConsole, name: str) -> None:
    run = play(console({"here": LOCAL}), name, "--syntax-check", pm_hosts="here")
    assert run.status == 0, run.output
    assert "[WARNING]" not in run.output


@pytest.mark.every_core
@pytest.mark.parametrize("name", PLAYBOOKS)
@pytest.mark.parametrize(
    ("variables", "says"),
    [({}, "Set pm_hosts to the hosts or groups to "), ({"pm_hosts": "nosuch"}, "No host matches pm_hosts")],
    ids=["none", "typo"],
)
def test_it_wants_hosts(console: MakeConsole, name: str, variables: Variables, says: str) -> None:
    run = play(console({"here": LOCAL}), name, **variables)
    assert run.status != 0
    assert says in run.output
    assert run.records == [], "nothing was done"


@pytest.mark.every_core
@pytest.mark.parametrize("name", PLAYBOOKS)
def test_the_limit_only_narrows_its_hosts(console: MakeConsole, name: str) -> None:
    """Ansible takes a limit with a comma apart at its commas alone."""
    here = console(dict.fromkeys(("one", "two", "outside"), LOCAL))
    (here.folder / "limit").write_text("two\n", encoding="utf-8")
    for limit, left in (
        ("one,outside", "one"),
        ("one:outside", "one"),
        ("!two", "one"),
        (f"@{here.folder}/limit", "two"),
    ):
        run = play(here, name, "--list-hosts", "--limit", limit, pm_hosts="one,two")
        listed = [line.strip() for line in run.output.splitlines() if line.startswith("      ")]
        assert set(listed) == {left}, f"{limit}: {run.output}"


#: What this machine says instead of sleeping: it runs the play, or by a user who may not put it to sleep.
AWAKE = "refused: " + ("here stays awake: " if os.geteuid() == 0 else "Nothing was done. here: only root ")


@pytest.mark.every_core
def test_suspend_tells_of_every_host_and_fails_those_that_stay_awake(console: MakeConsole) -> None:
    here = console({"here": LOCAL, "down": {"ansible_become": False}})
    run = play(here, "suspend", "--check", pm_hosts="all", pm_duration=60)
    assert run.status == 2, run.output
    first, second = run.result("here", "Summary of this batch")["msg"]
    assert first.startswith(AWAKE)
    assert second.startswith("unreachable: ")
    for host in ("here", "down"):
        assert run.record(host, "Fail the hosts that did not sleep as asked")["status"] == "failed"


@pytest.mark.every_core
def test_sleep_cycle_wants_a_duration(console: MakeConsole) -> None:
    run = play(console({"here": LOCAL}), "sleep_cycle", "--check", pm_hosts="here")
    assert run.status == 2
    assert "Set pm_duration to the seconds of each sleep" in run.output


@pytest.mark.every_core
def test_sleep_cycle_ends_with_the_first_failure(console: MakeConsole) -> None:
    run = play(console({"here": LOCAL}), "sleep_cycle", "--check", pm_hosts="here", pm_duration=60)
    assert run.status == 2
    asked = [record for record in run.records if record["task"] == "Sleep as long as there is no work"]
    assert [record["result"]["outcome"] for record in asked] == ["refused"]
    assert f"refused: {asked[0]['result']['msg']}".startswith(AWAKE)


#: In place of a host's Python: each run of a module takes the next of these answers. No host of these tests may sleep.
ANSWERS: t.Final = """#!/bin/sh
cd "$(dirname "$0")" && head -n 1 answers && sed -i 1d answers
"""


@pytest.mark.every_core
@pytest.mark.parametrize(
    ("outcomes", "asked"),
    [
        (["slept", "slept", "slept", "slept"], 3),
        (["slept", "refused_busy", "slept"], 2),
        (["refused_busy", "slept"], 1),
        (["woke_early", "slept"], 1),
        (["slept past its alarm", "slept"], 1),
    ],
    ids=["all", "work", "work at once", "woken early", "woken late"],
)
def test_sleep_cycle_sleeps_again_only_after_a_sleep(
    console: MakeConsole, outcomes: list[str], asked: int
) -> None:
    here = console({"here": LOCAL})
    answers = [
        {
            "outcome": word.split()[0],
            "msg": f"{number} {word}",
            "woken_by": "rtc" if word == "slept" else "unknown",
        }
        for number, word in enumerate(outcomes)
    ]
    here.write("answers", "".join(f"{json.dumps(answer)}\n" for answer in answers))
    python = here.write("python", ANSWERS)
    python.chmod(0o700)
    given = {"pm_duration": 60, "pm_cycles": 3, "ansible_python_interpreter": str(python)}
    run = play(here, "sleep_cycle", "--check", pm_hosts="here", **given)
    assert run.status == 0, run.output
    assert run.result("here", "Summary")["msg"] == [answer["msg"] for answer in answers[:asked]]
    assert (here.folder / "answers").read_text().count("\n") == len(outcomes) - asked
