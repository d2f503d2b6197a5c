"""The on phase: supplies first, then the chassis, until the host is read on."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .errors import PowerError, Rejected, Unreachable
from .link import Link
from .model import Agent, Observation, Power, Role
from .operation import Operation
from .verdict import Verdict, feed_states
from .waiting import first_true, together

_DOWN: t.Final = frozenset((Power.OFF, Power.ASLEEP))


@dataclass(frozen=True)
class OnResult:
    """What came of the on phase.

    ``dark`` is the supplies that were read, but not read on; ``woken`` says that a wake agent was sent; ``reasons``
    says of each agent that was not read on why.
    """

    verdict: Verdict
    dark: tuple[str, ...]
    woken: bool
    evidence: tuple[Observation, ...]
    reasons: tuple[str, ...]


async def power_on(op: Operation, agents: t.Sequence[Agent], until: float) -> OnResult:
    """Switch on these agents by ``until``: all feeds, then the chassis; wake agents where nothing else did it."""
    op.begin_rising()
    feeds = [agent for agent in agents if agent.role is Role.FEED]
    chassis = [agent for agent in agents if agent.role is Role.CHASSIS]
    wakers = [agent for agent in agents if agent.role is Role.WAKE]
    if feeds:
        end = op.share(until, 2 if chassis else 1)
        await together(*(_switch_on(op, op.link(a), end, op.request.agent_timeout) for a in feeds))
    # a chassis whose supply has just returned has to boot before it answers
    booting = any(op.link(agent).touched for agent in feeds)
    patience = op.request.bmc_timeout if booting else op.request.agent_timeout
    end = op.share(until, 2) if wakers else until
    up = await first_true([_switch_on(op, op.link(agent), end, patience) for agent in chassis])
    if wakers and not up:
        await together(*(op.link(agent).send("on", until) for agent in wakers))
        await _watch(op, chassis, until)
    states = feed_states(op.host, op.newest())
    return OnResult(
        op.verdict(),
        dark=tuple(name for name, power in states.items() if power is not Power.ON),
        woken=any(op.link(agent).touched for agent in wakers),
        evidence=op.evidence(),
        reasons=tuple(
            _why_not_on(op, op.link(a)) for a in [*feeds, *chassis] if op.link(a).power is not Power.ON
        ),
    )


def _why_not_on(op: Operation, link: Link) -> str:
    tries = [step for step in op.journal.steps if step.agent is link.agent and step.sent == "on"]
    if tries and tries[-1].error:
        return f"{link.agent.label}: {tries[-1].error}"
    if link.last and link.last.error:
        return f"{link.agent.label}: {link.last.error}"
    told = "was told on and still reads" if tries else "reads"
    word = link.last.reading.word if link.last and link.last.reading else link.power.value
    return f"{link.agent.label}: {told} {word}. Look at the device."


async def _watch(op: Operation, chassis: t.Sequence[Agent], until: float) -> None:
    """Read until a chassis is on; sends nothing."""
    while chassis:
        if any(seen.power is Power.ON for seen in await op.read(chassis, until)):
            return
        if not await op.pause(until):
            return


async def _switch_on(op: Operation, link: Link, until: float, patience: float) -> bool:
    """Read; send on when what it reads wants one; read until it is on. False when that cannot be any more.

    An accepted command is not repeated. One whose answer was lost, or that was rejected for
    the moment (a device that still boots), is repeated only after a read that says that it did not act.
    """
    accepted = False
    wanting = _wanting(op, link)
    seen = link.last if not op.changed else None  # as long as nothing was sent, what was read is still true
    while True:
        seen = seen or await link.read(until)
        if seen.power is Power.ON and Power.ON not in wanting:
            return True
        if seen.error and (_final(seen.error) or link.silent_for() >= patience):
            return False
        if seen.power in wanting and not accepted and "on" in link.agent.actions:
            error = await link.send("on", until)
            if error and _final(error):
                return False
            accepted = error is None
            if not accepted and not await op.pause(until):
                return False
            if Power.ON in wanting and not await op.pause(until, op.request.settle):
                return False
            wanting = _DOWN
        elif not await op.pause(until):
            return False
        if op.clock.now() >= until:
            return False
        seen = None


def _wanting(op: Operation, link: Link) -> frozenset[Power]:
    """What it may read when an on must be sent to it.

    A chassis that was not read off itself, while its supplies were, may tell of the time before: an on is sent even
    when it reads on.
    """
    fenced_unseen = not link.seen_off and any(other.off_sent for other in op.links.values())
    return _DOWN | {Power.ON} if link.agent.role is Role.CHASSIS and fenced_unseen else _DOWN


def _final(error: PowerError) -> bool:
    """More time does not heal it."""
    return not error.transient and not isinstance(error, Rejected)


async def wait_out(op: Operation, until: float) -> list[Link]:
    """Wait until no off that was sent can still act, and return those for which the time did not suffice.

    That is when a read confirmed it, when the device lost its power with its supplies, or when ``agent_timeout`` has
    passed since it was sent.
    """
    while True:
        pending = [link for link in op.links.values() if _may_still_act(op, link)]
        if not pending or not await op.pause(until):
            return pending
        await op.read([link.agent for link in pending], until)


def _may_still_act(op: Operation, link: Link) -> bool:
    powerless = link.agent.role is Role.CHASSIS and op.verdict().supply == "dead"
    if powerless and link.last is not None and isinstance(link.last.error, Unreachable):
        link.lost_power()
    return op.clock.now() < link.off_over_at
