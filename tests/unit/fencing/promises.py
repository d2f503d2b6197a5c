"""What holds after every run, whatever the devices did: each promise as a check of one finished run."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import math
import typing as t
from dataclasses import dataclass

from ansible_collections.hostpm.power.plugins.module_utils._fencing.model import Host, Power, Role
from ansible_collections.hostpm.power.plugins.module_utils._fencing.outcome import Outcome
from devices import Call
from world import World


@dataclass(repr=False)
class Run:
    """One finished run and the world around it; a steady one has devices that do nothing by themselves."""

    world: World
    host: Host
    outcome: Outcome
    result: dict[str, t.Any]
    feeds_before: dict[str, bool]
    steady: bool
    ended: float
    off_at_end: bool

    def __repr__(self) -> str:
        return str(self.result["msg"])

    def commands(self, action: str) -> list[Call]:
        return self.world.of(action)


def a_read_that_proves_an_off_was_true_and_came_after_the_last_command(done: Run) -> None:
    if not done.outcome.fenced:
        return
    first_on = min((call.start for call in done.commands("on")), default=math.inf)
    last_off = max((call.end for call in done.commands("off") if call.start < first_on), default=0.0)
    newest = list(itertools.chain(*done.outcome.op.newest()))  # the evidence of a restart ends with these
    rising = len(newest) if done.result["action"] == "restart" else 0
    evidence = done.outcome.evidence[: len(done.outcome.evidence) - rising]
    proof = [seen for seen in evidence if seen.power is Power.OFF]
    assert done.host.sufficient(seen.agent for seen in proof)
    for seen in proof:
        matching = [
            c for c in done.world.of("status", seen.agent.name) if c.start >= seen.start and c.end <= seen.end
        ]
        assert any(call.truth is Power.OFF for call in matching), f"{seen.agent.name} was not off"
        assert seen.start >= last_off


def a_host_that_is_reported_off_is_off_and_stays_off(done: Run) -> None:
    if done.steady and done.result["outcome"] in ("off_verified", "already_off"):
        assert done.off_at_end
        assert not done.world.running


def nothing_is_switched_on_unless_an_off_was_proven(done: Run) -> None:
    ons = done.commands("on")
    if done.result["action"] == "off" or (done.result["action"] == "restart" and not done.outcome.fenced):
        assert not ons
    if done.result["action"] == "status":
        assert not done.world.sent()
    offs = [call.start for call in done.commands("off")]
    assert not ons or max(offs, default=0.0) < min(call.start for call in ons)


def no_level_is_touched_after_one_succeeded(done: Run) -> None:
    if not done.outcome.fenced:
        return
    states = [row["state"] for row in done.result["levels"]]
    winner = states.index("proven")
    assert set(states[winner + 1 :]) <= {"not_needed"}
    spared = {name for row in done.result["levels"][winner + 1 :] for name in row["agents"]}
    proof = [seen for seen in done.outcome.evidence if seen.power is Power.OFF]
    end = math.inf if done.result["action"] == "off" else max(seen.end for seen in proof)
    first_on = min((call.start for call in done.commands("on")), default=math.inf)
    if done.result["action"] == "off":
        assert not [call for call in done.world.calls if call.agent.name in spared]
    early = [
        call for call in done.world.of("off") if call.agent.name in spared and call.start < min(end, first_on)
    ]
    assert not early


def it_ends_by_its_deadline_and_logs_out_everywhere(done: Run) -> None:
    deadline = done.outcome.op.deadline
    assert done.ended <= deadline + 3.0 + 1e-6
    assert all(call.start <= deadline + 1e-6 for call in done.world.calls if call.what != "close")
    assert not done.world.still_open()


def every_agent_left_off_is_named(done: Run) -> None:
    ours = {call.agent.name for call in done.commands("off") if call.acted}
    for agent in done.host.agents:
        if agent.name in ours and done.steady:
            on = done.world.feeds[agent.feed] if agent.role is Role.FEED else done.world.chassis
            assert on or agent.name in done.result["left_off"]


def a_restart_that_says_restarted_left_nothing_dark(done: Run) -> None:
    lagging = any(done.world.behaviours[agent.name].read_lag for agent in done.host.chassis)
    if not done.steady or lagging or done.result["outcome"] != "restarted":
        return
    if done.host.chassis:
        assert done.world.running
    for name, was_on in done.feeds_before.items():
        assert done.world.feeds[name] or not was_on


def no_command_is_repeated_without_a_read_that_says_that_it_did_not_act(done: Run) -> None:
    for agent in done.host.agents:
        calls = [call for call in done.world.calls if call.agent is agent]
        # off says nothing where it may be a sleep, and a second hard off does what one does
        untold = () if done.world.behaviours[agent.name].tells_sleep else (Power.OFF,)
        for action, undone in (
            ("off", (Power.ON, Power.ASLEEP, Power.UNKNOWN, *untold)),
            ("on", (Power.OFF, Power.ASLEEP, Power.UNKNOWN)),
        ):
            places = [place for place, call in enumerate(calls) if call.what == action]
            for first, second in zip(places, places[1:]):
                told = [call.said for call in calls[first:second] if call.what == "status" and not call.error]
                assert calls[first].error in ("busy",) or any(said in undone for said in told)


PROMISES: t.Final = (
    a_read_that_proves_an_off_was_true_and_came_after_the_last_command,
    a_host_that_is_reported_off_is_off_and_stays_off,
    nothing_is_switched_on_unless_an_off_was_proven,
    no_level_is_touched_after_one_succeeded,
    it_ends_by_its_deadline_and_logs_out_everywhere,
    every_agent_left_off_is_named,
    a_restart_that_says_restarted_left_nothing_dark,
    no_command_is_repeated_without_a_read_that_says_that_it_did_not_act,
)


def keep_promises(done: Run) -> None:
    for promise in PROMISES:
        promise(done)
