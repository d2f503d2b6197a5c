"""A chassis that reads off and cannot tell that from asleep: what is sent, what proves an off, and what is said."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._fencing import errors
from ansible_collections.hostpm.power.plugins.module_utils._fencing.model import Agent, Power
from devices import Behaviour, Fault, faulty
from world import World, chassis, feed, host_of, run

MUTE: t.Final = Behaviour(tells_sleep=False)
BMC: t.Final = (chassis(),)
BMCS: t.Final = (chassis(), chassis("ilo"))
TWO_LEVELS: t.Final = (chassis(), feed("a", 2), feed("b", 2))
ONE_LEVEL: t.Final = (feed("a"), feed("b"), chassis())
#: What a host that reads off really is: asleep, or off.
TRUTHS: t.Final = pytest.mark.parametrize("truth", [{"asleep": True}, {"on": False}], ids=["asleep", "off"])


def mute(call: str, error: type[errors.PowerError], **more: t.Any) -> Behaviour:
    return Behaviour(faults={call: Fault(error, **more)}, tells_sleep=False)


def fence(
    agents: tuple[Agent, ...], how: t.Mapping[str, Behaviour], action: str = "off", **more: t.Any
) -> tuple[World, dict[str, t.Any]]:
    of_world = {key: more.pop(key) for key in ("on", "asleep", "dark") if key in more}
    world = World(host_of(*agents), how, **of_world)
    return world, run(world.host, world, action=action, **more)[1]


@TRUTHS
def test_the_hard_off_is_sent_and_counts_when_it_can_act_no_more(truth: dict[str, bool]) -> None:
    world, result = fence(BMC, {"bmc": MUTE}, **truth)
    assert (result["outcome"], result["changed"], world.running) == ("off_verified", True, False)
    assert world.sent() == ["bmc off"]
    sent = world.of("off")[0]
    assert all(seen["start"] >= sent.start - world.started + 20.0 for seen in result["evidence"])
    assert result["warnings"] == [
        "node7: 'bmc' cannot tell off from asleep (S3). So the hard off was sent to a host that read off, and was "
        "accepted; whether a BMC carries it out in a sleep is for its maker to say. Where the host may sleep, fence it "
        "by its supplies. Where it never sleeps, say so with may_sleep: false for the agent."
    ]


@pytest.mark.parametrize(
    ("agents", "how", "sent"),
    [
        ((chassis(may_sleep=False),), {"bmc": MUTE}, []),
        (BMC, {}, []),
        (BMCS, {"bmc": MUTE}, []),
        (BMCS, {"bmc": MUTE, "ilo": MUTE}, ["bmc off", "ilo off"]),
    ],
    ids=["never sleeps", "tells", "one of two tells", "none of two tells"],
)
def test_off_already_where_it_can_be_no_sleep(
    agents: tuple[Agent, ...], how: dict[str, Behaviour], sent: list[str]
) -> None:
    world, result = fence(agents, how, on=False)
    assert (result["outcome"], world.sent()) == ("off_verified" if sent else "already_off", sent)
    assert (result["changed"], bool(result["warnings"])) == (bool(sent), bool(sent))


def test_dead_supplies_leave_no_sleep() -> None:
    world, result = fence(ONE_LEVEL, {"bmc": MUTE}, on=False, dark="ab")
    assert (result["outcome"], result["basis"], world.sent(), result["warnings"]) == (
        "already_off",
        "feed",
        [],
        [],
    )


def test_a_host_that_was_read_on_before_its_off_needs_no_more_than_others() -> None:
    world, result = fence(BMC, {"bmc": MUTE})
    assert (result["outcome"], result["warnings"], world.sent()) == ("off_verified", [], ["bmc off"])
    assert result["elapsed"] < 3.0


def test_a_host_that_wakes_before_the_hard_off_acts_is_waited_for() -> None:
    """A BMC holds the power button: that wakes a host that sleeps, seconds before it switches it off."""
    slow = Behaviour(tells_sleep=False, act_lag=6.0, flaps=((1.0, True),))
    world, result = fence(BMC, {"bmc": slow}, asleep=True)
    assert (result["outcome"], world.running) == ("off_verified", False)
    assert Power.ON in [call.said for call in world.of("status")]


@TRUTHS
def test_a_refused_off_proves_nothing_and_supplies_do(truth: dict[str, bool]) -> None:
    refuses = {"bmc": mute("off", errors.Rejected)}
    world, result = fence(BMC, refuses, **truth)
    assert (result["outcome"], result["power"], result["fenced"], result["changed"]) == (
        "indeterminate",
        "unknown",
        False,
        False,
    )
    assert (
        "pm_agents[0] 'bmc' (bmc.example): reads off, which it cannot tell from asleep (S3), and: off: rejected. "
        "Look at it. Give the host its supplies as agents, or where it never sleeps say may_sleep: false for this "
        "agent."
    ) in result["msg"]
    assert "Off was read, but it may sleep (S3)." in result["msg"]
    world, result = fence(TWO_LEVELS, refuses, **truth)
    assert (result["outcome"], result["basis"], world.running) == ("off_verified", "feed", False)
    assert world.sent() == ["bmc off", "a off", "b off"]


@TRUTHS
def test_an_off_whose_answer_was_lost_is_sent_until_it_is_accepted(truth: dict[str, bool]) -> None:
    world, result = fence(BMC, {"bmc": mute("off", errors.Unreachable, times=2)}, **truth)
    assert (result["outcome"], world.running, world.sent()) == ("off_verified", False, ["bmc off"] * 3)


def test_an_off_whose_answer_was_lost_to_a_host_that_read_on_is_settled_by_a_read() -> None:
    world, result = fence(BMC, {"bmc": mute("off", errors.Unreachable, acts=True)})
    assert (result["outcome"], world.sent()) == ("off_verified", ["bmc off"])


def test_a_denied_off_of_a_host_that_falls_asleep_by_itself_proves_nothing() -> None:
    """It read on, refused the off, and went down by itself a moment later: that may be its sleep."""
    naps = Behaviour(tells_sleep=False, faults={"off": Fault(errors.Rejected)}, flaps=((0.5, False),))
    world, result = fence(BMC, {"bmc": naps})
    assert (result["outcome"], world.sent()) == ("indeterminate", ["bmc off"])


def test_too_little_time_for_the_hard_off_is_said() -> None:
    _world, result = fence(BMC, {"bmc": MUTE}, asleep=True, timeout=15.0)
    assert (result["outcome"], result["changed"]) == ("indeterminate", True)
    assert (
        "reads off, which it cannot tell from asleep (S3), and its time was over within 20 s of its hard off "
        "(agent_timeout)." in result["msg"]
    )


@TRUTHS
def test_a_restart_sends_the_hard_off_and_waits_it_out(truth: dict[str, bool]) -> None:
    world, result = fence(BMC, {"bmc": MUTE}, "restart", **truth)
    assert (result["outcome"], result["fenced"], world.sent()) == ("restarted", True, ["bmc off", "bmc on"])
    off, on = world.of("off")[0], world.of("on")[0]
    assert on.start >= off.start + 20.0


def test_a_restart_of_what_read_off_switches_on_the_supplies_that_were_dark_too() -> None:
    world, result = fence(TWO_LEVELS, {"bmc": MUTE}, "restart", on=False, dark="a")
    assert (result["outcome"], world.feeds) == ("restarted", {"a": True, "b": True})


def test_a_level_of_chassis_and_supplies_is_carried_out() -> None:
    world, result = fence(ONE_LEVEL, {"bmc": MUTE}, asleep=True)
    assert (world.sent(), result["basis"], world.running) == (["bmc off", "a off", "b off"], "feed", False)
    assert result["warnings"] == []


def test_on_wakes_it() -> None:
    world, result = fence(BMC, {"bmc": MUTE}, "on", asleep=True)
    assert (result["outcome"], world.asleep) == ("on_verified", False)


@TRUTHS
def test_status_says_what_is_read_and_what_that_may_be(truth: dict[str, bool]) -> None:
    world, result = fence(BMC, {"bmc": MUTE}, "status", **truth)
    assert (result["outcome"], result["power"], result["fenced"], world.sent()) == (
        "status_read",
        "off",
        False,
        [],
    )
    assert result["warnings"] == [
        "node7: 'bmc' cannot tell off from asleep (S3). To be off for sure it needs the hard off, which action: off "
        "sends all the same. Where it never sleeps, say so with may_sleep: false for the agent."
    ]


def test_check_mode_tells_that_the_hard_off_would_be_sent() -> None:
    world = World(host_of(*BMC), {"bmc": MUTE}, asleep=True)
    _outcome, result = run(world.host, world, action="off", check=True)
    assert (result["outcome"], result["changed"], world.sent()) == ("planned", True, [])
    assert "off would be carried out as planned." in result["msg"]


def test_a_bmc_that_tells_is_believed_before_and_after() -> None:
    world, result = fence(BMC, {"bmc": faulty("close", None)}, asleep=True)
    assert (result["outcome"], world.sent(), result["warnings"]) == ("off_verified", ["bmc off"], [])
    assert result["steps"][0]["read"] == "asleep"
