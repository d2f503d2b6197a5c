"""Where everything of a lab is: names, addresses, files. Nothing here is read or made."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import pathlib
import typing as t
from dataclasses import dataclass

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
FEEDS = ("a", "b")
USERNAME, PASSWORD = "admin", "secret"  # of the toy BMCs; nothing outside the lab's namespaces can reach them
#: The names of the cards in a guest follow from their PCI slots. The spare one has no cable: it is there to be managed.
CARD, SPARE_CARD = "ens3", "ens5"
BRIDGE = "br0"
LAN_CARD, BMC_CARD = "lan0", "bmc0"
LAN_NET, BMC_NET = "10.77.0.0/24", "10.78.0.0/24"
CONTROLLER_LAN, CONTROLLER_BMC = "10.77.0.1", "10.78.0.1"
MOST_GUESTS = 9
RUN = pathlib.Path("/run")


@dataclass(frozen=True)
class GuestPlace:
    """One guest: its addresses on the switch and those of its BMC and its outlets on the BMC network."""

    number: int

    @property
    def name(self) -> str:
        return f"guest{self.number}"

    @property
    def address(self) -> str:
        return f"10.77.0.{10 + self.number}"

    @property
    def mac(self) -> str:
        return f"52:54:00:77:00:{self.number:02x}"

    @property
    def spare_mac(self) -> str:
        return f"52:54:00:79:00:{self.number:02x}"

    @property
    def machine_id(self) -> str:
        return hashlib.sha256(self.name.encode()).hexdigest()[:32]

    @property
    def agents(self) -> dict[str, str]:
        """Address of each agent: bmc, feed-a, feed-b."""
        names = ("bmc", *(f"feed-{feed}" for feed in FEEDS))
        return {name: f"10.78.0.{10 * self.number + place}" for place, name in enumerate(names, 1)}


@dataclass(frozen=True)
class Layout:
    """One lab. Two checkouts, or two names in one, never share anything but the golden image.

    ``name`` is what PM_GUESTS_LAB says, ``count`` the number of guests.
    """

    checkout: pathlib.Path = CHECKOUT
    name: str = "default"
    count: int = 2

    @property
    def ident(self) -> str:
        return hashlib.sha256(f"{self.checkout}\0{self.name}".encode()).hexdigest()[:6]

    @property
    def guests(self) -> list[GuestPlace]:
        return [GuestPlace(number) for number in range(1, self.count + 1)]

    def namespace(self, part: str) -> str:
        """The network namespace of a part: ctl (the controller), lan (the switch), bmc (the BMC network)."""
        return f"pmg-{self.ident}-{part}"

    @property
    def namespaces(self) -> list[str]:
        return [self.namespace(part) for part in ("ctl", "lan", "bmc")]

    @property
    def images(self) -> pathlib.Path:
        """Golden images, shared by all labs of the checkout."""
        return self.checkout / ".cache" / "guests"

    @property
    def files(self) -> pathlib.Path:
        """Disks, which end with the lab; timeline and consoles, which stay until the next one begins."""
        return self.images / f"lab-{self.name}"

    @property
    def run(self) -> pathlib.Path:
        """State and sockets: a short path, because sockets cannot have a long one."""
        return RUN / f"pmg-{self.ident}"

    @property
    def control(self) -> pathlib.Path:
        return self.run / "control"

    @property
    def timeline(self) -> pathlib.Path:
        return self.files / "timeline.jsonl"

    @property
    def molecule(self) -> pathlib.Path:
        """Where molecule keeps what it knows of the lab."""
        return self.images / f"molecule-{self.name}"

    def to_json(self) -> dict[str, t.Any]:
        return {"checkout": str(self.checkout), "name": self.name, "count": self.count}

    @classmethod
    def from_json(cls, kept: t.Mapping[str, t.Any]) -> Layout:
        return cls(pathlib.Path(kept["checkout"]), kept["name"], kept["count"])
