"""What a machine's capabilities come to in a few words: how it sleeps, what wakes it, what was not seen."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from .answer import NOT_PROBED, PROBE_FAILED, SUPPORTED
from .states import BACKENDS

Found = t.Mapping[str, t.Any]


def summarize(capabilities: Found) -> dict[str, t.Any]:
    """``sleep`` and ``wake`` in words, and ``unseen``, a list of what could not be told and why."""
    return {
        "sleep": _sleep(capabilities),
        "wake": _wake(capabilities),
        "unseen": list(_unseen(capabilities)),
    }


def sentence(summary: Found) -> str:
    """The same as one text."""
    text = f"Sleep: {summary['sleep']}. Wake: {summary['wake']}."
    return text + (f" Not seen: {'; '.join(summary['unseen'])}." if summary["unseen"] else "")


def _sleep(capabilities: Found) -> str:
    modes = capabilities["sleep"]
    by: dict[str, list[str]] = {}
    for name, mode in modes.items():
        if mode["state"] == SUPPORTED:
            by.setdefault(mode["backend"], []).append(name)
    if by:
        return "; ".join(f"{', '.join(by[backend])} by {backend}" for backend in BACKENDS if backend in by)
    states = {mode["state"] for mode in modes.values()}
    if states == {NOT_PROBED}:
        return "not probed"
    if PROBE_FAILED in states:
        return "not known"
    container = capabilities["container"]
    return "no" if container in ("none", "unknown") else f"no, it is a container ({container})"


def _wake(capabilities: Found) -> str:
    ways = []
    rtc = capabilities["rtc"]
    if rtc["state"] == SUPPORTED:
        notes = [] if rtc["ready"] else ["not ready"]
        ways.append(_way(rtc["name"], notes if rtc["alarm"] is None else [*notes, "an alarm is pending"]))
    for name, card in capabilities["wake_on_lan"].items():
        if card["state"] == SUPPORTED:
            kept = {"yes": [], "no": ["until the next boot"]}.get(card["persistent"]["state"], ["for now"])
            ways.append(_way(f"{name} {card['mac']}", kept if card["ready"] else ["not ready"]))
    failed = [rtc, *capabilities["wake_on_lan"].values()]
    if not ways and any(one["state"] == PROBE_FAILED for one in failed):
        return "not known"
    return ", ".join(ways) or "nothing of its own"


def _way(name: str, notes: t.Sequence[str]) -> str:
    return f"{name} ({'; '.join(notes)})" if notes else name


def _unseen(capabilities: Found) -> t.Iterator[str]:
    """Every failed probe; equal reasons come once."""
    reasons: dict[str, list[str]] = {}
    places = {
        **capabilities["sleep"],
        **capabilities["wake_on_lan"],
        **{name: one for name, one in capabilities.items() if isinstance(one, dict) and "state" in one},
    }
    for name, one in places.items():
        if one["state"] == PROBE_FAILED:
            reasons.setdefault(one["why"], []).append(name)
    for why, names in reasons.items():
        yield f"{', '.join(names)}: {why}"
