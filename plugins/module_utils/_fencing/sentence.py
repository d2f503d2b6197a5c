"""The sentence of each outcome, as an operator reads it, and the warnings beside it."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from .model import Power, Role
from .outcome import Outcome


def sentence(outcome: Outcome) -> str:
    """Say how it ended: the state and what proves it, or what is not known, why, and what stays as it is."""
    host = outcome.op.host.name
    text = {
        "status_read": f"{host} is {_power(outcome)}, {_basis(outcome)}{_dark_beside_on(outcome)}.",
        "planned": f"{host} is {_power(outcome)}; nothing was sent. {_intent(outcome)}",
        "off_verified": f"{host} is off, {_basis(outcome)}.",
        "already_off": f"{host} was off already, {_basis(outcome)}; nothing was sent.",
        "on_verified": f"{host} is on, {_basis(outcome)}.",
        "already_on": f"{host} was on already, {_basis(outcome)}; nothing was sent.",
        "on_partial": f"{host} is on, {_basis(outcome)}, but its supply {_dark(outcome)} was not read on.",
        "on_unverified": f"{host} was told to wake up; its agents can only wake, so nobody saw whether it did.",
        "restarted": f"{host} was off, then is on, {_basis(outcome)}.",
        "restarted_partial": (
            f"{host} was off, then is on, {_basis(outcome)}, but its supply {_dark(outcome)} was not read on."
        ),
        "fenced_not_restarted": f"{host} was fenced (off was proven), but it was not seen on again.",
        "nmi_sent": f"An NMI was sent to {host}. It proves nothing about its power.",
        "not_off": f"{host} is NOT off: it reads {_power(outcome)}, {_basis(outcome)}.",
        "not_on": f"{host} is NOT on: it reads {_power(outcome)}, {_basis(outcome)}.",
        "indeterminate": f"Whether {host} is on or off is not known. Do not take it for off.",
    }[outcome.word]
    if outcome.op.request.action == "nmi" and outcome.failed:
        sent = "may have been sent" if outcome.changed else "was not sent"
        text = f"An NMI {sent} to {host}: no agent confirmed it."
    return " ".join([text, *outcome.reasons, *_left(outcome)])


def warnings(outcome: Outcome) -> list[str]:
    """What an operator has to know although the task did not fail."""
    host = outcome.op.host.name
    found = []
    if outcome.word in ("on_partial", "restarted_partial") and not outcome.failed:
        found.append(
            f"{host}: the supply {_dark(outcome)} was not read on: the host is up, its redundancy is not. "
            "Look at that outlet. Use require: all to let this fail."
        )
    if outcome.word == "on_unverified":
        found.append(f"{host}: it was not seen whether the host woke up. Add an agent that can be read.")
    if untold := _maybe_asleep(outcome):
        found.append(f"{host}: {untold} cannot tell off from asleep (S3). {_of_a_sleep(outcome)}")
    if outcome.word in ("on_verified", "already_on", "restarted") and outcome.verdict.basis == "feed":
        found.append(
            f"{host}: its supplies are on, the host itself was not seen. Add a chassis agent, such as its BMC."
        )
    if outcome.fenced:
        found.extend(
            f"{host}: level {one.level.number} failed before a later one fenced the host: {one.reason}"
            for one in outcome.levels
            if one.state == "failed"
        )
    return found


def _power(outcome: Outcome) -> str:
    power = outcome.verdict.power
    return (
        "in an unknown power state" if power is Power.UNKNOWN and outcome.word == "planned" else power.value
    )


def _basis(outcome: Outcome) -> str:
    """What the verdict rests on: "read from its chassis agent 'bmc'"."""
    basis = outcome.verdict.basis
    role = {"chassis": Role.CHASSIS, "feed": Role.FEED}.get(basis)
    wanted = (Power.OFF,) if outcome.verdict.power is Power.OFF else (Power.ON, Power.ASLEEP)
    names: list[str] = []
    for seen in outcome.evidence:
        name = f"'{seen.agent.name}'"
        if seen.agent.role is role and seen.power in wanted and name not in names:
            names.append(name)
    if not names:
        return "by nothing that was read"
    what = "chassis" if role is Role.CHASSIS else "feed" if len(names) == 1 else "feeds"
    verb = "proven" if outcome.fenced and outcome.verdict.power is Power.OFF else "read"
    preposition = "from" if verb == "read" else "by"
    return f"{verb} {preposition} its {what} {' and '.join(names)}"


def _maybe_asleep(outcome: Outcome) -> str:
    """The chassis agents by which it is off, where none of them would have told that the host sleeps."""
    by_chassis = outcome.verdict.basis == "chassis" and outcome.verdict.maybe_asleep
    if not (by_chassis or outcome.fenced):
        return ""
    off = [obs for obs in outcome.evidence if obs.power is Power.OFF]
    sure = [obs for obs in off if not obs.maybe_asleep or outcome.op.link(obs.agent).before_off is Power.ON]
    return "" if sure else " and ".join(dict.fromkeys(f"'{obs.agent.name}'" for obs in off))


def _of_a_sleep(outcome: Outcome) -> str:
    """What an off means that may be a sleep."""
    once = "Where it never sleeps, say so with may_sleep: false for the agent."
    if not outcome.fenced:
        return f"To be off for sure it needs the hard off, which action: off sends all the same. {once}"
    return (
        "So the hard off was sent to a host that read off, and was accepted; whether a BMC carries it out in a sleep "
        f"is for its maker to say. Where the host may sleep, fence it by its supplies. {once}"
    )


def _intent(outcome: Outcome) -> str:
    action = outcome.op.request.action
    return (
        f"{action} would be carried out as planned."
        if outcome.would_change
        else f"{action} has nothing to do."
    )


def _dark(outcome: Outcome) -> str:
    return " and ".join(f"'{name}'" for name in outcome.dark)


def _dark_beside_on(outcome: Outcome) -> str:
    return (
        f"; its supply {_dark(outcome)} is off"
        if outcome.dark and outcome.verdict.power is not Power.OFF
        else ""
    )


def _left(outcome: Outcome) -> t.Iterator[str]:
    left = outcome.op.left_off()
    if left and outcome.word not in ("off_verified", "restarted"):
        names = ", ".join(f"'{name}'" for name in left)
        if outcome.fenced:
            yield f"Off, and not seen on again: {names}."
        else:
            yield f"Left off, or with an off under way: {names}. Nothing was switched on again there."
