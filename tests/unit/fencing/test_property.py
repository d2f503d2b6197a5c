"""Whatever devices do, the promises hold: random topologies and behaviours, searched by Hypothesis."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
import typing as t

from ansible_collections.hostpm.power.plugins.module_utils._fencing import errors
from ansible_collections.hostpm.power.plugins.module_utils._fencing.levels import Refused
from ansible_collections.hostpm.power.plugins.module_utils._fencing.model import RestorePolicy, Role
from devices import ALWAYS, Behaviour, Fault
from hypothesis import given, note, reject
from hypothesis import strategies as st
from promises import Run, keep_promises
from world import World, chassis, feed, host_of, later, run, wake

#: What a device may do within this share of agent_timeout after a command, before it can no longer act.
LATEST = 0.5
AGENT_TIMEOUT = 10.0

moments = st.floats(0.0, 60.0)
times = st.sampled_from([1, 2, 3, ALWAYS])
silent = st.builds(
    Fault, st.sampled_from([None, errors.Unreachable, errors.Protocol]), times=times, after=st.just(0.5)
)
refusing = st.builds(
    Fault, st.sampled_from([errors.Busy, errors.Rejected, errors.AuthFailed, errors.Unsupported]), times=times
)
#: A command that acted or not while its answer was lost, or was denied although it acted.
liar = st.builds(
    Fault,
    st.sampled_from([None, errors.Unreachable, errors.Protocol, errors.Rejected]),
    acts=st.booleans(),
    times=times,
)
behaviours = st.builds(
    Behaviour,
    faults=st.fixed_dictionaries(
        {},
        optional={
            "open": st.one_of(silent, refusing),
            "status": st.one_of(silent, refusing),
            "off": st.one_of(liar, refusing),
            "on": st.one_of(liar, refusing),
        },
    ),
    acts=st.sampled_from([True, True, True, False]),
    act_lag=st.sampled_from([0.0, 0.0, 0.5, 3.0, AGENT_TIMEOUT * LATEST]),
    read_lag=st.sampled_from([0.0, 0.0, 2.5]),
    transition=st.sampled_from([0.0, 0.0, 2.5]),
    vanishes_at=st.one_of(st.just(math.inf), moments),
    vanishes_after=st.sampled_from([ALWAYS, ALWAYS, 1, 2]),
    returns_at=st.one_of(st.just(math.inf), moments),
    flaps=st.lists(st.tuples(moments, st.booleans()), max_size=2).map(tuple),
    seconds=st.sampled_from([0.01, 0.1, 1.0]),
    tells_sleep=st.booleans(),
    soft_takes=st.sampled_from([math.inf, 1.0, 5.0]),
    close_error=st.sampled_from([None, None, RuntimeError]),
)
agents = st.lists(
    st.one_of(
        st.builds(chassis, st.sampled_from(["bmc", "ilo"]), st.integers(1, 2)),
        st.builds(feed, st.sampled_from(["a", "a2", "b", "b2"]), st.integers(1, 2)),
        st.builds(wake),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda agent: agent.name,
)


@st.composite
def runs(draw: st.DrawFn, actions: t.Sequence[str]) -> Run:
    chosen = draw(agents)
    found = [feed(a.name, a.order, a.name[0]) if a.role is Role.FEED else a for a in chosen]
    host = host_of(*found)
    steady = draw(st.booleans())
    how = {agent.name: draw(behaviours) for agent in host.agents}
    shared = {Role.CHASSIS: len(host.chassis) > 1}
    for agent in host.agents:
        several = shared.get(agent.role, len(host.feeds.get(agent.feed, ())) > 1)
        how[agent.name] = _tame(how[agent.name], steady, several or bool(host.chassis and host.feeds))
    world = World(
        host,
        how,
        on=draw(st.sampled_from([True, True, True, False])),
        dark=draw(st.sets(st.sampled_from("ab"), max_size=1)),
        policy=draw(st.sampled_from([RestorePolicy.ALWAYS, RestorePolicy.LAST, RestorePolicy.NEVER])),
        standby=draw(st.booleans()),
        asleep=draw(st.sampled_from([False, False, True])) and all(_acts(how[a.name]) for a in host.chassis),
    )
    feeds_before = dict(world.feeds)
    request = {
        "action": draw(st.sampled_from(actions)),
        "strategy": draw(st.sampled_from(["auto", "parallel", "serial"])),
        "timeout": draw(st.sampled_from([5.0, 20.0, 60.0, 180.0])),
        "agent_timeout": AGENT_TIMEOUT,
        "poll": draw(st.sampled_from([1.0, 2.0])),
        "soft_timeout": draw(st.sampled_from([0.0, 0.0, 8.0])),
    }
    try:
        outcome, result = run(host, world, **request)
    except Refused:
        reject()
    ended, off_at_end = world.loop.time(), not world.running
    later(world, 60.0)
    note(f"{request} {result['msg']} {[(a.name, a.order, how[a.name]) for a in host.agents]}")
    return Run(world, host, outcome, result, feeds_before, steady, ended, off_at_end)


def _acts(how: Behaviour) -> bool:
    """It carries out what it accepts: that it lets a host sleep on which it reads off cannot be noticed."""
    return how.acts or how.tells_sleep


def _tame(how: Behaviour, steady: bool, several: bool) -> Behaviour:
    """Take out what no engine could notice.

    That is a device that moves by itself, an accepted off that acts later than agent_timeout behind another one that
    was seen to have acted, and an off that was denied, acts, and does not show.
    """
    changed: dict[str, t.Any] = {}
    if steady:
        changed["flaps"] = ()
    if several and how.act_lag:
        changed["act_lag"] = min(how.act_lag, AGENT_TIMEOUT - 2.0)
    if any(fault.error is errors.Rejected and fault.acts for fault in how.faults.values()):
        changed.update(act_lag=0.0, read_lag=0.0)
    return Behaviour(**{**how.__dict__, **changed})


@given(runs(["off"]))
def test_an_off_keeps_every_promise(done: Run) -> None:
    keep_promises(done)


@given(runs(["restart"]))
def test_a_restart_keeps_every_promise(done: Run) -> None:
    keep_promises(done)


@given(runs(["on", "status"]))
def test_on_and_status_keep_every_promise(done: Run) -> None:
    keep_promises(done)
