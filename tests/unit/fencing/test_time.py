"""Time: shares of one deadline, the third kept for on, pace and settle, and retries only for the busy."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._fencing import errors
from ansible_collections.hostpm.power.plugins.module_utils._fencing.model import Agent
from devices import DEAD, HANGS, OK, STUCK, Behaviour, Fault, faulty
from world import World, chassis, feed, host_of, run, wake

HUNG: t.Final = {call: faulty(call, None) for call in ("open", "status", "off", "on", "soft", "nmi")}


@pytest.mark.parametrize("timeout", [3.0, 30.0, 180.0])
@pytest.mark.parametrize("call", HUNG)
@pytest.mark.parametrize("action", ["status", "on", "off", "restart", "nmi"])
def test_every_run_ends_by_its_deadline_and_logs_out(action: str, call: str, timeout: float) -> None:
    host = host_of(chassis(), feed("a"), feed("b", 1), chassis("ilo", 2), wake())
    world = World(
        host, dict.fromkeys((agent.name for agent in host.agents), HUNG[call]), dark="a" * (action == "on")
    )
    _unused, result = run(host, world, action=action, timeout=timeout, soft_timeout=5.0)
    assert result["elapsed"] <= timeout + 0.001
    assert world.still_open() == []


@pytest.mark.parametrize(("action", "whole"), [("off", 120.0), ("restart", 80.0)])
def test_a_level_gets_what_is_left_divided_by_the_levels_left(action: str, whole: float) -> None:
    host = host_of(chassis("c1", 1), chassis("c2", 2), chassis("c3", 3), chassis("c4", 4))
    world = World(host, {"c1": STUCK, "c2": DEAD, "c3": STUCK, "c4": STUCK})
    run(host, world, action=action, timeout=120.0)
    begun = [world.of("open", name)[0].start - world.started for name in ("c1", "c2", "c3", "c4")]
    quarter = whole / 4  # c2 fails at once and leaves its time to c3 and c4
    assert begun == [
        pytest.approx(at, abs=1.3) for at in (0, quarter, quarter, quarter + (whole - quarter) / 2)
    ]


def test_the_status_of_hanging_levels_is_shared_out_too() -> None:
    host = host_of(chassis(), chassis("ilo", 2), chassis("drac", 3))
    world = World(host, {"bmc": HANGS, "ilo": HANGS})
    assert run(host, world, action="status", timeout=30.0)[1]["power"] == "on"
    assert world.of("open", "drac")[0].start - world.started == pytest.approx(20.0, abs=0.1)


@pytest.mark.parametrize("poll", [0.25, 1.0, 5.0])
def test_reads_come_at_once_and_then_at_the_pace(poll: float) -> None:
    world = World(host_of(chassis()), {"bmc": STUCK})
    run(world.host, world, action="off", timeout=60.0, poll=poll)
    reads = [call for call in world.of("status") if call.start >= world.of("off")[0].end]
    assert reads[0].start == world.of("off")[0].end
    gaps = [second.start - first.end for first, second in zip(reads, reads[1:])]
    assert gaps == [pytest.approx(poll, abs=0.001)] * len(gaps)


@pytest.mark.parametrize("settle", [0.0, 1.0, 10.0])
@pytest.mark.parametrize("agents", [(chassis(),), (feed("a"),)], ids=["chassis", "one feed"])
def test_settle_lies_between_the_two_reads_that_prove_an_off(
    agents: tuple[Agent, ...], settle: float
) -> None:
    world = World(host_of(*agents), on=False, dark=("a",))
    run(world.host, world, action="off", settle=settle)
    first, second = world.of("status")[-2:]
    assert second.start - first.end == pytest.approx(settle, abs=0.001)


def test_supplies_stay_off_for_settle_before_they_are_switched_on_again() -> None:
    world = World(host_of(feed("a"), feed("b")))
    run(world.host, world, action="restart", settle=3.0)
    assert min(on.start for on in world.of("on")) - max(off.end for off in world.of("off")) > 3.0


def test_one_read_at_the_end_of_the_time_proves_nothing() -> None:
    world = World(host_of(chassis()), {"bmc": Behaviour(act_lag=8.0)})
    _unused, result = run(world.host, world, action="off", timeout=10.0, settle=5.0)
    assert (result["outcome"], result["fenced"]) == ("indeterminate", False)
    assert "one read of off, which alone proves nothing" in result["msg"]


BUSY: t.Final = faulty("status", errors.Busy, times=3)


def test_a_busy_device_is_asked_again_at_the_pace_with_a_new_session() -> None:
    world = World(host_of(chassis()), {"bmc": BUSY})
    assert run(world.host, world, action="status", poll=2.0)[1]["power"] == "on"
    starts = [call.start for call in world.of("status")]
    assert [b - a for a, b in zip(starts, starts[1:])] == [pytest.approx(2.2, abs=0.01)] * 3
    assert len(world.of("open")) == len(world.of("close")) == 4


@pytest.mark.parametrize(
    "error", [kind for kind in errors.BY_KIND.values() if kind not in (errors.Busy, errors.PowerError)]
)
def test_nothing_else_is_asked_again_in_one_read(error: type[errors.PowerError]) -> None:
    world = World(host_of(chassis()), {"bmc": faulty("status", error)})
    _unused, result = run(world.host, world, action="status")
    assert (len(world.of("status")), result["steps"][0]["error"]) == (1, error.kind)


def test_a_device_that_stays_busy_ends_with_its_time() -> None:
    world = World(host_of(chassis()), {"bmc": faulty("open", errors.Busy)})
    _unused, result = run(world.host, world, action="status", agent_timeout=9.0)
    assert (result["steps"][0]["error"], 7.0 < result["elapsed"] <= 9.0) == ("busy", True)


def test_a_retry_that_is_cut_short_hides_no_reason() -> None:
    world = World(host_of(chassis()), {"bmc": replace(faulty("open", errors.Busy), seconds=2.0)})
    _unused, result = run(world.host, world, action="status", agent_timeout=9.5)
    assert result["elapsed"] == pytest.approx(9.5, abs=0.01), "it was cut off in a log-in"
    assert result["steps"][0]["error"] == "busy"
    assert "no answer within" not in result["msg"]


def test_a_retried_command_that_is_cut_off_may_have_acted() -> None:
    off = Fault(errors.Busy, times=1, then=Fault(None, acts=True, times=1))
    world = World(host_of(chassis()), {"bmc": Behaviour(faults={"off": off}, act_lag=60.0)})
    _unused, result = run(world.host, world, action="off", timeout=30.0)
    assert [call.error for call in world.of("off")][:2] == ["busy", "cancelled"]
    assert result["left_off"] == ["bmc"], "the second may act at any time"
    assert result["changed"] is True


def test_a_silent_agent_is_given_up_after_its_time() -> None:
    vanishing = {"bmc": Behaviour(acts=False, vanishes_at=3.0)}
    world = World(host_of(chassis(), chassis("ilo", 2)), vanishing)
    _unused, result = run(world.host, world, action="off", agent_timeout=12.0, timeout=300.0)
    assert result["outcome"] == "off_verified"
    assert world.of("open", "ilo")[0].start - world.started == pytest.approx(15.5, abs=2.0)


def test_an_agent_that_comes_back_in_time_is_heard() -> None:
    away = {"bmc": Behaviour(act_lag=1.0, vanishes_at=0.5, returns_at=9.0)}
    world = World(host_of(chassis()), away)
    assert run(world.host, world, action="off", agent_timeout=12.0)[1]["outcome"] == "off_verified"


def test_an_off_that_a_read_confirmed_is_not_waited_out() -> None:
    world = World(host_of(chassis()), {"bmc": OK})
    assert run(world.host, world, action="restart", agent_timeout=60.0)[1]["elapsed"] < 4.0


def test_a_slow_log_out_takes_no_more_than_its_guard() -> None:
    world = World(host_of(chassis()), {"bmc": Behaviour(close_takes=500.0)})
    run(world.host, world, action="status")
    assert world.loop.time() - world.started < 4.0


@pytest.mark.parametrize("silent", ["off", "status"])
def test_a_hanging_chassis_leaves_the_supplies_of_its_level_time_to_prove(silent: str) -> None:
    world = World(host_of(chassis(), feed("a"), feed("b")), {"bmc": HUNG[silent]})
    _unused, result = run(world.host, world, action="off", timeout=20.0, agent_timeout=20.0)
    assert (result["outcome"], world.running) == ("off_verified", False)
