"""The ladder on loopback: its order, the agents of the lab, check mode, and when nobody looks."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from play_kit import Lab, MakeConsole, Variables
from wake_kit import Sleepers, at, boots, mac_of, packet_of, wake

#: Its fixtures: networks, desk, port, heard.
pytest_plugins = ["wake_fixtures"]
RACK = """
hosts:
  agent: {power: 'off', boot_time: 1, bmc: {}}
  asleep: {bmc: {acpi: true}}
  controller: {power: 'off', bmc: {}}
  proxy: {power: 'off', bmc: {}}
  both: {power: 'off', bmc: {}}
  order: {power: 'off', bmc: {}}
  spared: {power: 'off', bmc: {}}
  dead: {power: 'off', bmc: {faults: {dead: true}}}
  strange: {power: 'off', bmc: {}}
  checked: {power: 'off', bmc: {}}
  blind: {power: 'off', bmc: {}}
  lonely: {bmc: {}}
"""
LOCAL: Variables = {"ansible_connection": "local"}


@pytest.mark.every_core
def test_agents_switch_it_on_and_it_boots(lab: Lab, console: MakeConsole, port: int) -> None:
    here = console({"agent": at(port, pm_agents=lab.agents("agent"))})
    with boots(lab, "agent", port):
        run = here.play([wake("first"), wake("second")])
    assert run.status == 0, run.output
    first, second = run.result("agent", "first"), run.result("agent", "second")
    assert (first["outcome"], first["rung"], first["changed"], first["packets"]) == (
        "woken",
        "agent",
        True,
        0,
    )
    assert "after its agents were asked to switch it on" in first["msg"]
    assert (second["outcome"], second["changed"]) == ("already_awake", False)
    assert lab.commands("agent") == ["on"]


def test_agents_wake_a_host_that_sleeps(lab: Lab, console: MakeConsole, port: int) -> None:
    lab.ask(do="sleep", host="asleep")
    assert lab.state("asleep") == "asleep"
    here = console({"asleep": at(port, pm_agents=lab.agents("asleep"))})
    with boots(lab, "asleep", port):
        result = here.play([wake()]).result("asleep")
    assert (result["outcome"], result["rung"], lab.commands("asleep")) == ("woken", "agent", ["on"])


@pytest.mark.parametrize("verify_from", ["controller", "proxy"])
def test_agents_are_reached_through_the_proxy(
    lab: Lab, console: MakeConsole, port: int, verify_from: str
) -> None:
    here = console({"node": at(port, pm_agents=lab.agents(verify_from)), "jump": LOCAL})
    with boots(lab, verify_from, port):
        task = wake(verify_from=verify_from, task={"delegate_to": "jump"})
        run = here.play([task], "-vvvv", hosts="node")
    result = run.result("node")
    assert (result["outcome"], result["rung"], result["changed"]) == ("woken", "agent", True), run.output
    assert (result["proxy"], lab.commands(verify_from)) == ("jump", ["on"])
    assert result["verified_from"] == ("localhost" if verify_from == "controller" else "jump")
    assert '"secret"' not in run.output


@pytest.mark.every_core
def test_the_ladder_is_climbed_in_order(lab: Lab, console: MakeConsole, port: int, heard: Sleepers) -> None:
    variables = at(port, pm_mac=mac_of(1), pm_agents=lab.agents("both"))
    here = console({"both": variables})
    with boots(lab, "both", port):
        result = here.play([wake(due=1, timeout=9, ports=heard.ports)]).result("both")
    assert (result["outcome"], result["rung"], result["changed"]) == ("woken", "agent", True)
    assert [(rung["rung"], rung["state"]) for rung in result["rungs"]] == [
        ("rtc", "no_answer"),
        ("magic", "no_answer"),
        ("agent", "worked"),
    ]
    begins = [rung["at"] for rung in result["rungs"]]
    assert begins == sorted(begins)
    assert heard.ways(packet_of(mac_of(1))) == {f"udp {one}" for one in heard.ports}
    assert len(heard.heard()) == result["packets"] == result["rungs"][1]["sent"]
    assert "(before that: rtc, magic)" in result["msg"]


def test_another_order(lab: Lab, console: MakeConsole, port: int, heard: Sleepers) -> None:
    here = console({"order": at(port, pm_mac=mac_of(2), pm_agents=lab.agents("order"))})
    with boots(lab, "order", port):
        result = here.play([wake(rungs=["agent", "magic"], ports=heard.ports)]).result("order")
    assert [(rung["rung"], rung["state"]) for rung in result["rungs"]] == [
        ("agent", "worked"),
        ("magic", "not_needed"),
    ]
    assert heard.heard() == []


def test_a_rung_that_is_not_asked_for_is_not_used(
    lab: Lab, console: MakeConsole, port: int, heard: Sleepers
) -> None:
    here = console({"spared": at(port, pm_mac=mac_of(3), pm_agents=lab.agents("spared"))})
    result = here.play([wake(rungs=["magic"], timeout=2, ports=heard.ports)]).result("spared")
    assert (result["outcome"], lab.packets("spared")) == ("not_reached", 0)


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("dead", "pm_agents[0] 'bmc' (127.0.0.1:"),
        ("strange", "has another password for this user"),
        # it was on all the time, and answers nowhere
        ("lonely", "agent: lonely was on already, read from its chassis 'bmc'; nothing was sent"),
    ],
)
def test_what_agents_could_not_do_is_told(
    lab: Lab, console: MakeConsole, port: int, host: str, says: str
) -> None:
    agents = lab.agents(host)
    if host == "strange":
        agents[0]["ipmi"]["password"] = "Gr3en-Eggs"
    here = console({host: at(port, pm_agents=agents)})
    run = here.play([wake(timeout=4, agent_timeout=2)], "-vvvv")
    result = run.result(host)
    assert (result["outcome"], result["reached"], result["rung"]) == ("not_reached", False, "")
    assert says in result["msg"]
    assert lab.commands(host) == []
    assert "Gr3en-Eggs" not in run.output


def test_check_mode_sends_nothing_to_anybody(
    lab: Lab, console: MakeConsole, port: int, heard: Sleepers
) -> None:
    here = console({"checked": at(port, pm_mac=mac_of(4), pm_agents=lab.agents("checked")), "proxy": LOCAL})
    for task in ({}, {"delegate_to": "proxy"}):
        run = here.play([wake(due=5, ports=heard.ports, task=task)], "--check", "--diff", hosts="checked")
        result = run.result("checked")
        assert (run.status, result["outcome"], result["changed"]) == (0, "planned", True)
        assert [row["rung"] for row in result["plan"]["rungs"]] == ["rtc", "magic", "agent"]
        assert result["plan"]["rungs"][2]["does"].startswith("switches the host on by pm_agents[0] 'bmc'")
        assert result["plan"]["proxy"] == (task.get("delegate_to") or "localhost")
    assert (lab.packets("checked"), heard.heard()) == (0, [])


def test_nobody_looks(lab: Lab, console: MakeConsole, port: int, heard: Sleepers) -> None:
    here = console({"blind": at(port, pm_mac=mac_of(5), pm_agents=lab.agents("blind"))})
    run = here.play([wake(reach="none", interval=0.1, ports=heard.ports)])
    result = run.result("blind")
    assert (run.status, result["outcome"], result["changed"], result["reached"]) == (
        0,
        "unverified",
        True,
        False,
    )
    assert (result["packets"], len(heard.heard()), lab.commands("blind")) == (6, 6, ["on"])
    assert "it was not seen whether the host woke up" in " ".join(run.stderr.split())
    assert (result["verified_from"], result["looked_at"]) == ("", "")
