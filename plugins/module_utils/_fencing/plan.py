"""The plan that check mode shows: levels, why they are sufficient, the most each may take, what a failure leads to."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from .engine import ON_RESERVE
from .model import Role
from .operation import Operation


def describe_plan(op: Operation, proxy: str) -> dict[str, t.Any]:
    """Return the plan as plain data; ``at_most`` is the worst case in seconds."""
    request = op.request
    off_time = request.timeout * (1 - ON_RESERVE) if request.action == "restart" else request.timeout
    phases = {
        "status": [("read", request.timeout)],
        "off": [("off", off_time)],
        "restart": [("off", off_time), ("on", request.timeout - off_time)],
        "on": [("on", request.timeout)],
        "nmi": [("nmi", request.timeout)],
    }[request.action]
    return {
        "proxy": proxy,
        "proxy_reason": "the controller, as no other was asked for"
        if proxy == "localhost"
        else "delegate_to names it",
        "phases": [{"phase": name, "at_most": round(seconds, 3)} for name, seconds in phases],
        "levels": _levels(op, off_time) if request.action in ("off", "restart") else [],
        "switched_on": _switched_on(op) if request.action in ("on", "restart") else [],
    }


def _levels(op: Operation, left: float) -> list[dict[str, t.Any]]:
    """Level k gets what is left divided by the levels left, the worst case being that each uses all of it."""
    rows = []
    count = len(op.levels)
    for place, level in enumerate(op.levels):
        share = left / (count - place)
        left -= share
        last = place == count - 1
        basis = op.host.sufficient(level.agents)
        rows.append(
            {
                "level": level.number,
                "agents": [agent.name for agent in level.agents],
                "sufficient": "a chassis agent that reads off proves the host off"
                if basis == "chassis"
                else "these are all supplies of the host: all off proves it off",
                "at_most": round(share, 3),
                "on_failure": (
                    "the task fails as not_off or indeterminate and nothing is switched on"
                    if last
                    else f"level {level.number + 1} is tried; what this level switched off stays off"
                ),
            }
        )
    return rows


def _switched_on(op: Operation) -> list[str]:
    """The agents in the order of switching on; a restart leaves out supplies that it did not switch off."""
    order = (Role.FEED, Role.CHASSIS, Role.WAKE)
    return [agent.name for role in order for agent in op.host.agents if agent.role is role]
