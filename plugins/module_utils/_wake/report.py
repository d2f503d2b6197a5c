"""The result of a pm_wake as the flat dictionary that modules return, in one shape for every outcome. Private."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from .ladder import Ladder
from .model import FAILED, Step, Wake
from .sentence import destination, sentence, warnings


def report(
    word: str, ladder: Ladder, *, proxy: str, verified_from: str, check: bool = False, diff: bool = False
) -> dict[str, t.Any]:
    """Return the result: plain strings, numbers, booleans, lists and dictionaries; all times are seconds.

    ``rungs`` counts from the start of the task. No input and no secret is in it; the plan shows where packets go.
    """
    reached = ladder.reached_at is not None
    worked = ladder.worked
    result = {
        **empty_result(ladder.wake, proxy),
        "failed": word in FAILED,
        "changed": ladder.sent or word == "planned",
        "msg": sentence(word, ladder, proxy, verified_from),
        "outcome": word,
        "rung": worked.rung if worked else "",
        "reached": reached,
        "rungs": [_step(step) for step in ladder.steps],
        "packets": ladder.packets,
        "verified_from": verified_from if ladder.wake.target else "",
        "elapsed": round(ladder.elapsed, 3),
        "warnings": warnings(word, ladder, proxy),
    }
    if check and word != "refused":
        result["plan"] = _plan(ladder, proxy, verified_from)
    if diff:
        was = reached and word == "already_awake"
        after = reached or word == "planned"
        result["diff"] = {"before": {"reached": was}, "after": {"reached": after}}
    return result


def refusal(wake: Wake, why: str, *, proxy: str) -> dict[str, t.Any]:
    """Return the result of what was refused before anything was sent."""
    begins = "" if why.startswith(f"{wake.host}: ") else f"{wake.host}: "
    return {**empty_result(wake, proxy), "failed": True, "msg": f"Nothing was sent. {begins}{why}"}


def empty_result(wake: Wake, proxy: str) -> dict[str, t.Any]:
    """Return a result in which nothing was done and nothing is known."""
    return {
        "failed": False,
        "changed": False,
        "outcome": "refused",
        "rung": "",
        "reached": False,
        "looked_at": str(wake.target) if wake.target else "",
        "rungs": [],
        "packets": 0,
        "turn": round(wake.turn, 3),
        "proxy": proxy,
        "verified_from": "",
        "elapsed": 0.0,
        "warnings": [],
    }


def interruption(ladder: Ladder) -> str:
    """What to say when a signal ended the work."""
    by_agents = " Its agents may have been told to switch it on." if _agents_may_act(ladder) else ""
    return (
        f"{ladder.wake.host}: waking was interrupted, nothing more is sent. Magic packets known to have been "
        f"sent: {ladder.packets}.{by_agents}"
    )


def _agents_may_act(ladder: Ladder) -> bool:
    return any(step.rung == "agent" and step.at is not None for step in ladder.steps)


def _step(step: Step) -> dict[str, t.Any]:
    return {
        "rung": step.rung,
        "state": step.state,
        "at": None if step.at is None else round(step.at, 3),
        "elapsed": round(step.elapsed, 3),
        "sent": step.sent,
        "message": step.message,
    }


def _plan(ladder: Ladder, proxy: str, verified_from: str) -> dict[str, t.Any]:
    wake = ladder.wake
    rows = [
        {
            "rung": rung,
            "begins": round(begin - ladder.started, 3),
            "at_most": round(until - begin, 3),
            "does": destination(wake, rung),
        }
        for rung, begin, until in ladder.shares(ladder.started)
    ]
    return {
        "proxy": proxy,
        "proxy_reason": "the controller, as no other was asked for"
        if proxy == "localhost"
        else "delegate_to names it",
        "looks": f"for {wake.target}, from {verified_from}" if wake.target else "nobody looks (reach: none)",
        "rungs": rows,
        "left_out": [{"rung": rung, "why": why} for rung, why in wake.left_out.items()],
    }
