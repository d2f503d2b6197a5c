"""The options of a pm_wake: the task's, else the host's variables, and its place among the hosts. Private."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ._reach import reached_at
from ._variables import Template, resolve

#: Options that a host's variables stand in for.
FROM_VARIABLES: t.Final = {
    "mac": "pm_mac",
    "secureon": "pm_secureon",
    "broadcast": "pm_broadcast",
    "interface": "pm_interface",
    "agents": "pm_agents",
}


def options_of(
    args: t.Mapping[str, t.Any], variables: t.Mapping[str, t.Any], template: Template
) -> dict[str, t.Any]:
    """Return the options with all that the host's variables add.

    :param args: the task's, with ``host`` and ``proxy``.
    :raises BadVariable: a variable cannot be templated or decrypted.
    """
    host = args["host"]
    found = dict(args)
    rungs = resolve(args.get("rungs"), f"{host}: rungs", lambda value: value)
    for option, variable in FROM_VARIABLES.items():
        if args.get(option) is not None:
            found[option] = resolve(args[option], f"{host}: {option}", lambda value: value)
        elif variables.get(variable) is not None and _wanted(option, rungs):
            found[option] = resolve(variables[variable], f"{host}: {variable}", template)
    batch = variables.get("ansible_play_batch") or []
    place = batch.index(host) if host in batch else 0
    return {**found, **reached_at(args, variables, template), "place": place}


def _wanted(option: str, rungs: t.Any) -> bool:
    """A rung that is not asked for needs no variable, which may be wrong or locked."""
    rung = "agent" if option == "agents" else "magic"
    return not rungs or rung in rungs
