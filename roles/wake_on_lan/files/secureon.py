"""Arm a network card for magic packets with a password; it comes by standard input, so no list of processes has it."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import array
import fcntl
import re
import socket
import struct
import sys

# linux/sockios.h, linux/ethtool.h
SIOCETHTOOL = 0x8946
ETHTOOL_GWOL = 0x05
ETHTOOL_SWOL = 0x06
WAKE_MAGICSECURE = 0x40
# struct ethtool_wolinfo: cmd, supported, wolopts, sopass
WOLINFO = "=III6s"


def call(name: str, command: int, options: int = 0, password: bytes = b"") -> tuple[int, int, bytes]:
    """One request to the driver; returns supported, armed and the password.

    :raises OSError: the driver refuses it.
    """
    info = array.array("B", struct.pack(WOLINFO, command, 0, options, password))
    request = struct.pack("16sP", name.encode(), info.buffer_info()[0]).ljust(40, b"\0")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        fcntl.ioctl(channel, SIOCETHTOOL, request)
    _command, supported, armed, kept = struct.unpack(WOLINFO, info.tobytes()[: struct.calcsize(WOLINFO)])
    return supported, armed, kept


def main(name: str, *, check: bool) -> str:
    """Arm it unless it is; returns what was done, in one word."""
    text = sys.stdin.read().strip()
    if not re.fullmatch(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}", text):
        sys.exit(f"{name}: the password is not 6 bytes such as 00:11:22:33:44:55")
    password = bytes.fromhex(text.replace(":", ""))
    try:
        supported, armed, kept = call(name, ETHTOOL_GWOL)
        if not supported & WAKE_MAGICSECURE:
            sys.exit(f"{name}: its driver knows no SecureOn")
        if (armed, kept) == (WAKE_MAGICSECURE, password):
            return "armed already"
        if check:
            return "would be armed"
        call(name, ETHTOOL_SWOL, WAKE_MAGICSECURE, password)
        if call(name, ETHTOOL_GWOL)[1] != WAKE_MAGICSECURE:
            sys.exit(f"{name}: its driver took SecureOn, but does not tell of it")
    except OSError as exc:
        sys.exit(f"{name}: its driver refuses: {exc.strerror}")
    return "armed"


if __name__ == "__main__":
    print(main(sys.argv[1], check="check" in sys.argv[2:]))
