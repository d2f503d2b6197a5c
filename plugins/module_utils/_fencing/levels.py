"""From a host's agents to levels: the strategies, and the plans that are refused before anything is sent."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from .model import Agent, Host, Level, Request, Role

#: serial: each agent its own level. parallel: one level of all. auto: agents of equal order share a level.
STRATEGIES: t.Final = ("auto", "serial", "parallel")


class Refused(Exception):
    """The plan is refused; nothing was sent. ``reasons`` say why and what to write instead."""

    def __init__(self, reasons: t.Iterable[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(" ".join(self.reasons))


def arrange(agents: t.Iterable[Agent], strategy: str) -> tuple[Level, ...]:
    """Arrange agents in levels; wake agents belong to none, since nothing can be read from them."""
    ordered = sorted((a for a in agents if a.role is not Role.WAKE), key=lambda a: (a.order, a.index))
    groups: dict[int, list[Agent]] = {}
    for place, agent in enumerate(ordered):
        key = {"serial": place, "parallel": 0, "auto": agent.order}[strategy]
        groups.setdefault(key, []).append(agent)
    return tuple(Level(number, tuple(groups[key])) for number, key in enumerate(sorted(groups), start=1))


def check_agents(host: Host) -> None:
    """Refuse a host whose agents contradict each other, whatever is asked of them.

    :raises Refused: two agents of one name, or two on one device and plug.
    """
    reasons = []
    keys: dict[str, t.Callable[[Agent], str]] = {"name": lambda a: a.name, "device": lambda a: a.device}
    for what, key in keys.items():
        first: dict[str, Agent] = {}
        for agent in host.agents:
            other = first.setdefault(key(agent), agent)
            if other is agent:
                continue
            if what == "name":
                reasons.append(
                    f"{agent.label} and {other.label} have the same name: give each agent a name of its own."
                )
            else:
                reasons.append(
                    f"{agent.label} and {other.label} are the same device and plug: one device cannot stand in for "
                    "itself. Remove one, or correct its address, port or plug."
                )
    if not host.agents:
        reasons.append(
            "No agents. Set the host's variable pm_agents, or the option agents, to a list such as "
            "[{name: bmc, ipmi: {address: 192.0.2.10, username: admin, password: ...}}]."
        )
    if reasons:
        raise Refused(reasons)


def off_levels(host: Host, strategy: str) -> tuple[Level, ...]:
    """Return the levels that a power-off tries.

    :raises Refused: no agent can switch off, or a level's agents, all off, would not prove the host off.
    """
    levels = arrange((agent for agent in host.agents if "off" in agent.actions), strategy)
    if not levels:
        raise Refused(
            ["No agent of this host can switch it off. Add an agent whose driver has the action off."]
        )
    short = [level for level in levels if not host.sufficient(level.agents)]
    if short:
        raise Refused([_why_insufficient(host, short, strategy)])
    return levels


def _why_insufficient(host: Host, levels: t.Sequence[Level], strategy: str) -> str:
    named = " and ".join(
        f"level {level.number} ({', '.join(repr(agent.name) for agent in level.agents)})" for level in levels
    )
    verb = "never takes" if len(levels) == 1 else "never take"
    fixed = [
        name for name, agents in host.feeds.items() if not any("off" in agent.actions for agent in agents)
    ]
    if fixed:
        supplies = " and ".join(repr(name) for name in fixed)
        why = f"no agent can switch off its supply {supplies}. Give each supply an agent that can."
    else:
        remedy = (
            "Use strategy: parallel, or strategy: auto with equal order"
            if strategy == "serial"
            else "Give the agents of its supplies the same order"
        )
        why = (
            "another supply stays on meanwhile, and supplies that are switched off one after the other leave it "
            f"running. {remedy}, so that all supplies are off at once."
        )
    return f"{named[0].upper()}{named[1:]} {verb} the host down: {why}"


def check_request(host: Host, request: Request) -> None:
    """Refuse what cannot lead to the wanted state by any agent.

    :raises Refused: no agent for the action.
    """
    if request.action in ("off", "restart"):
        off_levels(host, request.strategy)
    if request.action in ("on", "restart") and not any("on" in agent.actions for agent in host.agents):
        raise Refused(
            ["No agent of this host can switch it on. Add an agent whose driver has the action on."]
        )
    if request.action == "nmi" and not any("nmi" in agent.actions for agent in host.chassis):
        raise Refused(
            ["No chassis agent of this host can send an NMI. Add one whose driver has the action nmi."]
        )
    if request.action == "status" and not arrange(host.agents, request.strategy):
        raise Refused(
            ["No agent of this host can be read: a wake agent tells nothing. Add a chassis or feed agent."]
        )
