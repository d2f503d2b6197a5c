"""pm_suspend: its options, the words of its outcomes, and what a result looks like. Private to hostpm.power."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

#: What a user may give; the action plugin adds the step and what only it knows.
SUSPEND_OPTIONS: t.Final[dict[str, dict[str, t.Any]]] = {
    "action": {"type": "str", "choices": ["suspend", "status", "cancel", "confirm"], "default": "suspend"},
    "mode": {"type": "str", "choices": ["mem", "disk", "hybrid", "freeze"], "default": "mem"},
    "duration": {"type": "float"},
    "delay": {"type": "float", "default": 10.0},
    "wake": {"type": "list", "elements": "str", "choices": ["rtc", "wol"]},
    "interface": {"type": "str"},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float"},
    "busy_check": {"type": "list", "elements": "str", "default": []},
    "wake_proof": {"type": "str", "choices": ["exercised", "armed"], "default": "exercised"},
    "backend": {"type": "str", "choices": ["auto", "systemd", "pm_utils", "sysfs"], "default": "auto"},
    "allow": {
        "type": "list",
        "elements": "str",
        "choices": ["cluster", "container", "controller", "guests", "inhibitors", "swap"],
        "default": [],
    },
}

MODULE_OPTIONS: t.Final[dict[str, dict[str, t.Any]]] = {
    **SUSPEND_OPTIONS,
    "host": {"type": "str"},
    "controller_boot_id": {"type": "str"},
    "step": {
        "type": "str",
        "choices": ["prepare", "commit", "look", "cancel", "confirm"],
        "default": "prepare",
    },
    "token": {"type": "str", "no_log": False},
}

#: The longest time that any option takes (s): a day; the alarms of some RTCs have no date.
LONGEST: t.Final = 86400.0
SHORTEST_DELAY: t.Final = 5.0
#: How long a host may take to come back after its alarm, unless wait_timeout says otherwise (s).
RETURN_TIME: t.Final = 180.0

OK: t.Final = frozenset(
    ("slept", "scheduled", "pending", "cancelled", "confirmed", "none_pending", "planned")
)
WARNED: t.Final = frozenset(("woke_early", "refused_busy"))


def mistakes_in(params: t.Mapping[str, t.Any]) -> list[str]:
    """What makes no sense whatever the host can do; each a sentence with what to write instead."""
    found = []
    if params["delay"] < SHORTEST_DELAY:
        found.append(f"delay must be at least {SHORTEST_DELAY:g} s, {params['delay']:g} is less.")
    wake = params["wake"]
    if wake is not None and not wake:
        found.append("wake is empty: name at least one way back, rtc or wol.")
    if "rtc" in (wake or ()) and params["duration"] is None:
        found.append("wake: rtc needs a duration, the seconds from falling asleep until the alarm.")
    if params["duration"] is not None and wake is not None and "rtc" not in wake:
        found.append("duration is the time until the RTC's alarm: add rtc to wake, or leave duration out.")
    forever = params["wait"] and params["duration"] is None and params["wait_timeout"] is None
    if forever and params["action"] == "suspend":
        found.append(
            "without a duration nobody knows when it should be back: say wait_timeout, the seconds after which it "
            "should have been woken, or wait: false."
        )
    by_clock = params["duration"] is not None and "wol" not in (wake or ())
    if by_clock and params["wait"] and params["wait_timeout"] is not None:
        due = params["delay"] + params["duration"]
        if params["wait_timeout"] <= due:
            found.append(
                f"wait_timeout of {params['wait_timeout']:g} s is over before its alarm is due, {due:g} s after the "
                "start (delay and duration): say more, or leave it out."
            )
    for name in ("duration", "delay", "wait_timeout"):
        value = params[name]
        if value is not None and not 0 < value <= LONGEST:
            found.append(f"{name} must be more than 0 and at most {LONGEST:.0f} s, {value:g} is not.")
    return found


def ways(params: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """The ways back that must be there: those named, or rtc with a duration and wol without one."""
    if params["wake"] is not None:
        return tuple(dict.fromkeys(params["wake"]))
    return ("rtc",) if params["duration"] is not None else ("wol",)


def result(params: t.Mapping[str, t.Any], outcome: str, msg: str, **more: t.Any) -> dict[str, t.Any]:
    """The result in its one shape; times in seconds, null where not known."""
    empty = {
        "failed": outcome not in OK | WARNED,
        "changed": False,
        "action": params["action"],
        "mode": params["mode"],
        "backend": "",
        "outcome": outcome,
        "msg": msg,
        "asleep": None,
        "entry": None,
        "resume": None,
        "late": None,
        "reconnect": None,
        "woken_by": "",
        "begins_in": None,
        "due": None,
        "phase": "",
        "boot_id": "",
        "ways_back": [],
        "warnings": [msg] if outcome in WARNED else [],
    }
    return {**empty, **more}


def job_result(
    host: str, params: t.Mapping[str, t.Any], state: t.Mapping[str, t.Any], boot_id: str
) -> dict[str, t.Any]:
    """The result of looking at the host's job.

    :param state: phase, and for one that is over its outcome and what was measured; empty without a job.
    """
    phase = state.get("phase", "")
    if phase != "done":
        outcome = "pending" if phase else "none_pending"
        what = f"a sleep is {phase}" if phase else "no sleep is planned"
        return result(params, outcome, f"{host}: {what}.", phase=phase, boot_id=boot_id)
    names = ("asleep", "entry", "resume", "late", "woken_by")
    measured = {name: state[name] for name in names if state.get(name) is not None}
    told = result(
        params,
        str(state.get("outcome")),
        _ended(host, params, state),
        phase=phase,
        boot_id=boot_id,
        changed=bool(state.get("asleep")),
        **measured,
    )
    told["warnings"] += [f"{host}: {note}." for note in state.get("notes", ())]
    if params["action"] == "status":
        told.update(failed=False, changed=False)
    return told


def not_as_asked(told: t.Mapping[str, t.Any], boot_id: str) -> dict[str, t.Any]:
    """The end of a sleep that was asked for, by what its host says after the commit.

    :param boot_id: of the boot in which it was prepared.
    """
    if told["boot_id"] and told["boot_id"] != boot_id:
        return {**told, "outcome": "rebooted_instead", "failed": True}
    return {**told, "failed": told["failed"] or told["outcome"] in ("cancelled", "none_pending", "pending")}


def not_to_confirm(told: t.Mapping[str, t.Any], card: str, doubt: str) -> str:
    """Why a magic packet cannot be said to have ended the last sleep; empty when it can.

    :param told: the result of looking at the host's job.
    :param card: the interface that was armed for it, empty for none.
    :param doubt: why the host itself does not take what woke it for a way back, empty when nothing is against it.
    """
    if not told["asleep"]:
        return "it has not slept in this boot"
    if not card:
        return "no card was armed for its last sleep. Ask for it with wake: [wol] and an interface"
    if told["woken_by"] == "rtc":
        return "its own clock woke it from its last sleep"
    return doubt


_WOKEN: t.Final = {
    "rtc": "woken by its RTC",
    "wol": "woken by its network card",
    "unknown": "woken by nothing that it can name",
}


def _ended(host: str, params: t.Mapping[str, t.Any], state: t.Mapping[str, t.Any]) -> str:
    why, by = str(state.get("why") or "").rstrip("."), str(state.get("woken_by") or "unknown")
    slept = f"{host} slept {state.get('asleep') or 0.0:.1f} s ({params['mode']})"
    woken = _WOKEN.get(by, f"woken by {by}")
    awake = f"{host} stays awake"
    text = {
        "slept": f"{slept}, {woken}.",
        "woke_early": f"{slept} and woke early, {woken}: {why}.",
        "cancelled": f"{awake}: {why}.",
        "refused_busy": f"{awake}, it is busy: {why}.",
        "refused_no_wake": f"{awake}, it could not be woken again: {why}.",
        "aborted_at_entry": f"{awake}, its entry was broken off: {why}. Try it again.",
        "indeterminate": f"Whether {host} sleeps is not known: {why}. Look at it again with action=status.",
        "never_slept": f"{host} did not sleep: {why}. Look at its log: journalctl -b, dmesg.",
    }
    return text.get(str(state.get("outcome")), f"{host}: {state.get('outcome')}: {why}.")


def sentence(
    host: str, params: t.Mapping[str, t.Any], word: str, *, timeout: float, answered: bool, reads: str
) -> str:
    """What to say of a host that did not come back as it should have.

    :param word: not_back or rebooted_instead.
    :param timeout: for how long it was waited (s).
    :param answered: it answers, but its job has not ended.
    :param reads: what its agents say of its power; empty when there are none.
    """
    if word == "rebooted_instead":
        return (
            f"{host} was booted instead of woken: its boot_id changed. What ran on it is lost. Look at its last "
            "messages (journalctl -b -1) and at what else may switch it off."
        )
    seen = (
        "It answers, but its sleep is not over by its own account: look at it with action=status."
        if answered
        else "It cannot be reached, which does not prove that it sleeps."
    )
    return (
        f"{host} did not come back within {timeout:.0f} s ({params['mode']}). {seen} "
        + (f"{reads} " if reads else "It has no pm_agents that could tell its power. ")
        + "Wake it with hostpm.power.pm_wake."
    )
