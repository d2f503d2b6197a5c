"""From a list of agents as users write it to a checked host: all mistakes of all agents at once. Private."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import difflib
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ._drivers.registry import DRIVERS
from ._fencing.model import Agent, Host, Role
from ._options import AGENT_OPTIONS, COMMON_AGENT_OPTIONS, UNSUPPORTED, plain_words, unknown
from ._secrets import Secrets


def parse_agents(host: str, raw: t.Sequence[t.Any], secrets: Secrets) -> tuple[Host, list[str]]:
    """Return the host with the agents that make sense, and every mistake of the others.

    :param raw: a list of dictionaries of common keys and one that names the driver; values are templated.
    :param secrets: learns the agents' secrets before anything else is done.
    """
    agents = []
    mistakes: list[str] = []
    for index, entry in enumerate(raw):
        try:
            agents.append(_parse_agent(index, entry, secrets))
        except _BadAgent as exc:
            where = f"{host}: pm_agents[{index}]{_name_of(entry)}"
            mistakes.extend(f"{where}: {message}" for message in exc.messages)
    return Host(host, tuple(agents)), mistakes


class _BadAgent(Exception):
    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = messages


def _name_of(entry: t.Any) -> str:
    name = entry.get("name") if isinstance(entry, t.Mapping) else None
    return f" '{name}'" if isinstance(name, str) and name else ""


def _parse_agent(index: int, entry: t.Any, secrets: Secrets) -> Agent:
    if not isinstance(entry, t.Mapping):
        raise _BadAgent(f"is no dictionary. Write {{name: bmc, {next(iter(DRIVERS))}: {{address: ...}}}}.")
    given = {key: value for key, value in entry.items() if value is not None}
    drivers = [name for name in DRIVERS if name in given]
    if len(drivers) != 1:
        raise _BadAgent(*_driver_mistake(given, drivers))
    (driver,) = drivers
    values = _validated(given, driver, secrets)
    options = values[driver]
    role = _role(values, driver)
    name = values.get("name") or f"{driver}{index}"
    return Agent(
        index=index,
        name=name,
        role=role,
        order=values["order"],
        driver=driver,
        device=DRIVERS[driver].device(options),
        address=DRIVERS[driver].address(options),
        actions=frozenset(DRIVERS[driver].ACTIONS),
        feed=(values.get("feed") or name) if role is Role.FEED else "",
        may_sleep=values["may_sleep"],
        options=options,
    )


def _validated(given: dict[str, t.Any], driver: str, secrets: Secrets) -> dict[str, t.Any]:
    """Return the agent's keys with their defaults and types; all mistakes at once."""
    if not isinstance(given[driver], t.Mapping):
        # Ansible would take a text apart at its commas and equal signs, and its secrets would be known to nobody
        raise _BadAgent(
            f"{driver} must be a dictionary of the driver's options, such as {{address: 192.0.2.10}}."
        )
    # an empty value in YAML is null: Ansible would take it for given, and a driver for the text None
    given[driver] = {key: value for key, value in given[driver].items() if value is not None}
    spec = DRIVERS[driver].OPTIONS
    secrets.learn(spec, given[driver])
    checked = ArgumentSpecValidator(
        {**COMMON_AGENT_OPTIONS, driver: {**AGENT_OPTIONS[driver], "required": True}},
    ).validate(given)
    messages = [line for text in checked.error_messages for line in _plain(text, given, driver)]
    messages += [
        f"{driver}.{key} is empty."
        for key, option in spec.items()
        # a password may be empty, an address may not
        if option.get("required")
        and not option.get("no_log")
        and str(given[driver].get(key, "-")).strip() == ""
    ]
    values: dict[str, t.Any] = checked.validated_parameters
    own = f"{driver}."
    if not any(own in message for message in messages):  # else its options have no types yet
        messages += DRIVERS[driver].check(values[driver])
    if messages:
        raise _BadAgent(*(secrets.scrub(message) for message in messages))
    return values


def _driver_mistake(given: t.Mapping[str, t.Any], drivers: t.Sequence[str]) -> list[str]:
    known = ", ".join(DRIVERS)
    if drivers:
        return [
            f"names {len(drivers)} drivers ({', '.join(drivers)}). One agent is one device: write an agent for each."
        ]
    messages = [f"names no driver. Add one of: {known}."]
    for key in given:
        near = difflib.get_close_matches(str(key), [*COMMON_AGENT_OPTIONS, *DRIVERS], n=1)
        if key not in COMMON_AGENT_OPTIONS:
            messages.append(f"unknown key '{key}'" + (f", did you mean '{near[0]}'?" if near else "."))
    return messages


def _role(values: t.Mapping[str, t.Any], driver: str) -> Role:
    given = values.get("role")
    feed = values.get("feed")
    if feed and given and given != Role.FEED.value:
        raise _BadAgent(
            f"has feed '{feed}' and role {given}. An agent with a feed has the role feed: drop one of them."
        )
    if given:
        return Role(given)
    if feed:
        return Role.FEED
    role = DRIVERS[driver].ROLE
    if role is None:
        raise _BadAgent(
            f"has no role. The driver {driver} controls different things: say role: chassis (the host itself), "
            "role: feed (one of its power supplies) or role: wake."
        )
    return role


def _plain(text: str, given: t.Mapping[str, t.Any], driver: str) -> list[str]:
    """Ansible's words for a mistake, with the nearest known name for each unknown one."""
    if not UNSUPPORTED.search(text):
        return plain_words(text)
    options = list(DRIVERS[driver].OPTIONS)
    hints = []
    for scope, keys, known in (
        ("", given, [*COMMON_AGENT_OPTIONS, *DRIVERS]),
        (f"{driver}.", given[driver], options),
    ):
        hints += [unknown("key", key, known, scope) for key in keys if key not in known]
    return hints or [text]
