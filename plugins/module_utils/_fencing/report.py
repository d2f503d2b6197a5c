"""The result of an operation as the flat dictionary that modules return, in one shape for every outcome."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from .journal import describe
from .levels import Refused
from .model import Host, Level, Observation, Power, Request, RestorePolicy
from .outcome import Outcome
from .plan import describe_plan
from .sentence import sentence, warnings


def report(outcome: Outcome, *, proxy: str, check: bool = False, diff: bool = False) -> dict[str, t.Any]:
    """Return the result: plain strings, numbers, booleans, lists and dictionaries; all times are seconds.

    ``steps`` and ``evidence`` count from the start of the operation. No input and no secret is in it.
    """
    op = outcome.op
    result = {
        **empty_result(op.host, op.request, proxy),
        "failed": outcome.failed,
        "changed": outcome.changed,
        "msg": sentence(outcome),
        "outcome": outcome.word,
        "power": outcome.verdict.power.value,
        "basis": outcome.verdict.basis,
        "supply": outcome.verdict.supply,
        "fenced": outcome.fenced,
        "levels": _levels(outcome),
        "steps": _steps(outcome),
        "evidence": [_evidence(seen, op.started, proxy) for seen in outcome.evidence],
        "may_return": _may_return(outcome),
        "left_off": op.left_off(),
        "elapsed": round(op.clock.now() - op.started, 3),
        "warnings": warnings(outcome),
    }
    if check:
        result["plan"] = describe_plan(op, proxy)
    if diff:
        result["diff"] = _diff(outcome)
    return result


def refusal(host: Host, request: Request, exc: Refused, *, proxy: str) -> dict[str, t.Any]:
    """Return the result of a request that was refused before anything was sent."""
    return {
        **empty_result(host, request, proxy),
        "msg": f"{host.name}: {request.action} is refused, nothing was sent. {exc}",
        "failed": True,
    }


def empty_result(host: Host, request: Request, proxy: str) -> dict[str, t.Any]:
    """Return a result in which nothing was done and nothing is known."""
    return {
        "failed": False,
        "changed": False,
        "action": request.action,
        "outcome": "refused",
        "power": Power.UNKNOWN.value,
        "basis": "",
        "supply": "unknown" if host.feeds else "none",
        "fenced": False,
        "levels": [],
        "steps": [],
        "evidence": [],
        "may_return": [],
        "left_off": [],
        "proxy": proxy,
        "elapsed": 0.0,
        "warnings": [],
    }


def _levels(outcome: Outcome) -> list[dict[str, t.Any]]:
    states = {result.level.number: result for result in outcome.levels}
    touched = {step.level for step in outcome.op.journal.steps}

    def state(level: Level) -> dict[str, t.Any]:
        result = states.get(level.number)
        return {
            "level": level.number,
            "agents": [agent.name for agent in level.agents],
            "sufficient": outcome.op.host.sufficient(level.agents) or "",
            "state": result.state if result else "used" if level.number in touched else "not_needed",
            "reason": result.reason if result else "",
        }

    return [state(level) for level in outcome.op.levels]


def _steps(outcome: Outcome) -> list[dict[str, t.Any]]:
    started = outcome.op.started
    return [
        {
            "level": step.level,
            "agent": step.agent.name,
            "driver": step.agent.driver,
            "at": round(step.start - started, 3),
            "elapsed": round(step.end - step.start, 3),
            "sent": step.sent,
            "read": step.read.value if step.read else "",
            "times": step.times,
            "error": step.error.kind if step.error else "",
            "message": describe(outcome.op.host.name, step.agent, step.error) if step.error else "",
        }
        for step in outcome.op.journal.steps
    ]


def _evidence(seen: Observation, started: float, proxy: str) -> dict[str, t.Any]:
    return {
        "agent": seen.agent.name,
        "role": seen.agent.role.value,
        "power": seen.power.value,
        "raw": seen.reading.raw if seen.reading else "",
        "error": seen.error.kind if seen.error else "",
        "start": round(seen.start - started, 3),
        "end": round(seen.end - started, 3),
        "proxy": proxy,
    }


def _may_return(outcome: Outcome) -> list[str]:
    """What may power a host up again that is off now.

    restore_policy: its BMC says that it starts when its supply returns. wol: it has a wake agent. unknown: it has
    standby power, so an alarm or a card that no agent can see may start it, or its restore policy is not known.
    """
    if outcome.verdict.power is not Power.OFF:
        return []
    policies = {outcome.op.link(agent).restore_policy for agent in outcome.op.host.chassis}
    cut = outcome.verdict.supply == "dead"
    found = []
    if RestorePolicy.ALWAYS in policies or (cut and RestorePolicy.LAST in policies):
        found.append("restore_policy")
    if outcome.op.host.wakers:
        found.append("wol")
    if not cut or not policies or RestorePolicy.UNKNOWN in policies:
        found.append("unknown")
    return found


def _diff(outcome: Outcome) -> dict[str, t.Any]:
    before = outcome.op.before
    after = outcome.verdict.power
    if outcome.word == "planned":
        wanted = {"off": Power.OFF, "on": Power.ON, "restart": Power.ON}.get(outcome.op.request.action, after)
        after = wanted if outcome.would_change else after
    return {
        "before": {"power": before.power.value if before else Power.UNKNOWN.value},
        "after": {"power": after.value},
    }
