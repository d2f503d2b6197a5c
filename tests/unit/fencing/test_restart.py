"""Restarts: no on without a proven off, all that was switched off on again, and what is said if not."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._fencing import errors
from ansible_collections.hostpm.power.plugins.module_utils._fencing.model import Agent, RestorePolicy
from devices import DEAD, HANGS, STUCK, Behaviour, Fault, faulty
from world import World, chassis, feed, host_of, later, run, wake

BMC = (chassis(),)
FEEDS = (feed("a"), feed("b"))
MIX = (chassis(), feed("a", 2), feed("b", 2))
FLAT = (chassis(), feed("a"), feed("b"))
REVERSE = (feed("a"), feed("b"), chassis(order=2))
ALWAYS, LAST, NEVER = RestorePolicy.ALWAYS, RestorePolicy.LAST, RestorePolicy.NEVER


def restart(
    agents: tuple[Agent, ...], how: dict[str, Behaviour] | None = None, **more: t.Any
) -> tuple[World, dict[str, t.Any]]:
    of_world = {key: more.pop(key) for key in ("on", "dark", "standby", "policy", "boot") if key in more}
    world = World(host_of(*agents), how, **of_world)
    return world, run(world.host, world, action="restart", **more)[1]


@pytest.mark.parametrize("policy", [ALWAYS, LAST, NEVER], ids=["always", "last", "never"])
@pytest.mark.parametrize(
    "agents", [BMC, FEEDS, MIX, FLAT, REVERSE], ids=["bmc", "feeds", "mix", "flat", "reverse"]
)
def test_a_restart_leaves_nothing_dark(agents: tuple[Agent, ...], policy: RestorePolicy) -> None:
    world, result = restart(agents, policy=policy)
    assert (result["outcome"], result["fenced"], result["left_off"]) == ("restarted", True, [])
    assert all(world.feeds.values())
    assert world.running or not world.host.chassis
    assert max(c.end for c in world.of("off")) < min((c.start for c in world.of("on")), default=1e9)


@pytest.mark.parametrize(
    ("agents", "how"),
    [
        (BMC, {"bmc": STUCK}),
        (FEEDS, {"b": STUCK}),
        (MIX, {"bmc": STUCK, "b": STUCK}),
        (FLAT, dict.fromkeys(["bmc", "b"], STUCK)),
    ],
    ids=["bmc", "feeds", "mix", "flat"],
)
def test_no_on_after_a_failed_off(agents: tuple[Agent, ...], how: dict[str, Behaviour]) -> None:
    world, result = restart(agents, how)
    assert (result["outcome"], world.of("on"), result["fenced"]) == ("not_off", [], False)
    assert result["left_off"] == [name for name in ("a",) if name in world.feeds]


@pytest.mark.parametrize(
    ("agents", "how", "named"),
    [
        (BMC, {"bmc": faulty("on", errors.Rejected)}, ["bmc"]),
        (BMC, {"bmc": Behaviour(vanishes_after=1)}, []),
        (FEEDS, {"a": faulty("on", errors.AuthFailed), "b": faulty("on", errors.AuthFailed)}, ["a", "b"]),
        (MIX, {"bmc": DEAD}, []),
    ],
    ids=["rejected", "vanished before the proof", "feeds refuse", "chassis never seen"],
)
def test_a_fenced_host_that_is_not_seen_on_fails_and_stays_fenced(
    agents: tuple[Agent, ...], how: dict[str, Behaviour], named: list[str]
) -> None:
    world, result = restart(agents, how)
    if "bmc" in how and how["bmc"].vanishes_after == 1:
        assert (result["outcome"], result["left_off"], world.of("on")) == ("indeterminate", ["bmc"], [])
        return
    assert (result["outcome"], result["fenced"], result["failed"]) == ("fenced_not_restarted", True, True)
    assert result["left_off"] == named
    assert ("Nothing was switched on again" in result["msg"]) is False


def test_a_supply_that_stays_dark_is_named() -> None:
    world, result = restart(FLAT, {"b": faulty("on", errors.Rejected)})
    assert (result["outcome"], result["left_off"], world.running) == ("restarted_partial", ["b"], True)
    assert "'b'" in result["warnings"][0]


def test_what_a_failed_level_switched_off_is_switched_on_again() -> None:
    world, result = restart(REVERSE, {"b": STUCK})
    assert (result["outcome"], world.feeds, world.running) == ("restarted", {"a": True, "b": True}, True)
    assert world.sent() == ["a off", "b off", "bmc off", "a on", "bmc on"]


def test_a_supply_that_denied_its_off_and_acted_is_switched_on_again() -> None:
    world, result = restart(FLAT, {"b": faulty("off", errors.Rejected, acts=True)})
    assert (result["outcome"], world.feeds["b"]) == ("restarted", True)


def test_a_supply_that_was_dark_before_stays_dark_and_is_named() -> None:
    world, result = restart(FLAT, dark="b")
    assert (result["outcome"], world.feeds) == ("restarted_partial", {"a": True, "b": False})


@pytest.mark.parametrize(
    ("agents", "dark", "sent"),
    [
        (BMC, "", ["bmc on"]),
        (FLAT, "ab", ["a on", "b on", "bmc on"]),
        (MIX, "a", ["a on", "bmc on"]),
        (FEEDS, "ab", ["a on", "b on"]),
    ],
    ids=["bmc", "flat", "mix", "feeds"],
)
def test_a_host_that_was_off_is_switched_on(agents: tuple[Agent, ...], dark: str, sent: list[str]) -> None:
    world, result = restart(agents, on=False, dark=dark, policy=NEVER)
    assert (world.sent(), result["outcome"], result["fenced"]) == (sent, "restarted", True)


def test_an_off_whose_answer_was_lost_is_waited_out_before_the_on() -> None:
    late = Behaviour(faults={"off": Fault(errors.Unreachable, acts=True, times=1)}, act_lag=15.0)
    agents = (feed("a"), feed("b"), chassis(order=2))
    world, result = restart(agents, {"a": late, "b": faulty("off", errors.Rejected)}, agent_timeout=20.0)
    later(world, 60.0)
    assert (result["outcome"], world.feeds, world.running) == ("restarted", {"a": True, "b": True}, True)
    assert world.of("on", "a")[0].start - world.of("off", "a")[0].start >= 15.0


def test_a_lost_off_may_act_behind_another_ways_off() -> None:
    late = Behaviour(faults={"off": Fault(errors.Unreachable, acts=True)}, act_lag=12.0)
    world, result = restart((chassis(), chassis("ilo", actions="off")), {"ilo": late})
    later(world, 60.0)
    assert (result["outcome"], world.running) == ("restarted", True)


def test_no_on_is_sent_while_an_off_may_still_act() -> None:
    late = Behaviour(faults={"off": Fault(errors.Unreachable, acts=True)}, act_lag=18.0)
    world, result = restart((chassis(), chassis("ilo", 1)), {"ilo": late}, timeout=15.0)
    assert (result["outcome"], world.of("on"), result["fenced"]) == ("fenced_not_restarted", [], True)
    assert "an off sent to 'bmc', 'ilo' could still act" in result["msg"]


def test_a_bmc_that_lost_its_power_with_its_host_is_not_waited_for() -> None:
    lost = faulty("off", errors.Unreachable)
    world, result = restart(
        MIX, {"bmc": lost, "a": Behaviour(), "b": Behaviour()}, agent_timeout=30.0, timeout=90.0
    )
    assert result["outcome"] == "restarted"
    assert world.of("on")[0].start - world.of("off", "a")[0].end < 5.0


def test_the_last_third_is_kept_for_switching_on() -> None:
    _unused, result = restart((chassis(), chassis("ilo", 2)), {"bmc": STUCK, "ilo": STUCK}, timeout=90.0)
    assert (result["outcome"], 55.0 < result["elapsed"] <= 60.0) == ("not_off", True)


def test_a_level_that_cannot_be_read_gives_up_after_half_of_its_share() -> None:
    world, result = restart(MIX, {"bmc": HANGS}, agent_timeout=500.0, timeout=90.0)
    assert world.of("off", "a")[0].start - world.started == pytest.approx(15.0, abs=1.0)
    assert (result["outcome"], result["fenced"]) == ("fenced_not_restarted", True)


def test_a_wake_agent_helps_where_the_chassis_does_not_come_on() -> None:
    world, result = restart((chassis(), wake()), {"bmc": faulty("on", errors.Rejected)})
    assert (result["outcome"], world.sent()[-1]) == ("restarted", "wol on")


def test_another_way_to_a_chassis_that_is_on_again_is_not_left_off() -> None:
    _unused, result = restart((chassis(), chassis("ilo")), {"ilo": Behaviour(seconds=1.0)})
    assert (result["outcome"], result["left_off"]) == ("restarted", [])


LATE = {
    "chassis and feeds in one level": (chassis(), feed("a"), feed("b")),
    "chassis before feeds": (chassis(), feed("a", 2), feed("b", 2)),
    "two ways to one supply": (feed("a1", supply="a"), feed("a2", supply="a")),
    "two chassis agents": (chassis(), chassis("ilo")),
}


@pytest.mark.parametrize("soft", [0.0, 5.0], ids=["hard", "soft first"])
@pytest.mark.parametrize("policy", [RestorePolicy.ALWAYS, RestorePolicy.LAST, RestorePolicy.NEVER])
@pytest.mark.parametrize("lag", [3.0, 16.0])
@pytest.mark.parametrize("agents", LATE.values(), ids=LATE)
def test_an_off_that_acts_late_does_not_undo_the_restart(
    agents: tuple[Agent, ...], lag: float, policy: RestorePolicy, soft: float
) -> None:
    world = World(host_of(*agents), {agents[0].name: Behaviour(act_lag=lag)}, standby=True, policy=policy)
    _unused, result = run(world.host, world, action="restart", soft_timeout=soft)
    later(world, 60.0)
    assert result["fenced"] is True
    # without a chassis agent only the supplies can be promised
    up = world.running if world.host.chassis else all(world.feeds.values())
    assert result["outcome"] != "restarted" or up


def test_a_chassis_that_tells_of_the_time_before_is_switched_on_all_the_same() -> None:
    agents = (feed("a"), feed("b"), chassis(order=2))
    world = World(
        host_of(*agents), {"bmc": Behaviour(read_lag=2.0)}, standby=True, policy=RestorePolicy.NEVER
    )
    _unused, result = run(world.host, world, action="restart")
    later(world, 60.0)
    assert (result["outcome"], world.running) == ("restarted", True)
