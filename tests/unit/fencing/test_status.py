"""Status: level by level until there is a verdict, never a command, never more than needed."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._fencing.model import Agent, Power, Reading
from devices import DEAD, HANGS, NO_ENTRY, Behaviour
from world import World, chassis, feed, host_of, run, wake

BMC = (chassis(),)
BMCS = (chassis(), chassis("ilo"))
MIX = (chassis(), feed("a", 2), feed("b", 2))
FEEDS_FIRST = (feed("a"), feed("b"), chassis(order=2))
ASLEEP = Behaviour(says=Reading(Power.ASLEEP, "S3"))
ODD = Behaviour(says=Reading(Power.UNKNOWN, "PoweringOff"))

ROWS: list[tuple[str, tuple[Agent, ...], dict[str, Behaviour], bool, str, str, str, str]] = [
    # agents, behaviours, on, dark supplies, power, basis, names of the agents that were touched
    ("on", BMC, {}, True, "", "on", "chassis", "bmc"),
    ("off", BMC, {}, False, "", "off", "chassis", "bmc"),
    ("asleep", BMC, {"bmc": ASLEEP}, True, "", "asleep", "chassis", "bmc"),
    ("in transition", BMC, {"bmc": ODD}, True, "", "unknown", "", "bmc"),
    ("dead", BMC, {"bmc": DEAD}, True, "", "unknown", "", "bmc"),
    ("one of two in error", BMCS, {"ilo": DEAD}, False, "", "unknown", "", "bmc ilo"),
    ("one of two in error beside on", BMCS, {"ilo": DEAD}, True, "", "on", "chassis", "bmc ilo"),
    ("later levels are not touched", MIX, {}, True, "", "on", "chassis", "bmc"),
    ("the next level is asked", MIX, {"bmc": NO_ENTRY}, True, "", "unknown", "", "a b bmc"),
    ("dead feeds prove off", MIX, {}, True, "ab", "off", "feed", "a b bmc"),
    ("live feeds prove nothing beside a chassis", FEEDS_FIRST, {}, True, "", "on", "chassis", "a b bmc"),
    ("dead feeds suffice", FEEDS_FIRST, {}, True, "ab", "off", "feed", "a b"),
    ("wake agents are never read", (chassis(), wake()), {"bmc": DEAD}, True, "", "unknown", "", "bmc"),
    ("feeds alone", (feed("a"), feed("b")), {}, True, "b", "on", "feed", "a b"),
]


@pytest.mark.parametrize(
    ("agents", "how", "lit", "dark", "power", "basis", "touched"),
    [row[1:] for row in ROWS],
    ids=[row[0] for row in ROWS],
)
def test_status(
    agents: tuple[Agent, ...],
    how: dict[str, Behaviour],
    lit: bool,
    dark: str,
    power: str,
    basis: str,
    touched: str,
) -> None:
    world = World(host_of(*agents), how, on=lit, dark=dark)
    _unused, result = run(world.host, world, action="status")
    assert (result["power"], result["basis"]) == (power, basis)
    assert result["outcome"] == ("indeterminate" if power == "unknown" else "status_read")
    assert result["failed"] is (power == "unknown")
    assert sorted({call.agent.name for call in world.calls}) == touched.split()
    assert (world.sent(), result["changed"], result["fenced"]) == ([], False, False)


@pytest.mark.parametrize(("dark", "supply"), [("", "live"), ("a", "partial"), ("ab", "dead")])
def test_supply_stands_beside_the_verdict(dark: str, supply: str) -> None:
    world = World(host_of(feed("a"), feed("b"), chassis()), dark=dark)
    assert run(world.host, world, action="status")[1]["supply"] == supply


def test_a_hanging_agent_costs_its_own_time_only() -> None:
    world = World(host_of(chassis(), chassis("ilo", 2)), {"bmc": HANGS})
    _unused, result = run(world.host, world, action="status", agent_timeout=7.0)
    assert (result["power"], result["elapsed"] < 8.0) == ("on", True)
    assert result["steps"][0]["error"] == "deadline_exceeded"
