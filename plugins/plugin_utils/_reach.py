"""Where a host of the inventory is reached, as its variables and the task tell. Private to hostpm.power."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ._variables import Template, resolve


def reached_at(
    args: t.Mapping[str, t.Any], variables: t.Mapping[str, t.Any], template: Template
) -> dict[str, t.Any]:
    """Return the options reach_address and reach_port: as given, else the host's ansible_host and ansible_port.

    :param args: the task's options; ``host`` is the host's name in the inventory, its address when nothing else is.
    :param variables: the host's variables, whoever the task is delegated to.
    :raises BadVariable: one of them cannot be templated.
    """
    host = args["host"]
    found = {"reach_address": args.get("reach_address"), "reach_port": args.get("reach_port")}
    for option, variable in (("reach_address", "ansible_host"), ("reach_port", "ansible_port")):
        if found[option] in (None, "") and variables.get(variable) is not None:
            found[option] = resolve(variables[variable], f"{host}: {variable}", template)
    return {"reach_address": found["reach_address"] or host, "reach_port": found["reach_port"] or None}
