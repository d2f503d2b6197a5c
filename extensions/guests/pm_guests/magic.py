"""Which card a magic packet wakes: AMD's Magic Packet Technology, and the SecureOn password behind it."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from dataclasses import dataclass

SYNC = b"\xff" * 6
COPIES = 16
HEADER = 14
BROADCAST = b"\xff" * 6


@dataclass(frozen=True)
class Magic:
    """A magic packet: whom it wakes, and the up to six bytes behind it."""

    mac: str
    password: str
    source: str


@dataclass(frozen=True)
class Card:
    """What a guest's card is armed with, as the guest told it.

    ``wol`` are ethtool's letters, ``wakeup`` is the card's power/wakeup, ``password`` aa:bb:cc:dd:ee:ff or empty.
    """

    wol: str = "d"
    wakeup: str = "disabled"
    password: str = ""

    @classmethod
    def from_report(cls, told: t.Mapping[str, t.Any]) -> Card:
        return cls(str(told["wol"]), str(told["wakeup"]), str(told["sopass"]))

    def secured(self, password: str) -> Card:
        """The same card, armed with a SecureOn password if it is armed at all; itself without a password."""
        return Card(self.wol.replace("g", "s"), self.wakeup, password) if password else self

    def refusal(self, magic: Magic) -> str:
        """Why it does not wake by this packet; empty when it does."""
        if "g" not in self.wol and "s" not in self.wol:
            return f"not armed (wol {self.wol})"
        if self.wakeup != "enabled":
            return f"power/wakeup is {self.wakeup or 'missing'}"
        if "s" in self.wol and magic.password.lower() != self.password.lower():
            return "no SecureOn password" if not magic.password else "wrong SecureOn password"
        return ""


def find(frame: bytes) -> Magic | None:
    """The magic packet in an Ethernet frame: anywhere in it, as cards look for it, whatever carries it.

    The frame must be sent to the card itself or to a group, as broadcasts are.
    """
    place = frame.find(SYNC, HEADER)
    while place >= 0:
        mac = frame[place + 6 : place + 12]
        end = place + 6 + 6 * COPIES
        # A run of more than six 0xFF begins too early: the last six of it count.
        if len(mac) == 6 and mac != BROADCAST and frame[place + 6 : end] == mac * COPIES:
            to = frame[:6]
            if to == mac or to[0] & 1:
                password = frame[end : end + 6]
                return Magic(
                    mac.hex(":"), password.hex(":") if len(password) == 6 else "", frame[6:12].hex(":")
                )
            return None
        place = frame.find(SYNC, place + 1)
    return None
