"""The Ansible inventory of a running lab."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pathlib
import tempfile
import typing as t

import yaml

from .lab import Lab
from .rack import AgentSpec, HostSpec


def build(lab: Lab) -> dict[str, t.Any]:
    rack = lab.rack
    return {
        "all": {
            "hosts": {
                name: {**spec.vars, "pm_agents": _agents(lab, name, spec)}
                for name, spec in rack.hosts.items()
            }
        }
    }


def _agents(lab: Lab, host: str, spec: HostSpec) -> list[dict[str, t.Any]]:
    agents: list[dict[str, t.Any]] = []
    if spec.bmc is not None:
        agents.append(
            {"name": "bmc", "order": spec.bmc.agent.order, "ipmi": _ipmi(lab, host, "bmc", spec.bmc.agent)}
        )
    for feed, wiring in spec.feeds.items():
        agent = wiring.agent or lab.rack.outlets[wiring.outlet].agent
        name = f"feed-{feed}"
        agents.append(
            {
                "name": name,
                "role": "feed",
                "feed": feed,
                "order": wiring.order,
                "ipmi": _ipmi(lab, host, name, agent),
            }
        )
    return agents


def _ipmi(lab: Lab, host: str, agent: str, spec: AgentSpec) -> dict[str, t.Any]:
    identity = spec.identity
    options: dict[str, t.Any] = {
        "address": lab.rack.address,
        "port": lab.port(host, agent),
        "username": identity.username.decode(),
        "password": identity.password.decode(),
    }
    if identity.kg:
        options["kg"] = identity.kg.decode()
    if spec.has_guid:
        options["guid"] = identity.guid.hex()
    return options


def write(lab: Lab, path: pathlib.Path) -> None:
    """The file appears whole or not at all, readable by its owner only, as it has passwords in it."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            yaml.safe_dump(build(lab), stream, sort_keys=False)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
