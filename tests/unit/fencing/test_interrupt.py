"""Interrupted at any moment: nothing more is sent, every session is closed, and what is left off is told."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._fencing import errors
from devices import HANGS, STUCK, Behaviour, faulty
from world import World, chassis, feed, host_of, interrupt, wake

FEEDS = (feed("a"), feed("b"))


def check(world: World) -> None:
    late = [call for call in world.calls if call.start > world.interrupted_at and call.what != "close"]
    assert (late, world.still_open()) == ([], [])


@pytest.mark.parametrize("action", ["status", "on", "off", "restart", "nmi"])
@pytest.mark.parametrize("at", [0.01, 0.15, 0.25, 0.35, 0.55, 1.0, 1.25, 2.05, 5.0, 9.0])
def test_nothing_happens_after_an_interruption(action: str, at: float) -> None:
    slow = Behaviour(act_lag=7.0, seconds=0.3)
    agents = (chassis(), *FEEDS, chassis("ilo", 2), wake())
    hanging = {"status": HANGS, "nmi": HANGS}
    world = World(
        host_of(*agents),
        dict.fromkeys(["bmc", "a", "b", "ilo", "wol"], hanging.get(action, slow)),
        on=action != "on",
    )
    interrupt(world.host, world, at=at, action=action)
    check(world)


PHASES = [
    # moment, commands that were begun, agents told as left off
    ("while logging in", 0.05, [], []),
    ("while reading", 0.15, [], []),
    ("while the off is under way", 0.25, ["a off", "b off"], ["a", "b"]),
    ("while the off is confirmed", 0.35, ["a off", "b off"], ["a", "b"]),
    ("while the on is under way", 1.65, ["a off", "b off", "a on", "b on"], ["a", "b"]),
    ("while the on is confirmed", 1.75, ["a off", "b off", "a on", "b on"], ["a", "b"]),
]


@pytest.mark.parametrize(("at", "sent", "left"), [row[1:] for row in PHASES], ids=[row[0] for row in PHASES])
def test_each_phase_tells_what_is_left_off(at: float, sent: list[str], left: list[str]) -> None:
    world = World(host_of(*FEEDS), {"b": Behaviour(act_lag=0.0)})
    op = interrupt(world.host, world, at=at, action="restart")
    check(world)
    assert (world.sent(), op.left_off()) == (sent, left)
    assert op.changed is bool(sent)
    dark = [name for name, live in world.feeds.items() if not live]
    assert set(dark) <= set(left)


def test_an_interrupted_wait_between_levels_tells_what_the_first_one_did() -> None:
    world = World(host_of(*FEEDS, chassis(order=2)), {"b": STUCK, "bmc": HANGS})
    op = interrupt(world.host, world, at=95.0, action="off", agent_timeout=40.0)
    check(world)
    assert (op.left_off(), world.feeds) == (["a"], {"a": False, "b": True})


@pytest.mark.parametrize("call", ["open", "status", "off", "on"])
def test_a_call_that_hangs_is_cut_off(call: str) -> None:
    world = World(host_of(*FEEDS), {"a": faulty(call, None)})
    op = interrupt(world.host, world, at=5.0, action="restart")
    check(world)
    assert [one.error for one in world.of(call, "a")] == ["cancelled"]
    assert set(op.left_off()) >= {name for name, live in world.feeds.items() if not live}


def test_a_retry_of_a_busy_device_is_cut_off() -> None:
    world = World(host_of(chassis()), {"bmc": faulty("off", errors.Busy)})
    interrupt(world.host, world, at=3.0, action="off", poll=2.0)
    check(world)
