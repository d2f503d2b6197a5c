"""The off phase: what is sent, in which order, what proves it, and what a level that fails leaves behind."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._fencing import errors
from ansible_collections.hostpm.power.plugins.module_utils._fencing.model import Agent, Power, Reading
from devices import DEAD, HANGS, NO_ENTRY, STUCK, Behaviour, Fault, Mistake, faulty
from world import World, chassis, feed, host_of, run

BMC = (chassis(),)
FEEDS = (feed("a"), feed("b"))
TWO_LEVELS = (chassis(), feed("a", 2), feed("b", 2))
ONE_LEVEL = (feed("a"), feed("b"), chassis())
BMCS = (chassis(), chassis("ilo", 2))


def off(
    agents: tuple[Agent, ...], how: dict[str, Behaviour] | None = None, **more: t.Any
) -> tuple[World, dict[str, t.Any]]:
    of_world = {key: more.pop(key) for key in ("on", "dark", "standby", "miscabled", "policy") if key in more}
    world = World(host_of(*agents), how, **of_world)
    return world, run(world.host, world, action="off", **more)[1]


@pytest.mark.parametrize(
    ("agents", "how", "sent", "outcome"),
    [
        (BMC, {}, ["bmc off"], "off_verified"),
        (BMC, {"bmc": STUCK}, ["bmc off"], "not_off"),
        (BMC, {"bmc": DEAD}, [], "indeterminate"),
        (FEEDS, {}, ["a off", "b off"], "off_verified"),
        (FEEDS, {"b": STUCK}, ["a off", "b off"], "not_off"),
        (FEEDS, {"b": DEAD}, [], "not_off"),
        (TWO_LEVELS, {}, ["bmc off"], "off_verified"),
        (TWO_LEVELS, {"bmc": DEAD}, ["a off", "b off"], "off_verified"),
        (TWO_LEVELS, {"bmc": STUCK}, ["bmc off", "a off", "b off"], "off_verified"),
        (TWO_LEVELS, {"bmc": STUCK, "a": STUCK}, ["bmc off", "a off", "b off"], "not_off"),
        (TWO_LEVELS, {"bmc": NO_ENTRY, "a": NO_ENTRY}, [], "indeterminate"),
        (ONE_LEVEL, {}, ["bmc off", "a off", "b off"], "off_verified"),
        (ONE_LEVEL, {"bmc": STUCK}, ["bmc off", "a off", "b off"], "off_verified"),
        (ONE_LEVEL, {"bmc": DEAD}, ["a off", "b off"], "off_verified"),
        (ONE_LEVEL, {"a": DEAD}, ["bmc off"], "off_verified"),
        (BMCS, {"bmc": STUCK}, ["bmc off", "ilo off"], "off_verified"),
        (BMCS, {"bmc": STUCK, "ilo": DEAD}, ["bmc off"], "not_off"),
    ],
)
def test_what_is_sent_and_what_comes_of_it(
    agents: tuple[Agent, ...], how: dict[str, Behaviour], sent: list[str], outcome: str
) -> None:
    world, result = off(agents, how)
    assert (world.sent(), result["outcome"]) == (sent, outcome)
    assert result["fenced"] is (outcome == "off_verified") is not world.running
    assert result["changed"] is bool(sent)


@pytest.mark.parametrize(
    ("agents", "dark"),
    [(BMC, ()), (FEEDS, "ab"), (TWO_LEVELS, ()), (ONE_LEVEL, "ab")],
    ids=["bmc", "feeds", "two", "one"],
)
def test_a_host_that_is_off_already_is_left_alone(agents: tuple[Agent, ...], dark: str) -> None:
    world, result = off(agents, on=False, dark=dark)
    assert (result["outcome"], result["changed"], result["fenced"], world.sent()) == (
        "already_off",
        False,
        True,
        [],
    )
    assert len(result["evidence"]) >= 2


@pytest.mark.parametrize("action", ["off", "restart"])
def test_one_outlet_behind_two_agents_proves_nothing_and_is_left_alone(action: str) -> None:
    """The host has a second supply that nobody reads: it runs on."""
    one = {name: Behaviour(device="pdu:1") for name in "ab"}
    world = World(host_of(*FEEDS), one)
    _unused, result = run(world.host, world, action=action)
    assert (world.sent(), result["fenced"], world.running) == ([], False, True)
    assert "it is the same device as '" in result["msg"]
    assert (
        "both reach pdu:1. Correct one of the two addresses, or leave one of the two agents out."
        in result["msg"]
    )


def test_one_outlet_behind_two_agents_reads_no_host_off() -> None:
    one = {name: Behaviour(device="pdu:1") for name in "ab"}
    world = World(host_of(*FEEDS), one, dark="ab")
    _unused, result = run(world.host, world, action="status")
    assert (result["power"], result["fenced"]) == ("unknown", False)


def test_commands_of_a_role_leave_at_the_same_moment_and_the_chassis_first() -> None:
    world, _unused = off(ONE_LEVEL)
    bmc, a, b = (world.of("off", name)[0] for name in ("bmc", "a", "b"))
    assert a.start == b.start >= bmc.end


def test_a_chassis_is_read_twice_with_the_settle_time_between() -> None:
    world, result = off(BMC, settle=4.0)
    first, second = result["evidence"]
    assert second["start"] - first["end"] == pytest.approx(4.0)
    assert world.of("off")[0].end <= world.started + first["start"] + 0.001


def test_a_chassis_that_comes_back_within_the_settle_time_is_not_off() -> None:
    flapping = Behaviour(flaps=((1.2, True),))
    assert off(BMC, {"bmc": flapping}, settle=4.0)[1]["outcome"] == "not_off"


def test_two_reads_of_off_with_one_of_on_between_prove_nothing() -> None:
    flapping = Behaviour(flaps=((1.2, True), (2.2, False), (3.2, True)))
    world, result = off(BMC, {"bmc": flapping})
    assert [call.said for call in world.of("status")[1:5]] == [Power.OFF, Power.ON, Power.OFF, Power.ON]
    assert result["outcome"] == "not_off"


def test_several_agents_need_two_passes_in_a_row() -> None:
    world, result = off(FEEDS)
    assert [seen["agent"] for seen in result["evidence"]] == ["a", "b", "a", "b"]
    assert result["evidence"][2]["start"] >= result["evidence"][1]["end"]
    assert [len(world.of("status", name)) for name in "ab"] == [3, 3]


def test_a_feed_that_comes_back_between_the_passes_is_not_off() -> None:
    world, result = off(FEEDS, {"a": Behaviour(flaps=((0.45, True),))})
    assert (result["outcome"], world.sent()) == ("not_off", ["a off", "b off"])


@pytest.mark.parametrize(
    ("how", "reads"),
    [(Behaviour(read_lag=6.0), "on"), (Behaviour(transition=6.0), ""), (Behaviour(act_lag=6.0), "on")],
    ids=["reads lag", "powering off", "acts late"],
)
def test_off_is_waited_for_without_a_second_command(how: Behaviour, reads: str) -> None:
    world, result = off(BMC, {"bmc": how})
    assert (result["outcome"], world.sent()) == ("off_verified", ["bmc off"])
    assert world.of("status")[1].said is (Power.ON if reads else Power.UNKNOWN)


@pytest.mark.parametrize(
    "error", [errors.Unreachable, errors.Protocol, None], ids=["unreachable", "protocol", "hangs"]
)
def test_a_lost_answer_to_a_command_that_acted_is_settled_by_a_read(
    error: type[errors.PowerError] | None,
) -> None:
    world, result = off(BMC, {"bmc": faulty("off", error, acts=True)})
    assert (result["outcome"], world.sent()) == ("off_verified", ["bmc off"])


def test_a_command_that_a_read_shows_lost_is_sent_again() -> None:
    world, result = off(BMC, {"bmc": faulty("off", errors.Unreachable, times=2)})
    assert (result["outcome"], world.sent()) == ("off_verified", ["bmc off"] * 3)
    ends = [call.end for call in world.of("off")]
    starts = [call.start for call in world.of("off")]
    for end, start in zip(ends, starts[1:]):
        assert any(end <= read.start < start and read.said is Power.ON for read in world.of("status"))


@pytest.mark.parametrize("error", [errors.Rejected, errors.AuthFailed, errors.Unsupported])
def test_a_command_that_is_refused_is_not_repeated_and_the_next_level_starts_at_once(
    error: type[errors.PowerError],
) -> None:
    world, result = off(BMCS, {"bmc": faulty("off", error)})
    assert (result["outcome"], world.sent()) == ("off_verified", ["bmc off", "ilo off"])
    assert result["elapsed"] < 5.0
    assert error.kind in result["levels"][0]["reason"]


def test_a_denied_off_that_acted_counts_as_a_change() -> None:
    _unused, result = off(BMC, {"bmc": faulty("off", errors.Rejected, acts=True)})
    assert (result["outcome"], result["changed"], result["left_off"]) == ("off_verified", True, ["bmc"])


def test_a_chassis_without_power_beside_dead_feeds_is_off() -> None:
    world, result = off(ONE_LEVEL, {"bmc": STUCK})
    assert (result["power"], result["basis"], result["supply"]) == ("off", "feed", "dead")
    assert not world.bmc_answers()


@pytest.mark.parametrize("agents", [ONE_LEVEL, TWO_LEVELS], ids=["one level", "two levels"])
def test_a_chassis_that_runs_beside_dead_feeds_tells_wrong_cabling(agents: tuple[Agent, ...]) -> None:
    world, result = off(agents, {"bmc": STUCK}, miscabled=True)
    assert (result["outcome"], world.running) == ("indeterminate", True)
    assert "Check the cabling" in result["msg"]
    assert result["left_off"] == ["a", "b"]


def test_a_chassis_that_answered_in_an_earlier_level_is_heard_in_the_next() -> None:
    lies = Behaviour(says=Reading(Power.OFF), acts=False)
    world, result = off(BMCS, {"bmc": STUCK, "ilo": lies})
    assert (result["outcome"], world.running) == ("not_off", True)
    assert "'bmc' (bmc.example): was told off and still reads on" in result["levels"][1]["reason"]


def test_a_chassis_of_an_earlier_level_proves_nothing_by_one_read() -> None:
    late = Behaviour(act_lag=61.0, flaps=((62.5, True),))
    world, result = off((chassis(), feed("a", 2)), {"bmc": late, "a": STUCK}, timeout=120.0, settle=5.0)
    assert (result["outcome"], world.running) == ("not_off", True)


def test_an_asleep_host_is_switched_off() -> None:
    world, result = off(BMC, {"bmc": Behaviour(says=Reading(Power.ASLEEP, "S3"))})
    assert (world.sent(), result["power"], result["outcome"]) == (["bmc off"], "asleep", "indeterminate")


def test_supplies_are_not_cut_while_one_of_them_cannot_be_read() -> None:
    world, result = off(ONE_LEVEL, {"a": DEAD}, dark="a")
    assert (result["outcome"], result["basis"], world.sent()) == ("off_verified", "chassis", ["bmc off"])


def test_no_level_is_touched_after_one_succeeded() -> None:
    world, result = off(TWO_LEVELS)
    assert {call.agent.name for call in world.calls} == {"bmc"}
    assert [level["state"] for level in result["levels"]] == ["proven", "not_needed"]


def test_a_level_of_which_too_few_answer_changes_nothing() -> None:
    world, result = off((feed("a"), feed("b"), chassis(order=2)), {"b": HANGS})
    assert (result["outcome"], world.sent()) == ("off_verified", ["bmc off"])
    assert (
        "nothing was changed by this level, too few of its agents answered" in result["levels"][0]["reason"]
    )


def test_what_a_failed_level_switched_off_stays_off_and_is_named() -> None:
    world, result = off(FEEDS, {"b": STUCK})
    assert (world.feeds, result["left_off"]) == ({"a": False, "b": True}, ["a"])
    assert "Left off, or with an off under way: 'a'." in result["msg"]


def test_an_agent_left_off_is_named_whatever_another_way_says() -> None:
    stale = Behaviour(says=Reading(Power.ON), acts=False)
    world, result = off((chassis(), chassis("ilo")), {"ilo": stale})
    assert (result["outcome"], world.running, "bmc" in result["left_off"]) == ("not_off", False, True)


def test_an_off_that_is_under_way_is_named() -> None:
    late = Behaviour(act_lag=15.0)
    world, result = off((*FEEDS, chassis(order=2)), {"a": late, "b": faulty("off", errors.Rejected)})
    assert (result["outcome"], world.feeds["a"], result["left_off"]) == ("off_verified", True, ["a", "bmc"])


@pytest.mark.parametrize("call", ["open", "status", "off", "close"])
def test_a_driver_that_breaks_keeps_no_other_agent_from_fencing(call: str) -> None:
    broken = Behaviour(faults={call: Fault(Mistake)}, close_error=ValueError)
    world, result = off(BMCS, {"bmc": broken})
    assert (result["outcome"], world.still_open()) == ("off_verified", [])
    if call != "close":
        message = next(step["message"] for step in result["steps"] if step["error"])
        assert "the driver fake failed with Mistake" in message
        assert "hunter2" not in str(result)
