"""Every combination of agents that are ok, dead or stuck, in every arrangement and restore policy."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import typing as t

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._fencing.model import (
    Agent,
    Host,
    RestorePolicy,
    Role,
)
from devices import DEAD, OK, STUCK, Behaviour
from world import World, chassis, feed, host_of, run

#: Each arrangement by its name: agents with their levels as orders.
HOSTS: t.Final = {
    "a chassis": (chassis(),),
    "a feed": (feed("a"),),
    "two feeds": (feed("a"), feed("b")),
    "two ways to a feed": (feed("a1", supply="a"), feed("a2", supply="a")),
    "two chassis agents in a level": (chassis("bmc"), chassis("ilo")),
    "two chassis agents in two levels": (chassis("bmc"), chassis("ilo", 2)),
    "chassis and feed in a level": (chassis(), feed("a")),
    "chassis then feed": (chassis(), feed("a", 2)),
    "feed then chassis": (feed("a"), chassis(order=2)),
    "chassis and feeds in a level": (chassis(), feed("a"), feed("b")),
    "chassis then feeds (oVirt's mix)": (chassis(), feed("a", 2), feed("b", 2)),
    "feeds then chassis": (feed("a"), feed("b"), chassis(order=2)),
    "chassis and two ways to a feed, then another chassis": (
        chassis("bmc"),
        feed("a1", supply="a"),
        feed("a2", supply="a"),
        chassis("ilo", 2),
    ),
}
STATES: t.Final = {"ok": OK, "dead": DEAD, "stuck": STUCK}
POLICIES: t.Final = (RestorePolicy.ALWAYS, RestorePolicy.LAST, RestorePolicy.NEVER)
SHORT: t.Final = {"timeout": 60.0, "agent_timeout": 5.0, "poll": 2.0, "bmc_timeout": 15.0}


class Row(t.NamedTuple):
    """One row of the table."""

    host: Host
    states: dict[str, str]
    world: World

    def levels(self) -> list[list[Agent]]:
        orders = sorted({agent.order for agent in self.host.agents})
        return [[agent for agent in self.host.agents if agent.order == order] for order in orders]

    def provable(self) -> bool:
        """Level by level: do those that answer suffice, and did those that act take the host down?"""
        down: set[str] = set() if self.world.chassis else {"chassis"}
        down |= {name for name, live in self.world.feeds.items() if not live}
        for level in self.levels():
            answering = [
                agent for agent in level if self.states[agent.name] != "dead" and self._reachable(agent)
            ]
            if not self.host.sufficient(answering):
                continue
            feeds = [agent for agent in answering if agent.role is Role.FEED]
            if not self.host.sufficient(feeds):  # cutting some supplies proves nothing
                answering = [agent for agent in answering if agent not in feeds]
            down |= {agent.feed or "chassis" for agent in answering if self.states[agent.name] == "ok"}
            if "chassis" in down and any(agent.role is Role.CHASSIS for agent in answering):
                return True
            if self.host.feeds and set(self.host.feeds) <= down and self._covers_feeds(answering):
                return True
        return False

    def _reachable(self, agent: Agent) -> bool:
        return agent.role is Role.FEED or self.world.standby or self.world.live

    def _covers_feeds(self, agents: t.Iterable[Agent]) -> bool:
        """All feeds are dead: feeds that are read say so, and a chassis whose device has other power."""
        found = list(agents)
        read = {agent.feed for agent in found if agent.role is Role.FEED}
        return read == set(self.host.feeds) or (
            self.world.standby and any(a.role is Role.CHASSIS for a in found)
        )


def rows(name: str) -> t.Iterator[Row]:
    agents = HOSTS[name]
    supplies = bool(host_of(*agents).feeds)
    for states in itertools.product(STATES, repeat=len(agents)):
        named = dict(zip((agent.name for agent in agents), states))
        for policy, standby in itertools.product(
            POLICIES if supplies else POLICIES[:1], (False, True)[: 1 + supplies]
        ):
            for on, dark in itertools.product((True, False), ((), ("a",))[: 1 + supplies]):
                host = host_of(*agents)
                how: dict[str, Behaviour] = {agent: STATES[state] for agent, state in named.items()}
                yield Row(host, named, World(host, how, on=on, dark=dark, policy=policy, standby=standby))


def test_the_table_has_every_row() -> None:
    assert sum(len(list(rows(name))) for name in HOSTS) == 5082


@pytest.mark.parametrize("name", HOSTS)
def test_off_is_proven_wherever_a_sufficient_set_works_and_nowhere_else(name: str) -> None:
    for row in rows(name):
        was_off, provable = not row.world.running, row.provable()
        outcome, result = run(row.host, row.world, action="off", **SHORT)
        assert outcome.fenced is provable, f"{row.states} {result['msg']}"
        assert result["outcome"] in (
            ("off_verified", "already_off") if provable else ("not_off", "indeterminate")
        )
        assert not (outcome.fenced and row.world.running), f"a false off: {row.states}"
        assert not row.world.of("on")
        assert result["failed"] is not provable
        if was_off and result["outcome"] == "already_off":
            assert row.world.sent() == []


@pytest.mark.parametrize("name", HOSTS)
def test_a_restart_that_says_restarted_left_nothing_dark(name: str) -> None:
    for row in rows(name):
        before, provable = dict(row.world.feeds), row.provable()
        outcome, result = run(row.host, row.world, action="restart", **SHORT)
        told = f"{row.states} {result['msg']}"
        assert outcome.fenced is provable, told
        if not provable:
            assert not row.world.of("on"), told
            assert result["outcome"] in ("not_off", "indeterminate"), told
            continue
        lit = all(row.world.feeds[feed_name] for feed_name, live in before.items() if live)
        if result["outcome"] == "restarted":
            assert lit, told
            assert row.world.running or not row.host.chassis, told
        elif result["outcome"] == "restarted_partial":
            assert row.world.running or not row.host.chassis, told
            assert result["warnings"], told
        else:
            assert result["outcome"] == "fenced_not_restarted", told
        if set(row.states.values()) == {"ok"} and all(before.values()):
            assert result["outcome"] == "restarted", told
        seen = any(row.states[a.name] != "dead" for a in row.host.chassis) or not row.host.chassis
        if row.world.running and lit and seen and not result["left_off"]:
            assert result["outcome"] in ("restarted", "restarted_partial"), told
