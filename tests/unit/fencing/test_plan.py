"""Check mode: status is really read, nothing is sent, the plan says what would be done in how long."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._fencing.model import Agent
from devices import DEAD, Behaviour
from world import World, chassis, feed, host_of, run, wake

BMC = (chassis(),)
MIX = (feed("a", 2), chassis(), feed("b", 2), wake())


def plan(
    agents: tuple[Agent, ...],
    how: dict[str, Behaviour] | None = None,
    *,
    lit: bool = True,
    dark: str = "",
    **more: t.Any,
) -> tuple[World, dict[str, t.Any]]:
    world = World(host_of(*agents), how, on=lit, dark=dark)
    return world, run(world.host, world, check=True, diff=True, **more)[1]


@pytest.mark.parametrize(
    ("action", "lit", "dark", "changed", "after"),
    [
        ("off", True, "", True, "off"),
        ("off", False, "", False, "off"),
        ("restart", True, "", True, "on"),
        ("restart", False, "", True, "on"),
        ("on", False, "", True, "on"),
        ("on", True, "", False, "on"),
        ("on", True, "b", True, "on"),
        ("nmi", True, "", True, "on"),
    ],
)
def test_what_would_be_done(action: str, lit: bool, dark: str, changed: bool, after: str) -> None:
    world, result = plan(MIX, lit=lit, dark=dark, action=action)
    assert (result["outcome"], result["changed"], result["failed"]) == ("planned", changed, False)
    assert result["power"] == ("on" if lit else "off")
    assert result["diff"] == {"before": {"power": result["power"]}, "after": {"power": after}}
    assert world.of("status")
    assert (world.sent(), world.still_open()) == ([], [])
    assert ("would be carried out" in result["msg"]) is changed


def test_status_is_the_same_as_without_check_mode() -> None:
    assert plan(BMC, action="status")[1]["outcome"] == "status_read"


def test_a_host_that_cannot_be_read_is_planned_with_the_reason() -> None:
    _unused, result = plan(BMC, {"bmc": DEAD}, action="off")
    assert (result["outcome"], result["changed"], result["power"]) == ("planned", True, "unknown")
    assert "'bmc' (bmc.example): open: unreachable" in result["msg"]


def test_the_levels_say_why_they_suffice_and_what_a_failure_leads_to() -> None:
    levels = plan(MIX, action="off", timeout=120.0)[1]["plan"]["levels"]
    assert [level["agents"] for level in levels] == [["bmc"], ["a", "b"]]
    assert "a chassis agent" in levels[0]["sufficient"]
    assert "all supplies" in levels[1]["sufficient"]
    assert levels[0]["on_failure"].startswith("level 2 is tried")
    assert levels[1]["on_failure"].startswith("the task fails")


@pytest.mark.parametrize(
    ("action", "phases", "levels"),
    [
        ("status", [("read", 120.0)], []),
        ("on", [("on", 120.0)], []),
        ("off", [("off", 120.0)], [60.0, 60.0]),
        ("restart", [("off", 80.0), ("on", 40.0)], [40.0, 40.0]),
        ("nmi", [("nmi", 120.0)], []),
    ],
)
def test_the_worst_case_of_each_phase(
    action: str, phases: list[tuple[str, float]], levels: list[float]
) -> None:
    shown = plan(MIX, action=action, timeout=120.0)[1]["plan"]
    assert [(phase["phase"], phase["at_most"]) for phase in shown["phases"]] == phases
    assert [level["at_most"] for level in shown["levels"]] == levels


def test_agents_are_switched_on_feeds_first_wake_agents_last() -> None:
    assert plan(MIX, action="on")[1]["plan"]["switched_on"] == ["a", "b", "bmc", "wol"]
    assert plan(MIX, action="off")[1]["plan"]["switched_on"] == []


def test_the_proxy_is_told_with_its_reason() -> None:
    shown = plan(BMC, action="off")[1]["plan"]
    assert (shown["proxy"], "the controller" in shown["proxy_reason"]) == ("localhost", True)


@pytest.mark.parametrize("action", ["off", "restart", "on", "nmi"])
def test_a_plan_keeps_the_deadline_too(action: str) -> None:
    hanging = dict.fromkeys(["a", "b", "bmc"], Behaviour(seconds=500.0))
    world, result = plan(MIX, hanging, action=action, timeout=30.0)
    assert (result["elapsed"] <= 30.0, world.still_open()) == (True, [])
