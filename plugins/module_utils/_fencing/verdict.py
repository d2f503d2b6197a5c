"""The verdict: one function that says from what was read whether a host is on or off, and why."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .model import Host, Observation, Power, Role

#: What was read of one level, one observation an agent.
Pass = t.Sequence[Observation]


@dataclass(frozen=True)
class Verdict:
    """What the observations prove.

    ``basis`` (chassis, feed or "") is what ``power`` rests on, ``supply`` is live, partial, dead, unknown, or
    none for a host without feeds. ``reasons`` says why an unknown is unknown. ``maybe_asleep``: off is read from
    chassis agents alone, none of which can tell it from asleep.
    """

    power: Power
    basis: str
    supply: str
    reasons: tuple[str, ...] = ()
    contradicted: bool = False
    maybe_asleep: bool = False


def feed_states(host: Host, passes: t.Sequence[Pass]) -> dict[str, Power]:
    """The state of each supply that was read.

    Several agents may lead to one supply: any that reads on makes it live; off needs all that were asked,
    since off beside an error is unknown.
    """
    states: dict[str, Power] = {}
    seen = [obs for level in passes for obs in level if obs.agent.role is Role.FEED]
    for name in host.feeds:
        powers = {obs.power for obs in seen if obs.agent.feed == name}
        if Power.ON in powers:
            states[name] = Power.ON
        elif powers == {Power.OFF}:
            states[name] = Power.OFF
        elif powers:
            states[name] = Power.UNKNOWN
    return states


def supply_of(host: Host, states: t.Mapping[str, Power]) -> str:
    """One word for all supplies of the host."""
    if not host.feeds:
        return "none"
    powers = [states.get(name, Power.UNKNOWN) for name in host.feeds]
    if all(power is Power.ON for power in powers):
        return "live"
    if all(power is Power.OFF for power in powers):
        return "dead"
    if Power.ON in powers and Power.OFF in powers:
        return "partial"
    return "unknown"


def judge(host: Host, passes: t.Sequence[Pass]) -> Verdict:
    """Say what the host's power is, given one pass of observations for each level that was read.

    All feeds off: off. Else any chassis agent on: on (asleep likewise). Else a level all of whose chassis
    agents read off: off. Else, for a host without a chassis agent, any live feed: on. Else unknown, with the
    reasons. A chassis that is powered beside dead feeds contradicts them: unknown, the cabling is wrong.
    """
    states = feed_states(host, passes)
    supply = supply_of(host, states)
    chassis = [[obs for obs in level if obs.agent.role is Role.CHASSIS] for level in passes]
    powers = {obs.power for level in chassis for obs in level}
    alive = [obs for level in chassis for obs in level if obs.power in (Power.ON, Power.ASLEEP)]
    if supply == "dead":
        if not alive:
            return Verdict(Power.OFF, "feed", supply)
        reasons = tuple(
            f"{obs.agent.label}: reads {obs.power.value} although every supply reads off. Check the cabling: "
            "the supplies named in pm_agents do not feed this host alone, or not at all."
            for obs in alive
        )
        return Verdict(Power.UNKNOWN, "", supply, reasons, contradicted=True)
    for power in (Power.ON, Power.ASLEEP):
        if power in powers:
            return Verdict(power, "chassis", supply)
    if any(level and all(obs.power is Power.OFF for obs in level) for level in chassis):
        off = [obs for level in chassis for obs in level if obs.power is Power.OFF]
        return Verdict(Power.OFF, "chassis", supply, maybe_asleep=all(obs.maybe_asleep for obs in off))
    if not host.chassis and Power.ON in states.values():
        return Verdict(Power.ON, "feed", supply)
    return Verdict(Power.UNKNOWN, "", supply, _reasons(host, passes))


def _reasons(host: Host, passes: t.Sequence[Pass]) -> tuple[str, ...]:
    reasons = []
    for level in passes:
        for obs in level:
            if obs.error:
                reasons.append(f"{obs.agent.label}: {obs.error}")
            elif obs.power is Power.UNKNOWN:
                word = obs.reading.raw if obs.reading else ""
                reasons.append(f"{obs.agent.label}: reads {word or 'a state that is neither on nor off'}.")
    read = {obs.agent.name for level in passes for obs in level}
    if not reasons and host.chassis:
        reasons.append("The supplies say nothing about the host itself, and no chassis agent was read.")
    elif not read:
        reasons.append("No agent of this host can be read.")
    elif not reasons:
        reasons.append("Not every supply of this host was read.")
    return tuple(reasons)
