"""The three network namespaces of a lab: the controller, the switch and the BMC network."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pathlib

from .layout import BMC_CARD, BMC_NET, BRIDGE, CONTROLLER_BMC, CONTROLLER_LAN, LAN_CARD, LAN_NET, Layout
from .programs import inside, run

NETNS = pathlib.Path("/run/netns")
#: Written in each new namespace: no traffic that a test did not ask for.
NO_IPV6 = (
    "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6"
)


class Network:
    """The cables of a lab.

    The guests hang on a bridge; the controller is on it and on the BMC network, and forwards between them, so that a
    guest can be a proxy. Interfaces are made inside the namespaces: none ever appears on the machine itself.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.controller, self.switch, self.bmcs = layout.namespaces

    def missing(self) -> list[str]:
        return [name for name in self._layout.namespaces if not (NETNS / name).exists()]

    def up(self) -> None:
        """Make them.

        :raises LabError: a command failed
        """
        for name in self._layout.namespaces:
            run("ip", "netns", "add", name)
            run(*inside(name, "sh", "-c", f"[ ! -e /proc/sys/net/ipv6 ] || {{ {NO_IPV6}; }}"))
            run("ip", "-n", name, "link", "set", "lo", "up")
        self._link("link", "add", BRIDGE, "type", "bridge", "stp_state", "0", "forward_delay", "0")
        # Promiscuous, so that the magic packets for one guest alone are seen too.
        self._link("link", "set", BRIDGE, "up", "promisc", "on")
        run(
            "ip",
            "link",
            "add",
            LAN_CARD,
            "netns",
            self.controller,
            "type",
            "veth",
            "peer",
            "ctl",
            "netns",
            self.switch,
        )
        self._link("link", "set", "ctl", "master", BRIDGE, "up")
        for guest in self._layout.guests:
            self._link("tuntap", "add", "dev", guest.name, "mode", "tap")
            self._link("link", "set", guest.name, "master", BRIDGE, "up")
        run(
            "ip",
            "link",
            "add",
            BMC_CARD,
            "netns",
            self.controller,
            "type",
            "veth",
            "peer",
            BMC_CARD,
            "netns",
            self.bmcs,
        )
        for card, address in ((LAN_CARD, CONTROLLER_LAN), (BMC_CARD, CONTROLLER_BMC)):
            run("ip", "-n", self.controller, "addr", "add", f"{address}/24", "dev", card)
            run("ip", "-n", self.controller, "link", "set", card, "up")
        run(*inside(self.controller, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"))
        self.set_bmc_network(True)

    def _link(self, *words: str) -> None:
        run("ip", "-n", self.switch, *words)

    def _bmc(self, *words: str) -> None:
        run("ip", "-n", self.bmcs, *words)

    def set_link(self, guest: str, up: bool) -> None:
        """Pull the cable of a guest, or plug it in."""
        self._link("link", "set", guest, "up" if up else "down")

    def set_bmc_network(self, up: bool) -> None:
        """Take the BMC network down, or up with its way back."""
        self._bmc("link", "set", BMC_CARD, "up" if up else "down")
        if up:  # the kernel has dropped the routes with the card
            self._bmc("route", "replace", BMC_NET, "dev", BMC_CARD)
            self._bmc("route", "replace", LAN_NET, "via", CONTROLLER_BMC, "dev", BMC_CARD)

    def set_agent(self, address: str, up: bool) -> None:
        """An agent that has no power has no address: nothing answers for it, not even with an error."""
        # /32: the kernel deletes all other addresses of a network with its first.
        self._bmc("addr", "replace" if up else "del", f"{address}/32", "dev", BMC_CARD)

    def processes(self) -> dict[int, str]:
        """What runs in the namespaces of the switch and of the BMCs, by number: all of it is the lab's."""
        found: dict[int, str] = {}
        for name in (self.switch, self.bmcs):
            if (NETNS / name).exists():
                for pid in run("ip", "netns", "pids", name, quiet=True).split():
                    found[int(pid)] = name
        return found

    def down(self, made_the_mount: bool) -> None:
        """Remove them, and the mount below which they lay when this lab made it and nobody else uses it."""
        for name in self._layout.namespaces:
            if (NETNS / name).exists():
                run("ip", "netns", "delete", name)
        if made_the_mount and os.path.ismount(NETNS) and not any(NETNS.iterdir()):
            run("umount", NETNS, quiet=True)
