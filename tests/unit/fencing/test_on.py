"""Switching on: feeds, then the chassis; what counts as on; what is sent twice and what is not."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._fencing import errors
from ansible_collections.hostpm.power.plugins.module_utils._fencing.model import (
    Agent,
    Power,
    Reading,
    RestorePolicy,
)
from devices import DEAD, STUCK, Behaviour, faulty
from world import World, chassis, feed, host_of, run, wake

BMC = (chassis(),)
FEEDS = (feed("a"), feed("b"))
MIX = (chassis(), feed("a", 2), feed("b", 2))
NEVER = RestorePolicy.NEVER


def on(
    agents: tuple[Agent, ...],
    how: dict[str, Behaviour] | None = None,
    dark: str = "",
    lit: bool = False,
    **more: t.Any,
) -> tuple[World, dict[str, t.Any]]:
    world = World(host_of(*agents), how, on=lit, dark=dark, policy=more.pop("policy", NEVER))
    return world, run(world.host, world, action="on", **more)[1]


ROWS: list[tuple[str, tuple[Agent, ...], dict[str, Behaviour], str, list[str], str]] = [
    ("a chassis", BMC, {}, "", ["bmc on"], "on_verified"),
    ("a stuck chassis", BMC, {"bmc": STUCK}, "", ["bmc on"], "not_on"),
    ("a dead chassis", BMC, {"bmc": DEAD}, "", [], "indeterminate"),
    ("both feeds dark", FEEDS, {}, "ab", ["a on", "b on"], "on_verified"),
    ("one feed dark", FEEDS, {}, "b", ["b on"], "on_verified"),
    ("one feed stuck", FEEDS, {"b": STUCK}, "ab", ["a on", "b on"], "on_partial"),
    ("one feed dead", FEEDS, {"b": DEAD}, "ab", ["a on"], "on_partial"),
    ("both feeds stuck", FEEDS, {"a": STUCK, "b": STUCK}, "ab", ["a on", "b on"], "not_on"),
    ("all dark", MIX, {}, "ab", ["a on", "b on", "bmc on"], "on_verified"),
    ("chassis off, feeds live", MIX, {}, "", ["bmc on"], "on_verified"),
    ("a feed stuck behind a chassis", MIX, {"b": STUCK}, "b", ["b on", "bmc on"], "on_partial"),
    ("a chassis stuck behind feeds", MIX, {"bmc": STUCK}, "ab", ["a on", "b on", "bmc on"], "not_on"),
    ("a chassis dead behind feeds", MIX, {"bmc": DEAD}, "ab", ["a on", "b on"], "indeterminate"),
    ("only a wake agent", (wake(),), {}, "", ["wol on"], "on_unverified"),
    ("a wake agent not needed", (*BMC, wake()), {}, "", ["bmc on"], "on_verified"),
    (
        "a wake agent where the chassis is stuck",
        (*BMC, wake()),
        {"bmc": STUCK},
        "",
        ["bmc on", "wol on"],
        "on_verified",
    ),
    (
        "a wake agent that refuses",
        (wake(),),
        {"wol": faulty("on", errors.Rejected)},
        "",
        ["wol on"],
        "indeterminate",
    ),
    (
        "two chassis agents, one stuck",
        (chassis(), chassis("ilo")),
        {"bmc": STUCK},
        "",
        ["bmc on", "ilo on"],
        "on_verified",
    ),
]


@pytest.mark.parametrize(
    ("agents", "how", "dark", "sent", "outcome"), [r[1:] for r in ROWS], ids=[r[0] for r in ROWS]
)
def test_on(
    agents: tuple[Agent, ...], how: dict[str, Behaviour], dark: str, sent: list[str], outcome: str
) -> None:
    world, result = on(agents, how, dark)
    assert (world.sent(), result["outcome"]) == (sent, outcome)
    assert result["failed"] is (outcome in ("not_on", "indeterminate"))
    if outcome in ("on_verified", "on_partial") and world.host.chassis:
        assert (world.running, result["basis"]) == (True, "chassis")


@pytest.mark.parametrize("agents", [BMC, FEEDS, MIX], ids=["bmc", "feeds", "mix"])
def test_a_host_that_is_on_is_left_alone(agents: tuple[Agent, ...]) -> None:
    world, result = on(agents, lit=True)
    assert (result["outcome"], result["changed"], world.sent()) == ("already_on", False, [])


def test_a_dark_supply_of_a_running_host_is_switched_on() -> None:
    world, result = on(MIX, dark="b", lit=True)
    assert (result["outcome"], world.sent()) == ("on_verified", ["b on"])


@pytest.mark.parametrize(("require", "failed"), [("any", False), ("all", True)])
def test_a_supply_that_stays_dark_is_named_and_fails_where_all_are_required(
    require: str, failed: bool
) -> None:
    _unused, result = on(MIX, {"b": STUCK}, "b", require=require)
    assert (result["outcome"], result["failed"]) == ("on_partial", failed)
    assert "its supply 'b' was not read on" in result["msg"]
    assert bool(result["warnings"]) is not failed


def test_feeds_alone_do_not_show_the_host() -> None:
    _unused, result = on(FEEDS, dark="ab")
    assert (result["basis"], result["power"]) == ("feed", "on")
    assert "the host itself was not seen" in result["warnings"][0]


def test_a_bmc_may_boot_for_longer_than_an_agent_may_be_silent() -> None:
    world = World(host_of(*MIX), on=False, dark="ab", policy=NEVER, boot=50.0)
    result = run(world.host, world, action="on", agent_timeout=10.0, bmc_timeout=80.0)[1]
    assert (result["outcome"], world.running) == ("on_verified", True)


def test_a_bmc_that_boots_longer_than_bmc_timeout_is_given_up() -> None:
    world = World(host_of(*MIX), on=False, dark="ab", policy=NEVER, boot=80.0)
    result = run(world.host, world, action="on", agent_timeout=10.0, bmc_timeout=30.0)[1]
    assert (result["outcome"], result["elapsed"] < 45.0) == ("indeterminate", True)


@pytest.mark.parametrize(
    ("how", "sent"),
    [
        (Behaviour(act_lag=8.0), 1),
        (faulty("on", errors.Unreachable, acts=True), 1),
        (faulty("on", errors.Unreachable, times=2), 3),
        (faulty("on", errors.Rejected, times=3), 4),
        (faulty("on", errors.Busy, times=2), 3),
    ],
    ids=["late", "lost but acted", "lost twice", "rejected while it boots", "busy twice"],
)
def test_on_is_repeated_only_when_it_did_not_act(how: Behaviour, sent: int) -> None:
    world, result = on(BMC, {"bmc": how})
    assert (result["outcome"], len(world.of("on"))) == ("on_verified", sent)


@pytest.mark.parametrize("error", [errors.AuthFailed, errors.Unsupported])
def test_an_on_that_can_never_work_is_not_repeated(error: type[errors.PowerError]) -> None:
    world, result = on(BMC, {"bmc": faulty("on", error)})
    assert (result["outcome"], len(world.of("on")), result["elapsed"] < 2.0) == ("not_on", 1, True)


@pytest.mark.parametrize(
    ("how", "says"),
    [(faulty("on", errors.Rejected), "on: rejected"), (STUCK, "was told on and still reads off")],
    ids=["rejecting", "lying"],
)
def test_why_a_host_did_not_come_on_is_said(how: Behaviour, says: str) -> None:
    _unused, result = on(BMC, {"bmc": how}, timeout=10.0)
    assert result["outcome"] == "not_on"
    assert f"'bmc' (bmc.example): {says}" in result["msg"]


def test_nothing_is_sent_to_a_chassis_in_transition() -> None:
    odd = Behaviour(says=Reading(Power.UNKNOWN, "PoweringOn"))
    world, result = on(BMC, {"bmc": odd})
    assert (world.sent(), result["outcome"]) == ([], "indeterminate")
    assert "reads PoweringOn" in result["msg"]


def test_an_asleep_host_is_woken() -> None:
    world, result = on(BMC, {"bmc": Behaviour(says=Reading(Power.ASLEEP))})
    assert (world.sent(), result["power"], result["outcome"]) == (["bmc on"], "asleep", "not_on")
