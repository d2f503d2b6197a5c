"""The ear on the switch: finds magic packets among all frames, as a sleeping card would."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import socket
import typing as t

from . import magic

ETH_P_ALL = 0x0003
SMALLEST = magic.HEADER + 6 + 6 * magic.COPIES


class Listener:
    """A packet socket on the bridge, not on a guest's tap: that one is gone while the guest is off."""

    def __init__(self, bridge: str, found: t.Callable[[magic.Magic], None]) -> None:
        self._found = found
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self._socket.setblocking(False)
        self._socket.bind((bridge, 0))
        asyncio.get_running_loop().add_reader(self._socket, self._receive)

    def _receive(self) -> None:
        try:
            frame, address = self._socket.recvfrom(2048)
        except OSError:
            return
        if address[2] == socket.PACKET_OUTGOING or len(frame) < SMALLEST:
            return
        found = magic.find(frame)
        if found is not None:
            self._found(found)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
