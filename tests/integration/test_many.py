"""Many hosts in one play: forks, serial, free, limits, and one host's failure beside the others' success."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from play_kit import FENCE, Lab, MakeConsole, Run, fence, logged_out

CROWD = [f"crowd{number:02}" for number in range(20)]
ROW = [f"row{number}" for number in range(4)]
RACK = "hosts:\n" + "".join(
    f"  {name}: {{bmc: {{acpi: true}}}}\n" for name in [*CROWD, *ROW, "free0", "free1", "loop"]
)


def outcomes(run: Run) -> dict[str, str]:
    return {record["host"]: record["result"]["outcome"] for record in run.records}


@pytest.mark.every_core
def test_twenty_hosts_at_ten_forks(lab: Lab, console: MakeConsole) -> None:
    lab.fault(CROWD[7], dead=True)
    here = console({name: lab.hosts[name] for name in CROWD})
    run = here.play([fence(action="off", timeout=20, agent_timeout=3)], "--forks", "10")
    expected = dict.fromkeys(CROWD, "off_verified")
    expected[CROWD[7]] = "indeterminate"
    assert outcomes(run) == expected, run.output
    assert {name: lab.commands(name) for name in CROWD} == {name: ["off"] for name in CROWD} | {CROWD[7]: []}
    logged_out(lab, *CROWD)
    assert {run.result(name)["msg"].split()[0] for name in CROWD if name != CROWD[7]} == set(CROWD) - {
        CROWD[7]
    }


def test_a_serial_play_stops_at_a_failed_batch(lab: Lab, console: MakeConsole) -> None:
    lab.fault(ROW[1], lie=["off"])
    here = console({name: lab.hosts[name] for name in ROW})
    tasks = [fence(action="off", timeout=3)]
    run = here.play(tasks, serial=2, max_fail_percentage=0)
    assert outcomes(run) == {ROW[0]: "off_verified", ROW[1]: "not_off"}
    assert [lab.commands(name) for name in ROW] == [["off"], ["off"], [], []]
    lab.fault(ROW[1], lie=None)
    assert set(outcomes(here.play(tasks, serial=1)).values()) == {"already_off", "off_verified"}
    assert [lab.commands(name) for name in ROW] == [["off"], ["off", "off"], ["off"], ["off"]]


def test_free_strategy_limit_and_throttle(lab: Lab, console: MakeConsole) -> None:
    here = console({name: lab.hosts[name] for name in ("free0", "free1")})
    run = here.play([fence(action="restart", task={"throttle": 1})], "--limit", "free1", strategy="free")
    assert outcomes(run) == {"free1": "restarted"}
    assert (lab.commands("free0"), lab.packets("free0")) == ([], 0)


def test_a_loop_keeps_its_own_results(lab: Lab, console: MakeConsole) -> None:
    here = console({"loop": lab.hosts["loop"]})
    task = {
        "name": "loop",
        FENCE: {"action": "{{ item }}", "poll": 0.1, "settle": 0.1},
        "loop": ["off", "on", "status"],
    }
    run = here.play([task])
    results = run.result("loop")["results"]
    assert [result["outcome"] for result in results] == ["off_verified", "on_verified", "status_read"]
    assert [result["item"] for result in results] == ["off", "on", "status"]
