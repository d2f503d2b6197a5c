"""Check mode, diff, defaults of the group, agents of the task, one shape of all results, on every core."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from play_kit import FENCE, Lab, MakeConsole, fence

RACK = """
hosts:
  planned: {bmc: {}, feeds: {a: {}, b: {}}}
  shown: {bmc: {}}
  defaulted: {bmc: {}}
  other: {bmc: {}}
  dual: {bmc: {faults: {dead: true}}, feeds: {a: {}, b: {}}, restore_policy: always}
  shaped: {bmc: {}}
  dead: {bmc: {faults: {dead: true}}}
"""

pytestmark = pytest.mark.every_core

#: Keys that core adds to or takes from results.
CORES = {"warnings", "deprecations", "exception", "failed", "_ansible_no_log", "diff", "plan"}


def test_check_mode_reads_plans_and_sends_nothing(lab: Lab, console: MakeConsole) -> None:
    actions = ("status", "off", "on", "restart", "nmi")
    here = console({"planned": lab.hosts["planned"]})
    run = here.play([fence(name, action=name) for name in actions], "--check")
    assert run.status == 0, run.output
    for name in actions:
        result = run.result("planned", name)
        assert result["outcome"] == ("status_read" if name == "status" else "planned"), name
        assert result["changed"] is (name not in ("status", "on")), name
        assert result["power"] == "on"
        assert result["plan"]["proxy"] == "localhost"
        assert sum(phase["at_most"] for phase in result["plan"]["phases"]) == pytest.approx(180)
    levels = run.result("planned", "restart")["plan"]["levels"]
    assert [level["agents"] for level in levels] == [["bmc"], ["feed-a", "feed-b"]]
    assert all(level["sufficient"] and level["on_failure"] for level in levels)
    assert run.result("planned", "off")["msg"].startswith(
        "planned is on; nothing was sent. off would be carried out"
    )
    assert [lab.commands("planned", agent) for agent in ("bmc", "feed-a", "feed-b")] == [[], [], []]
    assert lab.packets("planned") > 0, "the state was really read"


def test_diff_shows_the_power_before_and_after(lab: Lab, console: MakeConsole) -> None:
    here = console({"shown": lab.hosts["shown"]})
    check = here.play([fence(action="off")], "--check", "--diff")
    assert check.result("shown")["diff"] == {"before": {"power": "on"}, "after": {"power": "off"}}
    assert lab.commands("shown") == []
    run = here.play([fence(action="off")], "--diff")
    assert run.result("shown")["diff"] == {"before": {"power": "on"}, "after": {"power": "off"}}
    assert '-    "power": "on"' in run.stdout
    assert '+    "power": "off"' in run.stdout
    assert "secret" not in run.output


def test_defaults_of_the_action_group(lab: Lab, console: MakeConsole) -> None:
    defaults = {"group/hostpm.power.power": {"agent_timeout": 0, "poll": 0.1}}
    here = console({"defaulted": lab.hosts["defaulted"]})
    run = here.play([{"name": "read", FENCE: {"action": "status"}}], module_defaults=defaults)
    assert "defaulted: agent_timeout: 0 s is no time to work in" in run.result("defaulted")["msg"]


def test_agents_of_the_task_replace_those_of_the_host(lab: Lab, console: MakeConsole) -> None:
    theirs = lab.packets("defaulted")
    here = console({"defaulted": lab.hosts["defaulted"]}, theirs=lab.agents("other"))
    run = here.play([fence(action="off", agents="{{ theirs }}")])
    assert run.result("defaulted")["outcome"] == "off_verified"
    assert (lab.commands("other"), lab.state("other")) == (["off"], "dark")
    assert lab.packets("defaulted") == theirs, "its own agents were not touched"


def test_both_supplies_are_off_before_either_is_on_again(lab: Lab, console: MakeConsole) -> None:
    feeds = lab.agents("dual")[1:]
    here = console({"dual": {"pm_agents": feeds}})
    result = here.play([fence(action="restart", strategy="parallel")]).result("dual")
    assert result["outcome"] == "restarted"
    assert result["basis"] == "feed"
    sent = [(e["agent"], e["what"]) for e in lab.events("dual") if e["event"] == "command" and e["executed"]]
    assert {what for _agent, what in sent[:2]} == {"off"}
    assert sorted(sent) == [("feed-a", "off"), ("feed-a", "on"), ("feed-b", "off"), ("feed-b", "on")]
    states = [event["what"] for event in lab.events("dual") if event["event"] == "host"]
    assert states == ["running", "dark", "running"], "it was really down in between"


def test_every_result_has_the_same_keys(lab: Lab, console: MakeConsole) -> None:
    hosts = {name: lab.hosts[name] for name in ("shaped", "dead")}
    hosts["split"] = {"pm_agents": lab.agents("dual")[1:]}
    hosts["bare"] = {}
    names = ("status", "off", "on", "restart", "nmi")
    tasks = [fence(name, action=name, timeout=2, agent_timeout=1, strategy="serial") for name in names]
    run = console(hosts).play(
        [{**task, "ignore_errors": True} for task in tasks]
        + [fence("wrong", action="off", poll=-1, task={"ignore_errors": True})]
    )
    shapes = {}
    for record in run.records:
        shapes[record["host"], record["task"]] = frozenset(record["result"]) - CORES
        assert record["result"]["msg"].count(record["host"]) >= 1, record["result"]["msg"]
    assert len(shapes) == 4 * 6
    assert len(set(shapes.values())) == 1, {key: sorted(shape) for key, shape in shapes.items()}
    outcomes = {record["result"]["outcome"] for record in run.records}
    assert outcomes >= {
        "status_read",
        "off_verified",
        "on_verified",
        "restarted",
        "nmi_sent",
        "indeterminate",
        "refused",
    }
