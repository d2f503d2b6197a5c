"""From agents to levels: the strategies, and every plan that is refused, with what its message says."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._fencing.levels import Refused, arrange, off_levels
from ansible_collections.hostpm.power.plugins.module_utils._fencing.model import Agent, Host
from world import World, chassis, feed, host_of, run, wake

MIX = (feed("b", 2), chassis(order=1), feed("a", 2), wake())


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("auto", [["bmc"], ["b", "a"]]),
        ("serial", [["bmc"], ["b"], ["a"]]),
        ("parallel", [["bmc", "b", "a"]]),
    ],
)
def test_a_strategy_arranges_agents_in_levels(strategy: str, expected: list[list[str]]) -> None:
    levels = arrange(host_of(*MIX).agents, strategy)
    assert [[agent.name for agent in level.agents] for level in levels] == expected
    assert [level.number for level in levels] == list(range(1, len(expected) + 1))


def test_an_agent_without_off_is_left_out_of_the_levels_of_an_off() -> None:
    host = host_of(chassis(actions="on"), chassis("ilo", 1), chassis("drac", 2, actions="on nmi"))
    assert [[agent.name for agent in level.agents] for level in off_levels(host, "auto")] == [["ilo"]]


TWIN = replace(chassis("twin", 2), device="dev-bmc")
REFUSALS: list[tuple[str, tuple[Agent, ...], str, str, list[str]]] = [
    ("no agents", (), "status", "auto", ["No agents.", "pm_agents", "ipmi"]),
    (
        "one name twice",
        (chassis(), replace(chassis(), device="other")),
        "status",
        "auto",
        [
            "pm_agents[1] 'bmc' (bmc.example) and pm_agents[0] 'bmc' (bmc.example) have the same name",
            "name of its own",
        ],
    ),
    (
        "one device twice",
        (chassis(), TWIN),
        "on",
        "auto",
        [
            "pm_agents[1] 'twin' (twin.example) and pm_agents[0] 'bmc'",
            "same device and plug",
            "correct its address",
        ],
    ),
    (
        "feeds one after the other",
        (feed("a"), feed("b")),
        "off",
        "serial",
        ["Level 1 ('a') and level 2 ('b') never take the host down: another", "Use strategy: parallel"],
    ),
    (
        "feeds of different order",
        (feed("a", 1), feed("b", 2)),
        "off",
        "auto",
        ["Level 1 ('a') and level 2 ('b') never take", "Give the agents of its supplies the same order"],
    ),
    (
        "feeds one after the other behind a chassis",
        (chassis(), feed("a"), feed("b")),
        "restart",
        "serial",
        [
            "Level 2 ('a') and level 3 ('b') never take the host down",
            "supplies that are switched off one after the other",
        ],
    ),
    (
        "a feed that cannot switch off",
        (feed("a"), feed("b", actions="on")),
        "off",
        "auto",
        [
            "Level 1 ('a') never takes the host down: no agent can switch off its supply 'b'",
            "Give each supply an agent that can",
        ],
    ),
    (
        "nothing can switch off",
        (chassis(actions="on"), wake()),
        "off",
        "auto",
        ["can switch it off", "action off"],
    ),
    ("nothing can switch off or on again", (wake(),), "restart", "auto", ["can switch it off"]),
    ("nothing can switch on", (chassis(actions="off"),), "on", "auto", ["can switch it on", "action on"]),
    ("nothing can switch on again", (chassis(actions="off"),), "restart", "auto", ["can switch it on"]),
    (
        "nothing can send an NMI",
        (chassis(actions="on off"), feed("a", actions="nmi")),
        "nmi",
        "auto",
        ["send an NMI"],
    ),
    ("nothing can be read", (wake(),), "status", "auto", ["can be read", "a wake agent tells nothing"]),
]


@pytest.mark.parametrize("check", [False, True], ids=["run", "check mode"])
@pytest.mark.parametrize(
    ("agents", "action", "strategy", "words"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
)
def test_refused(
    agents: tuple[Agent, ...], action: str, strategy: str, words: list[str], check: bool
) -> None:
    host = host_of(*agents)
    world = World(host)
    with pytest.raises(Refused) as refused:
        run(host, world, check=check, action=action, strategy=strategy)
    assert [word for word in words if word not in str(refused.value)] == []
    assert world.calls == [], "not even a session was opened"


def test_all_mistakes_of_the_agents_are_told_at_once() -> None:
    host = host_of(chassis(), replace(chassis(), device="other"), TWIN)
    with pytest.raises(Refused) as refused:
        run(host, World(host), action="status")
    assert len(refused.value.reasons) == 2


ACCEPTED: list[tuple[str, tuple[Agent, ...], str, str]] = [
    ("one feed in serial", (feed("a"),), "off", "serial"),
    ("two ways to one feed in serial", (feed("a1", supply="a"), feed("a2", supply="a")), "off", "serial"),
    ("two feeds in parallel", (feed("a", 1), feed("b", 2)), "off", "parallel"),
    ("chassis agents in serial", (chassis(), chassis("ilo")), "off", "serial"),
    ("oVirt's mix", (chassis(), feed("a", 2), feed("b", 2)), "restart", "auto"),
    ("a chassis and one feed of two", (chassis(), feed("a"), feed("b", 2), chassis("ilo", 2)), "off", "auto"),
    ("only a wake agent, for on", (wake(),), "on", "auto"),
    ("status of feeds in serial", (feed("a"), feed("b")), "status", "serial"),
]


@pytest.mark.parametrize(
    ("agents", "action", "strategy"), [r[1:] for r in ACCEPTED], ids=[r[0] for r in ACCEPTED]
)
def test_accepted(agents: tuple[Agent, ...], action: str, strategy: str) -> None:
    host = host_of(*agents)
    assert not run(host, World(host), action=action, strategy=strategy)[1]["failed"]


def test_two_ways_to_a_feed_are_one_supply() -> None:
    host: Host = host_of(feed("a1", supply="a"), feed("a2", supply="a"), feed("b"))
    assert host.sufficient(host.agents[1:]) == "feed"
    assert host.sufficient(host.agents[:2]) is None
