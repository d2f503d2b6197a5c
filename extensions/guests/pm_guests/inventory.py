"""The Ansible inventory of a lab. It follows from the layout alone, so it can be printed before the lab is up."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import shlex
import typing as t

from .layout import CARD, PASSWORD, SPARE_CARD, USERNAME, GuestPlace, Layout

#: A guest that sleeps or is dead must be noticed soon.
SSH_OPTIONS = {
    "StrictHostKeyChecking": "no",
    "GlobalKnownHostsFile": "/dev/null",
    "IdentitiesOnly": "yes",
    "LogLevel": "ERROR",
    "ConnectTimeout": "5",
}
GROUP = "guests"


def ssh_options(layout: Layout) -> list[str]:
    """Options of ssh that keep the user's own files out of it."""
    options = {**SSH_OPTIONS, "UserKnownHostsFile": str(layout.run / "known_hosts")}
    return [word for name, value in options.items() for word in ("-o", f"{name}={value}")]


def hosts(layout: Layout, key: pathlib.Path) -> dict[str, dict[str, t.Any]]:
    """Variables of each guest."""
    places = layout.guests
    return {
        place.name: _variables(layout, key, place, places[index - 1].name)
        for index, place in enumerate(places)
    }


def _variables(layout: Layout, key: pathlib.Path, place: GuestPlace, neighbour: str) -> dict[str, t.Any]:
    return {
        "ansible_host": place.address,
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(key),
        "ansible_ssh_common_args": shlex.join(ssh_options(layout)),
        "ansible_control_path_dir": str(layout.run / "ssh"),
        "ansible_python_interpreter": "/usr/bin/python3",
        "pm_mac": place.mac,
        "guests_card": CARD,
        "guests_spare_card": SPARE_CARD,
        "pm_neighbour": neighbour,
        "pm_lab_password": PASSWORD,
        "pm_agents": [_agent(name, address) for name, address in place.agents.items()],
    }


def _agent(name: str, address: str) -> dict[str, t.Any]:
    ipmi = {
        "address": address,
        "username": USERNAME,
        "password": "{{ pm_lab_password }}",
        "cipher_suite": 3,  # ipmi_sim refuses suite 17
    }
    if name == "bmc":
        return {"name": name, "order": 1, "ipmi": ipmi}
    return {"name": name, "order": 2, "feed": name.partition("-")[2], "ipmi": ipmi}


def as_file(variables: dict[str, dict[str, t.Any]]) -> dict[str, t.Any]:
    """An inventory to be kept in a file whose name ends in .json."""
    return {"all": {"children": {GROUP: {"hosts": variables}}}}


def as_script(variables: dict[str, dict[str, t.Any]]) -> dict[str, t.Any]:
    """What an inventory script prints when it is called with --list."""
    return {GROUP: {"hosts": list(variables)}, "_meta": {"hostvars": variables}}
