"""The options of pm_fence as an argument spec, and the checks that a spec cannot express. Private to hostpm.power."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import difflib
import math
import re
import typing as t

from ._drivers.registry import DRIVERS
from ._fencing.engine import ACTIONS
from ._fencing.levels import STRATEGIES
from ._fencing.model import Request, Role

#: What is common to all agents; beside it stands exactly one key that names the driver.
COMMON_AGENT_OPTIONS: t.Final[dict[str, dict[str, t.Any]]] = {
    "name": {"type": "str"},
    "order": {"type": "int", "default": 1},
    "role": {"type": "str", "choices": [role.value for role in Role]},
    "feed": {"type": "str"},
    "may_sleep": {"type": "bool", "default": True},
}

AGENT_OPTIONS: t.Final[dict[str, dict[str, t.Any]]] = {
    **COMMON_AGENT_OPTIONS,
    **{name: {"type": "dict", "options": dict(driver.OPTIONS)} for name, driver in DRIVERS.items()},
}

#: No operation takes longer (s).
LONGEST: t.Final = 86400

#: All but the agents, whose mistakes are collected one by one (see _agents.py).
REQUEST_OPTIONS: t.Final[dict[str, dict[str, t.Any]]] = {
    "action": {"type": "str", "required": True, "choices": [*ACTIONS, "reboot"]},
    "strategy": {"type": "str", "default": Request.strategy, "choices": list(STRATEGIES)},
    "timeout": {"type": "float", "default": Request.timeout},
    "agent_timeout": {"type": "float", "default": Request.agent_timeout},
    "soft_timeout": {"type": "float", "default": Request.soft_timeout},
    "bmc_timeout": {"type": "float", "default": Request.bmc_timeout},
    "settle": {"type": "float", "default": Request.settle},
    "poll": {"type": "float", "default": Request.poll},
    "require": {"type": "str", "default": Request.require, "choices": ["any", "all"]},
    "host": {"type": "str"},
    "proxy": {"type": "str", "default": "localhost"},
}

#: The whole spec of the module; the action plugin fills in the agents from pm_agents.
FENCE_OPTIONS: t.Final[dict[str, dict[str, t.Any]]] = {
    **REQUEST_OPTIONS,
    "agents": {
        "type": "list",
        "elements": "dict",
        "options": AGENT_OPTIONS,
    },
}


class Mistakes(Exception):
    """Options that make no sense; each message says which, why, and what to write instead."""

    def __init__(self, messages: t.Iterable[str]) -> None:
        self.messages = tuple(messages)
        super().__init__(" ".join(self.messages))


def request_of(params: t.Mapping[str, t.Any]) -> tuple[Request | None, list[str]]:
    """Return the request, or None and all that is wrong with its numbers.

    Those that are no numbers at all are left to the validation of the spec.
    """
    times = {name: params[name] for name, spec in REQUEST_OPTIONS.items() if spec["type"] == "float"}
    numbers = {name: value for name, value in times.items() if isinstance(value, (int, float))}
    mistakes = []
    for name, value in numbers.items():
        if math.isfinite(value) and value > LONGEST:
            mistakes.append(f"{name}: {value:g} s is too long. Give a day ({LONGEST} s) or less.")
        elif name in ("soft_timeout", "settle") and not 0 <= value < math.inf:
            mistakes.append(f"{name}: {value:g} s is not possible. Give 0 or more seconds.")
        elif name not in ("soft_timeout", "settle") and not 0 < value < math.inf:
            mistakes.append(f"{name}: {value:g} s is no time to work in. Give a number of seconds above 0.")
    if not mistakes and len(numbers) == len(times) and params["soft_timeout"] > params["timeout"] / 2:
        mistakes.append(
            f"soft_timeout: {params['soft_timeout']:g} s leaves too little of timeout ({params['timeout']:g} s) for "
            f"the hard off and its proof. Give a timeout of {params['soft_timeout'] * 2:g} s or more, or wait less."
        )
    if mistakes or len(numbers) < len(times):
        return None, mistakes
    action = "restart" if params["action"] == "reboot" else params["action"]
    fields = (
        "strategy",
        "timeout",
        "agent_timeout",
        "soft_timeout",
        "bmc_timeout",
        "settle",
        "poll",
        "require",
    )
    return Request(action=action, **{name: params[name] for name in fields}), []


_KINDS: t.Final = {
    "bool": "true or false",
    "dict": "a dictionary",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
}


#: How Ansible's validation begins to tell of unknown options; their nearest known names are told instead.
UNSUPPORTED: t.Final = re.compile(r"\bUnsupported parameters|\. Supported parameters include")


def plain_words(message: str) -> list[str]:
    """Say shorter what Ansible's validation found, with the whole path of the option and without its value.

    The words that Ansible finds differ between its versions, and may show what was given.
    """
    missing = re.fullmatch(r"missing required arguments: (.+?)(?: found in (.+))?", message)
    if missing:
        return [f"{_path(missing[2], name)} is missing." for name in missing[1].split(", ")]
    typed = re.match(
        r"argument '(.+?)' is of type .*?(?:found in '(.+?)'\.? )?and we were unable to convert to (\w+)",
        message,
        re.DOTALL,
    )
    if typed:
        return [f"{_path(typed[2], typed[1])} must be {_KINDS.get(typed[3], typed[3])}."]
    choice = re.fullmatch(
        r"value of (\S+) must be one of: (.+), got: (.*?)(?: found in (.+))?", message, re.DOTALL
    )
    if choice:
        near = [] if choice[3].isdigit() else difflib.get_close_matches(choice[3], choice[2].split(", "), n=1)
        hint = f", did you mean '{near[0]}'?" if near else "."
        return [f"{_path(choice[4], choice[1])} must be one of {choice[2]}{hint}"]
    return [message.rstrip(".") + "."]


def option_mistakes(
    spec: t.Mapping[str, t.Any],
    by_action: t.Collection[str],
    args: t.Mapping[str, t.Any],
    messages: t.Iterable[str],
) -> list[str]:
    """What is wrong with a task's options: what core's validation says, and each option that there is not.

    :param by_action: options of ``spec`` that users are not offered, as the action plugin sets them.
    :param messages: core's, of a validation by ``spec``.
    """
    known = [name for name in spec if name not in by_action]
    found = [line for text in messages if not UNSUPPORTED.search(text) for line in plain_words(text)]
    return found + [unknown("option", name, known) for name in args if name not in spec]


def _path(parents: str | None, name: str) -> str:
    return f"{parents.replace(' -> ', '.')}.{name}" if parents else name


def unknown(what: str, name: t.Any, known: t.Sequence[str], scope: str = "") -> str:
    """Say that a key or an option is not known, with the nearest known name, or else all of them."""
    near = difflib.get_close_matches(str(name), known, n=1)
    rest = f", did you mean '{scope}{near[0]}'?" if near else f". Known: {', '.join(known)}."
    return f"unknown {what} '{scope}{name}'{rest}"
