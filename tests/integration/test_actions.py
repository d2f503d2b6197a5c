"""What each action does to a host, as a play's results and the lab's own books tell it, on every core."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from play_kit import FENCE, Lab, MakeConsole, fence

RACK = """
hosts:
  down: {bmc: {}}
  twice: {bmc: {acpi: true}}
  thrice: {bmc: {}}
  supplied: {bmc: {}, feeds: {a: {}, b: {}}, restore_policy: always}
  unquoted: {bmc: {}}
  reborn: {bmc: {}}
  debugged: {bmc: {}}
  liar: {bmc: {faults: {lie: 'off'}}}
  shy: {bmc: {acpi: true, faults: {reject: 'on'}}, power: 'off'}
  dim: {bmc: {}, feeds: {a: {}, b: {faults: {lie: 'on'}}}, power: 'off'}
  late: {bmc: {faults: {lie: 'off'}}}
  sleeper: {bmc: {}}
  insomniac: {bmc: {}, power: 'off'}
"""

pytestmark = pytest.mark.every_core


def test_ad_hoc_status_of_a_host_that_is_down(lab: Lab, console: MakeConsole) -> None:
    here = console({"down": lab.hosts["down"]})
    assert here.run("ansible", "down", "-m", "ping").record("down")["status"] == "unreachable"
    run = here.adhoc("down", "action=status")
    assert run.status == 0, run.output
    result = run.result("down")
    assert (result["outcome"], result["power"], result["changed"]) == ("status_read", "on", False)
    assert result["msg"] == "down is on, read from its chassis 'bmc'."
    assert lab.commands("down") == []


def test_a_second_off_changes_nothing(lab: Lab, console: MakeConsole) -> None:
    run = console({"twice": lab.hosts["twice"]}).play(
        [
            fence("first", action="off"),
            fence("second", action="off"),
            fence("on", action="on"),
            fence("again", action="on"),
        ]
    )
    assert run.status == 0, run.output
    first, second, on, again = (run.result("twice", name) for name in ("first", "second", "on", "again"))
    assert (first["outcome"], first["changed"], first["fenced"]) == ("off_verified", True, True)
    assert (second["outcome"], second["changed"], second["fenced"]) == ("already_off", False, True)
    assert (on["outcome"], on["changed"]) == ("on_verified", True)
    assert (again["outcome"], again["changed"]) == ("already_on", False)
    assert lab.commands("twice") == ["off", "on"]
    assert lab.state("twice") == "running"


def test_a_host_that_sleeps_is_not_taken_for_off(lab: Lab, console: MakeConsole) -> None:
    """Its BMC reads off and cannot tell more: the hard off is sent, and takes it down."""
    lab.ask(do="sleep", host="sleeper")
    run = console({"sleeper": lab.hosts["sleeper"]}).play(
        [fence("seen", action="status"), fence("fenced", action="off", agent_timeout=2)]
    )
    seen, fenced = (run.result("sleeper", name) for name in ("seen", "fenced"))
    assert (seen["power"], seen["fenced"]) == ("off", False)
    assert (fenced["outcome"], fenced["changed"], fenced["fenced"]) == ("off_verified", True, True)
    assert (lab.commands("sleeper"), lab.state("sleeper")) == (["off"], "dark")
    for result in (seen, fenced):
        assert "sleeper: 'bmc' cannot tell off from asleep (S3)." in " ".join(result["warnings"])


def test_a_host_that_never_sleeps_is_off_when_its_bmc_reads_off(lab: Lab, console: MakeConsole) -> None:
    agents = [{**agent, "may_sleep": False} for agent in lab.agents("insomniac")]
    run = console({"insomniac": {"pm_agents": agents}}).play([fence(action="off")])
    result = run.result("insomniac")
    assert (result["outcome"], result["changed"], lab.commands("insomniac")) == ("already_off", False, [])
    assert not result.get("warnings")


def test_restart_of_a_host_that_starts_by_itself_when_its_power_returns(
    lab: Lab, console: MakeConsole
) -> None:
    lab.fault("supplied", "bmc", reject=["off"])
    run = console({"supplied": lab.hosts["supplied"]}).play([fence(action="restart")])
    result = run.result("supplied")
    assert (run.status, result["outcome"], result["fenced"], result["power"]) == (0, "restarted", True, "on")
    assert [level["state"] for level in result["levels"]] == ["failed", "proven"]
    states = [event["what"] for event in lab.events("supplied") if event["event"] == "host"]
    assert states == ["running", "dark", "running"], "one power cycle, no more"
    assert [lab.commands("supplied", f"feed-{name}") for name in "ab"] == [["off", "on"]] * 2


def test_unquoted_off_and_on_are_understood(lab: Lab, console: MakeConsole) -> None:
    here = console({"unquoted": lab.hosts["unquoted"]})
    here.write(
        "play.yml",
        f"""
- hosts: all
  gather_facts: false
  tasks:
    - {{name: down, {FENCE}: {{action: off, poll: 0.1, settle: 0.1}}}}
    - name: up
      {FENCE}:
        action: on
        poll: 0.1
    - {{name: text, {FENCE}: action=off settle=0.1}}
""",
    )
    run = here.run("ansible-playbook", "play.yml")
    assert run.status == 0, run.output
    assert run.result("unquoted", "down")["outcome"] == "off_verified"
    assert run.result("unquoted", "up")["outcome"] == "on_verified"
    assert lab.commands("unquoted") == ["off", "on", "off"]


def test_reboot_is_restart(lab: Lab, console: MakeConsole) -> None:
    run = console({"reborn": lab.hosts["reborn"]}).play([fence(action="reboot")])
    result = run.result("reborn")
    assert (result["outcome"], result["action"], result["changed"]) == ("restarted", "restart", True)
    assert lab.commands("reborn") == ["off", "on"]


def test_nmi(lab: Lab, console: MakeConsole) -> None:
    result = console({"debugged": lab.hosts["debugged"]}).play([fence(action="nmi")]).result("debugged")
    assert (result["outcome"], result["fenced"]) == ("nmi_sent", False)
    assert lab.commands("debugged") == ["nmi"]
    assert lab.state("debugged") == "running"


def test_a_bmc_that_acknowledges_and_stays_on(lab: Lab, console: MakeConsole) -> None:
    run = console({"liar": lab.hosts["liar"]}).play(
        [fence(action="off", timeout=3), fence("never", action="on")]
    )
    result = run.result("liar", "fence")
    assert run.status == 2
    assert (result["outcome"], result["changed"], result["fenced"]) == ("not_off", True, False)
    assert result["power"] == "on"
    address = f"pm_agents[0] 'bmc' (127.0.0.1:{lab.agent('liar')['port']})"
    assert result["msg"].startswith("liar is NOT off: it reads on, read from its chassis 'bmc'. ")
    assert f"Level 1 failed: {address}: was told off and still reads on." in result["msg"]
    assert lab.commands("liar") == ["off"], "an acknowledged off is not repeated, and the next task never ran"


def test_off_proven_and_not_on_again(lab: Lab, console: MakeConsole) -> None:
    run = console({"shy": lab.hosts["shy"]}).play([fence(action="restart", timeout=6)])
    result = run.result("shy")
    assert (run.status, result["outcome"], result["fenced"], result["power"]) == (
        2,
        "fenced_not_restarted",
        True,
        "off",
    )
    assert lab.state("shy") == "dark"


def test_a_dark_supply_is_a_warning_or_with_require_all_a_failure(lab: Lab, console: MakeConsole) -> None:
    lab.fault("dim", "bmc", lie=None)
    here = console({"dim": lab.hosts["dim"]})
    assert here.play([fence(action="off", strategy="auto")]).status == 0
    for name in "ab":
        lab.ask(do="plug", host="dim", feed=name, plugged=True)
    run = here.play(
        [
            fence("cut", action="off", agents=[agent for agent in lab.agents("dim") if "feed" in agent]),
            fence("any", action="on", timeout=6),
            fence("all", action="on", timeout=6, require="all"),
        ]
    )
    lenient, strict = run.result("dim", "any"), run.result("dim", "all")
    assert (lenient["outcome"], lenient["supply"], lenient["power"]) == ("on_partial", "partial", "on")
    assert run.record("dim", "any")["status"] == "ok"
    assert "dim: the supply 'b' was not read on" in run.output.replace("\n", " ")
    assert (strict["outcome"], run.record("dim", "all")["status"]) == ("on_partial", "failed")


def test_until_and_retries_see_the_outcome(lab: Lab, console: MakeConsole) -> None:
    task = {
        "register": "found",
        "until": "found.outcome == 'status_read' and found.power == 'off'",
        "retries": 2,
        "delay": 0,
    }
    run = console({"late": lab.hosts["late"]}).play([fence(action="status", task=task)])
    result = run.result("late")
    assert (run.record("late")["status"], result["outcome"], result["attempts"]) == (
        "failed",
        "status_read",
        2,
    )
    assert len(run.records) >= 2
