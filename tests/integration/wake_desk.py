"""Where somebody sits who wakes hosts: sleeping hosts on networks of our own, and consoles at two places of them."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import typing as t

from play_kit import Console, MakeConsole, Run, Variables
from test_interrupted import FAKE_SSH
from wake_kit import Networks, Sleepers, mac_of, packet_of

Numbers = itertools.count(11)


class Desk:
    """Sleeping hosts of one test, and the consoles from which they are woken."""

    def __init__(self, networks: Networks, console: MakeConsole, tmp_path: t.Any) -> None:
        self.networks = networks
        self._make = console
        self._folder = tmp_path
        self._configs: list[Variables] = []
        self.variables: dict[str, Variables] = {}
        self.sleepers: Sleepers | None = None

    def host(
        self, name: str, *, secureon: str = "", variables: Variables | None = None, **config: t.Any
    ) -> str:
        """Add a host and return its packet."""
        number = next(Numbers)
        address, mac = self.networks.add_host(number), mac_of(number)
        self._configs.append(
            {
                "mac": mac.replace(":", ""),
                "secureon": secureon.replace(":", ""),
                "address": address,
                "port": 22,
                **config,
            }
        )
        self.variables[name] = {
            "ansible_host": address,
            "ansible_port": 22,
            "pm_mac": mac,
            "pm_broadcast": "10.77.0.0/24",
            **({"pm_secureon": secureon} if secureon else {}),
            **(variables or {}),
        }
        return packet_of(mac, secureon)

    def open(self) -> Console:
        config = {"hosts": self._configs, "udp": [9, 7], "frames": "eth0"}
        self.sleepers = Sleepers(self._folder, config, *self.networks.inside(self.networks.hosts))
        here = self._make({**self.variables, "neighbour": {}})
        # an ssh whose other end is in a network of this machine
        into_near = ", ".join(repr(word) for word in ("setsid", *self.networks.inside(self.networks.near)))
        fake = here.write("ssh", FAKE_SSH.replace('"setsid"', into_near))
        fake.chmod(0o755)
        neighbour = {
            "ansible_ssh_executable": str(fake),
            "ansible_ssh_args": "",
            "ansible_pipelining": True,
            "ansible_remote_tmp": str(here.folder),
        }
        here.write_inventory({**self.variables, "neighbour": neighbour})
        return here

    def heard(self) -> list[Variables]:
        assert self.sleepers is not None
        return self.sleepers.heard()

    def ways(self, packet: str) -> set[str]:
        assert self.sleepers is not None
        return self.sleepers.ways(packet)

    def play(self, here: Console, tasks: t.Sequence[Variables], *more: str, where: str = "near") -> Run:
        return here.finish(self.start(here, tasks, *more, where=where))

    def start(self, here: Console, tasks: t.Sequence[Variables], *more: str, where: str = "near") -> t.Any:
        inside = self.networks.inside(getattr(self.networks, where))
        return here.start(*inside, "ansible-playbook", here.write_play(tasks, "all:!neighbour"), *more)
