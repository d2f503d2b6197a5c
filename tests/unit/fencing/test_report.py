"""The result: one shape for every outcome and in check mode, sentences for operators, no secret."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._fencing import errors
from ansible_collections.hostpm.power.plugins.module_utils._fencing.levels import Refused
from ansible_collections.hostpm.power.plugins.module_utils._fencing.model import Agent, Request, RestorePolicy
from ansible_collections.hostpm.power.plugins.module_utils._fencing.report import refusal
from devices import DEAD, STUCK, Behaviour, faulty
from world import World, chassis, feed, host_of, run, wake

BMC = (chassis(),)
FEEDS = (feed("a"), feed("b"))
MIX = (chassis(), feed("a", 2), feed("b", 2))
NO_ON = faulty("on", errors.Rejected)
KEYS = {
    "failed": bool, "changed": bool, "msg": str, "action": str, "outcome": str, "power": str, "basis": str,
    "supply": str, "fenced": bool, "levels": list, "steps": list, "evidence": list, "may_return": list,
    "left_off": list, "proxy": str, "elapsed": float, "warnings": list,
}  # fmt: skip

#: An example of each outcome: action, agents, behaviours, on, dark supplies, what the message says.
OUTCOMES: dict[str, tuple[str, tuple[Agent, ...], dict[str, Behaviour], bool, str, str]] = {
    "status_read": ("status", BMC, {}, True, "", "node7 is on, read from its chassis 'bmc'."),
    "off_verified": ("off", FEEDS, {}, True, "", "node7 is off, proven by its feeds 'a' and 'b'."),
    "already_off": (
        "off",
        BMC,
        {},
        False,
        "",
        "node7 was off already, proven by its chassis 'bmc'; nothing was sent.",
    ),
    "on_verified": ("on", BMC, {}, False, "", "node7 is on, read from its chassis 'bmc'."),
    "already_on": (
        "on",
        BMC,
        {},
        True,
        "",
        "node7 was on already, read from its chassis 'bmc'; nothing was sent.",
    ),
    "on_unverified": ("on", (wake(),), {}, False, "", "nobody saw whether it did"),
    "restarted": ("restart", BMC, {}, True, "", "node7 was off, then is on, read from its chassis 'bmc'."),
    "nmi_sent": ("nmi", BMC, {}, True, "", "An NMI was sent to node7. It proves nothing"),
    "on_partial": ("on", FEEDS, {"b": STUCK}, True, "b", "its supply 'b' was not read on"),
    "restarted_partial": ("restart", FEEDS, {"b": NO_ON}, True, "", "its supply 'b' was not read on"),
    "fenced_not_restarted": (
        "restart",
        BMC,
        {"bmc": NO_ON},
        True,
        "",
        "was fenced (off was proven), but it was not",
    ),
    "not_off": ("off", BMC, {"bmc": STUCK}, True, "", "node7 is NOT off: it reads on"),
    "not_on": ("on", BMC, {"bmc": STUCK}, False, "", "node7 is NOT on: it reads off"),
    "indeterminate": ("off", BMC, {"bmc": DEAD}, True, "", "Do not take it for off."),
}
FAILED = {"fenced_not_restarted", "not_off", "not_on", "indeterminate"}


def example(outcome: str, **more: t.Any) -> dict[str, t.Any]:
    action, agents, how, lit, dark, _unused = OUTCOMES[outcome]
    world = World(host_of(*agents), how, on=lit, dark=dark)
    return run(world.host, world, action=action, **more)[1]


def check_shape(result: dict[str, t.Any], *extra: str) -> None:
    assert {key: type(value) for key, value in result.items() if key not in extra} == KEYS
    assert set(extra) <= set(result)
    assert json.loads(json.dumps(result)) == result
    assert not {"attempts", "results", "rc", "hunter2"} & set(json.dumps(result).replace('"', " ").split())


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_each_outcome_has_one_shape_and_its_sentence(outcome: str) -> None:
    result = example(outcome)
    assert result["outcome"] == outcome
    check_shape(result)
    assert OUTCOMES[outcome][-1] in result["msg"]
    assert result["failed"] is (outcome in FAILED)
    assert bool(result["warnings"]) is (outcome in ("on_partial", "restarted_partial", "on_unverified"))


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_check_mode_has_the_same_shape_and_the_plan(outcome: str) -> None:
    action, agents, how, lit, dark, _unused = OUTCOMES[outcome]
    world = World(host_of(*agents), how, on=lit, dark=dark)
    check_shape(run(world.host, world, check=True, diff=True, action=action)[1], "plan", "diff")
    assert world.sent() == []


def test_a_refusal_has_the_shape_too() -> None:
    result = refusal(
        host_of(*FEEDS), Request("off"), Refused(["Because of this.", "And that."]), proxy="localhost"
    )
    check_shape(result)
    assert result["msg"] == "node7: off is refused, nothing was sent. Because of this. And that."
    assert (result["failed"], result["changed"], result["outcome"]) == (True, False, "refused")


@pytest.mark.parametrize("outcome", sorted(FAILED - {"fenced_not_restarted", "not_on"}))
def test_a_failure_names_host_agent_and_address(outcome: str) -> None:
    text = example(outcome)["msg"]
    assert [word for word in ("node7", "'bmc'", "bmc.example") if word not in text] == []


def test_steps_tell_what_was_sent_read_and_went_wrong() -> None:
    world = World(host_of(*MIX), {"bmc": faulty("off", errors.Rejected)})
    steps = run(world.host, world, action="off")[1]["steps"]
    assert [step["sent"] for step in steps if step["sent"]] == ["off", "off", "off"]
    wrong = [step for step in steps if step["error"]]
    assert wrong[0]["message"] == "node7: pm_agents[0] 'bmc' (bmc.example): off: rejected. Look at it."
    assert {step["driver"] for step in steps} == {"fake"}
    assert steps[0]["level"] == 1


def test_equal_reads_become_one_step() -> None:
    world = World(host_of(*BMC), {"bmc": STUCK})
    steps = run(world.host, world, action="off", timeout=60.0)[1]["steps"]
    assert [(step["sent"], step["read"]) for step in steps[:3]] == [("", "on"), ("off", ""), ("", "on")]
    assert steps[2]["times"] > 40
    assert len(steps) <= 4


def test_evidence_says_who_read_what_when_and_through_whom() -> None:
    seen = example("off_verified")["evidence"][0]
    assert {key: seen[key] for key in ("agent", "role", "power", "error", "proxy")} == {
        "agent": "a", "role": "feed", "power": "off", "error": "", "proxy": "localhost",
    }  # fmt: skip
    assert 0.0 < seen["start"] < seen["end"] < 1.0


@pytest.mark.parametrize(
    ("agents", "policy", "standby", "expected"),
    [
        (BMC, RestorePolicy.ALWAYS, False, ["restore_policy", "unknown"]),
        (BMC, RestorePolicy.LAST, False, ["unknown"]),
        ((*BMC, wake()), RestorePolicy.NEVER, False, ["wol", "unknown"]),
        (FEEDS, RestorePolicy.ALWAYS, False, ["unknown"]),
        ((chassis(), feed("a")), RestorePolicy.ALWAYS, True, ["restore_policy"]),
        ((chassis(), feed("a")), RestorePolicy.LAST, True, ["restore_policy"]),
        ((chassis(), feed("a")), RestorePolicy.NEVER, True, []),
    ],
    ids=["always", "last", "wake", "feeds alone", "cut, always", "cut, last", "cut, never"],
)
def test_may_return(
    agents: tuple[Agent, ...], policy: RestorePolicy, standby: bool, expected: list[str]
) -> None:
    world = World(host_of(*agents), policy=policy, standby=standby)
    assert run(world.host, world, action="off")[1]["may_return"] == expected


@pytest.mark.parametrize(
    ("outcome", "before", "after"),
    [
        ("off_verified", "on", "off"),
        ("already_off", "off", "off"),
        ("restarted", "on", "on"),
        ("not_off", "on", "on"),
    ],
)
def test_diff(outcome: str, before: str, after: str) -> None:
    assert example(outcome, diff=True)["diff"] == {"before": {"power": before}, "after": {"power": after}}


@pytest.mark.parametrize("outcome", ["on_partial", "restarted_partial"])
def test_require_all_turns_a_warning_into_a_failure(outcome: str) -> None:
    result = example(outcome, require="all")
    assert (result["failed"], result["warnings"], result["outcome"]) == (True, [], outcome)
