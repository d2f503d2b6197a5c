"""The verdict, row by row: what a set of reads proves about a host, and what it does not."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._fencing.errors import Unreachable
from ansible_collections.hostpm.power.plugins.module_utils._fencing.model import (
    Host,
    Observation,
    Power,
    Reading,
)
from ansible_collections.hostpm.power.plugins.module_utils._fencing.verdict import Verdict, judge
from world import chassis, feed, host_of

WORDS = {"on": Power.ON, "off": Power.OFF, "asleep": Power.ASLEEP, "odd": Power.UNKNOWN}


def verdict(host: Host, *levels: str) -> Verdict:
    """The verdict of levels written as "bmc=off a=error"."""
    by_name = {agent.name: agent for agent in host.agents}

    def seen(text: str) -> Observation:
        name, _unused, word = text.partition("=")
        if word == "error":
            return Observation(by_name[name], 1.0, 2.0, error=Unreachable("status: no answer", "Look at it"))
        return Observation(
            by_name[name], 1.0, 2.0, reading=Reading(WORDS[word], "PoweringOff" * (word == "odd"))
        )

    return judge(host, [[seen(text) for text in level.split()] for level in levels])


BMC = host_of(chassis())
TWO_BMCS = host_of(chassis(), chassis("ilo"))
FEED = host_of(feed("a"))
FEEDS = host_of(feed("a"), feed("b"))
MIXED = host_of(chassis(), feed("a", 2), feed("b", 2))
TWO_WAYS = host_of(feed("a1", supply="a"), feed("a2", supply="a"), feed("b"))

ROWS = [
    # host, levels read, power, basis, supply
    ("a chassis that is on", BMC, ["bmc=on"], "on", "chassis", "none"),
    ("a chassis that is off", BMC, ["bmc=off"], "off", "chassis", "none"),
    ("a chassis that is asleep", BMC, ["bmc=asleep"], "asleep", "chassis", "none"),
    ("a chassis in transition", BMC, ["bmc=odd"], "unknown", "", "none"),
    ("a chassis in error", BMC, ["bmc=error"], "unknown", "", "none"),
    ("nothing read", BMC, [], "unknown", "", "none"),
    ("two chassis agents off", TWO_BMCS, ["bmc=off ilo=off"], "off", "chassis", "none"),
    ("off beside an error in one level", TWO_BMCS, ["bmc=off ilo=error"], "unknown", "", "none"),
    ("off beside a transition in one level", TWO_BMCS, ["bmc=off ilo=odd"], "unknown", "", "none"),
    ("on beside an error in one level", TWO_BMCS, ["bmc=on ilo=error"], "on", "chassis", "none"),
    ("on beside off in one level", TWO_BMCS, ["bmc=on ilo=off"], "on", "chassis", "none"),
    ("on beats asleep", TWO_BMCS, ["bmc=asleep ilo=on"], "on", "chassis", "none"),
    ("asleep beats off", TWO_BMCS, ["bmc=asleep ilo=off"], "asleep", "chassis", "none"),
    ("an error, then off in the next level", TWO_BMCS, ["bmc=error", "ilo=off"], "off", "chassis", "none"),
    ("on, then off in the next level", TWO_BMCS, ["bmc=on", "ilo=off"], "on", "chassis", "none"),
    ("a feed that is on", FEED, ["a=on"], "on", "feed", "live"),
    ("a feed that is off", FEED, ["a=off"], "off", "feed", "dead"),
    ("a feed in error", FEED, ["a=error"], "unknown", "", "unknown"),
    ("two feeds on", FEEDS, ["a=on b=on"], "on", "feed", "live"),
    ("two feeds off", FEEDS, ["a=off b=off"], "off", "feed", "dead"),
    ("feeds on and off", FEEDS, ["a=on b=off"], "on", "feed", "partial"),
    ("a feed off beside one in error", FEEDS, ["a=off b=error"], "unknown", "", "unknown"),
    ("a feed on beside one in error", FEEDS, ["a=on b=error"], "on", "feed", "unknown"),
    ("one feed of two read, off", FEEDS, ["a=off"], "unknown", "", "unknown"),
    ("both feeds in error", FEEDS, ["a=error b=error"], "unknown", "", "unknown"),
    ("all feeds off in two levels", FEEDS, ["a=off", "b=off"], "off", "feed", "dead"),
    ("both ways to a feed off", TWO_WAYS, ["a1=off a2=off b=off"], "off", "feed", "dead"),
    ("one way off, the other in error", TWO_WAYS, ["a1=off a2=error b=off"], "unknown", "", "unknown"),
    ("one way on, the other off", TWO_WAYS, ["a1=off a2=on b=off"], "on", "feed", "partial"),
    ("one way not asked", TWO_WAYS, ["a1=off b=off"], "off", "feed", "dead"),
    ("live feeds say nothing about a host with a chassis agent", MIXED, ["a=on b=on"], "unknown", "", "live"),
    ("chassis on, feeds on", MIXED, ["bmc=on", "a=on b=on"], "on", "chassis", "live"),
    ("chassis on, one feed off", MIXED, ["bmc=on", "a=on b=off"], "on", "chassis", "partial"),
    ("chassis off, feeds on", MIXED, ["bmc=off", "a=on b=on"], "off", "chassis", "live"),
    ("chassis off, a feed in error", MIXED, ["bmc=off a=error b=off"], "off", "chassis", "unknown"),
    ("chassis off, feeds off", MIXED, ["bmc=off", "a=off b=off"], "off", "feed", "dead"),
    ("chassis without power", MIXED, ["bmc=error", "a=off b=off"], "off", "feed", "dead"),
    ("chassis in error, a feed off", MIXED, ["bmc=error", "a=off b=on"], "unknown", "", "partial"),
    ("chassis in error, feeds live", MIXED, ["bmc=error", "a=on b=on"], "unknown", "", "live"),
    ("chassis on beside dead feeds", MIXED, ["bmc=on", "a=off b=off"], "unknown", "", "dead"),
    ("chassis asleep beside dead feeds", MIXED, ["bmc=asleep", "a=off b=off"], "unknown", "", "dead"),
]


@pytest.mark.parametrize(
    ("name", "host", "levels", "power", "basis", "supply"), ROWS, ids=[row[0] for row in ROWS]
)
def test_verdict(name: str, host: Host, levels: list[str], power: str, basis: str, supply: str) -> None:
    found = verdict(host, *levels)
    assert (found.power.value, found.basis, found.supply) == (power, basis, supply)
    assert bool(found.reasons) is (power == "unknown"), "an unknown says why, and only an unknown"
    assert found.contradicted is ("beside dead feeds" in name)


@pytest.mark.parametrize(
    ("host", "levels", "words"),
    [
        (BMC, ["bmc=error"], ["pm_agents[0] 'bmc' (bmc.example): status: no answer. Look at it."]),
        (BMC, ["bmc=odd"], ["pm_agents[0] 'bmc' (bmc.example): reads PoweringOff."]),
        (MIXED, ["bmc=on", "a=off b=off"], ["'bmc'", "although every supply reads off", "Check the cabling"]),
        (MIXED, ["a=on b=on"], ["no chassis agent was read"]),
        (FEED, [], ["No agent of this host can be read."]),
    ],
    ids=["error", "transition", "wrong cabling", "feeds alone", "nothing"],
)
def test_an_unknown_says_why(host: Host, levels: list[str], words: list[str]) -> None:
    text = " ".join(verdict(host, *levels).reasons)
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize("word", ["on", "off", "odd", "error"])
def test_a_level_that_was_not_read_changes_nothing(word: str) -> None:
    assert verdict(host_of(chassis(), chassis("ilo", 2)), f"bmc={word}").power is (
        WORDS[word] if word in ("on", "off") else Power.UNKNOWN
    )
