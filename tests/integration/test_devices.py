"""Devices that fail, lie, vanish or are asked with the wrong words: what the operator is told of each."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from play_kit import Console, Lab, Run, Variables, fence

RACK = """
hosts:
  password: {bmc: {}}
  user: {bmc: {}}
  kg: {bmc: {kg: topsecretkey}}
  guid: {bmc: {guid: 00112233-4455-6677-8899-aabbccddeeff}}
  slots: {bmc: {faults: {sessions: 0}}}
  closed: {bmc: {faults: {closed: true}}}
  dead: {bmc: {faults: {dead: true}}}
  mute: {bmc: {faults: {mute_after_login: true}}}
  twice: {feeds: {a: {}, b: {}}}
  vanishes: {bmc: {faults: {vanish_after: 'off'}}}
  rejects: {bmc: {faults: {reject: 'off'}}}
  label: {bmc: {}}
  half: {feeds: {a: {}, b: {faults: {dead: true}}}}
  busy: {bmc: {faults: {busy: 2}}}
  unheard: {bmc: {faults: {ack_lost: 1}}}
  standby: {bmc: {faults: {vanish_after: 'off'}}, feeds: {a: {}, b: {}}}
"""

WRONG = "not-the-password"
#: Host: the agent in question, the class of its error, and what the message must say beside the agent.
FAILING: dict[str, tuple[str, str, list[str]]] = {
    "password": ("bmc", "auth_failed", ["has another password for this user", "heck password"]),
    "user": ("bmc", "auth_failed", ["does not know the user name", "heck username"]),
    "kg": ("bmc", "auth_failed", ["proves another K_g key", "set kg"]),
    "guid": ("bmc", "identity_mismatch", ["belongs to the system 33221100-", "heck address and guid"]),
    "slots": ("bmc", "busy", ["has no free session slot", "lose other sessions on the BMC"]),
    "closed": (
        "bmc",
        "unreachable",
        [" is closed: the machine is there, nothing listens", "heck address and port"],
    ),
    "dead": ("bmc", "", ["no answer"]),
    "mute": ("bmc", "", ["no answer", "(it answered at first)"]),
    "vanishes": ("bmc", "", ["no answer", "Left off, or with an off under way: 'bmc'."]),
    "rejects": ("bmc", "", ["Chassis Control off: the BMC answered 0xD5", "rejects is NOT off: it reads on"]),
    "label": ("bmc", "name_resolution", ["'bmc..example' is no host name", "/etc/resolv.conf"]),
    "half": (
        "feed-b",
        "",
        ["no answer", "half is NOT off: it reads on", "nothing was changed by this level"],
    ),
}
PROVEN = ("busy", "unheard", "standby")


@pytest.fixture(scope="module")
def run(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One play that tries to switch all of them off."""
    hosts: dict[str, Variables] = {name: {"pm_agents": lab.agents(name)} for name in lab.hosts}
    for host, option, value in (
        ("password", "password", WRONG),
        ("user", "username", "nobody"),
        ("kg", "kg", None),
        ("guid", "guid", "ffffffff-1111-2222-3333-444444444444"),
        ("label", "address", "bmc..example"),
    ):
        hosts[host]["pm_agents"][0]["ipmi"][option] = value
    first, second = (agent["ipmi"] for agent in hosts["twice"]["pm_agents"])
    second.update(address="localhost", port=first["port"])  # 'localhost' is 127.0.0.1 in other words
    here = Console(tmp_path_factory.mktemp("devices"), hosts)
    done = here.play([fence(action="off", timeout=16, agent_timeout=2)], "--forks", str(len(hosts)), "-vvvv")
    assert here.leftovers() == []
    return done


@pytest.mark.parametrize("host", FAILING)
def test_no_off_is_claimed_and_the_message_says_why(run: Run, lab: Lab, host: str) -> None:
    agent, kind, expected = FAILING[host]
    result = run.result(host)
    assert run.record(host)["status"] == "failed"
    assert result["outcome"] in ("indeterminate", "not_off")
    assert (result["fenced"], result["power"]) in ((False, "unknown"), (False, "on"))
    assert host in result["msg"]
    assert f"'{agent}' (" in result["msg"], "the agent is named"
    assert f":{lab.agent(host, agent)['port']})" in result["msg"], "and its address"
    assert [part for part in expected if part not in result["msg"]] == [], result["msg"]
    errors = {step["error"] for step in result["steps"] if step["agent"] == agent}
    assert kind in errors or (not kind and errors != {""}), errors
    for step in result["steps"]:
        assert not step["error"] or step["message"].startswith(f"{host}: pm_agents["), step


def test_one_outlet_under_two_spellings_of_its_address(run: Run, lab: Lab) -> None:
    result = run.result("twice")
    assert (result["outcome"], result["fenced"]) == ("not_off", False), "the other supply was never read"
    assert "it is the same device as 'feed-" in result["msg"]
    assert "Correct one of the two addresses, or leave one of the two agents out." in result["msg"]
    assert {step["error"] for step in result["steps"]} == {"", "misconfigured"}


def test_nothing_was_changed_where_nobody_could_be_asked(run: Run, lab: Lab) -> None:
    for host in (
        "password",
        "user",
        "kg",
        "guid",
        "slots",
        "closed",
        "dead",
        "mute",
        "twice",
        "label",
        "half",
    ):
        assert run.result(host)["changed"] is False, host
        assert lab.state(host) == "running", host
        agents: t.Iterable[str] = lab.ask(do="state", host=host)["hosts"][host]["agents"]
        assert [lab.commands(host, agent) for agent in agents] == [[] for _agent in agents], host


def test_one_that_vanished_after_the_off_is_not_taken_for_off(run: Run, lab: Lab) -> None:
    result = run.result("vanishes")
    assert (result["outcome"], result["changed"], result["left_off"]) == ("indeterminate", True, ["bmc"])
    assert lab.commands("vanishes") == ["off"], "not repeated blindly"


@pytest.mark.parametrize("host", PROVEN)
def test_off_is_proven_all_the_same(run: Run, lab: Lab, host: str) -> None:
    result = run.result(host)
    assert (result["outcome"], result["changed"], result["fenced"]) == ("off_verified", True, True), result[
        "msg"
    ]
    assert lab.state(host) == "dark"


def test_a_command_whose_answer_was_lost_is_not_sent_again(run: Run, lab: Lab) -> None:
    assert run.result("unheard")["outcome"] == "off_verified"
    assert lab.commands("unheard") == ["off"]


def test_a_bmc_that_went_silent_is_overruled_by_all_supplies(run: Run, lab: Lab) -> None:
    result = run.result("standby")
    assert (result["basis"], result["supply"]) == ("feed", "dead")
    assert [level["state"] for level in result["levels"]] == ["failed", "proven"]


def test_no_secret_in_any_of_it(run: Run) -> None:
    for secret in (WRONG, "topsecretkey", "secret"):
        assert [
            line for line in run.output.splitlines() if f"{secret}'" in line or f'"{secret}"' in line
        ] == []
