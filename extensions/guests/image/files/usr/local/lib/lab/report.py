"""Tell the lab, on the second serial port, which network cards would wake this guest: now once, or follow changes.

A line is a JSON object: boot_id, and cards: MAC -> {wol: the flags as ethtool names them, wakeup: the card's
power/wakeup, sopass: the SecureOn password where it is armed with one}.
"""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import array
import fcntl
import json
import os
import pathlib
import socket
import struct
import sys
import termios
import time
import tty

PORT = "/dev/ttyS1"
PAUSE = 1.0  # a change is told so soon; ethtool's own notifications do not tell of power/wakeup
SIOCETHTOOL = 0x8946
ETHTOOL_GWOL = 0x05
FLAGS = "pumbagsf"  # the letters of ethtool, by bit


def wake_on_lan(control: socket.socket, name: str) -> tuple[str, str]:
    """Flags and SecureOn password that a card is armed with (struct ethtool_wolinfo)."""
    info = array.array("B", struct.pack("=III6s", ETHTOOL_GWOL, 0, 0, b"") + bytes(2))
    request = struct.pack("16sP", name.encode(), info.buffer_info()[0]) + bytes(16)
    try:
        fcntl.ioctl(control, SIOCETHTOOL, request)
    except OSError:
        return "", ""
    _command, _supported, flags, password = struct.unpack("=III6s", info.tobytes()[:18])
    letters = "".join(letter for bit, letter in enumerate(FLAGS) if flags >> bit & 1)
    return letters or "d", password.hex(":") if "s" in letters else ""


def text(path: pathlib.Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def report() -> str:
    """What is so now."""
    cards = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for card in sorted(pathlib.Path("/sys/class/net").iterdir()):
            if (card / "device").exists():
                flags, password = wake_on_lan(control, card.name)
                cards[text(card / "address")] = {
                    "wol": flags,
                    "wakeup": text(card / "device/power/wakeup"),
                    "sopass": password,
                }
    boot = text(pathlib.Path("/proc/sys/kernel/random/boot_id"))
    return json.dumps({"boot_id": boot, "cards": cards})


def main() -> None:
    port = os.open(PORT, os.O_WRONLY | os.O_NOCTTY)
    tty.setraw(port, termios.TCSANOW)
    told = ""
    while True:
        found = report()
        if found != told:
            os.write(port, f"{found}\n".encode())
            told = found
        if sys.argv[1] == "now":
            termios.tcdrain(port)
            return
        time.sleep(PAUSE)


if __name__ == "__main__":
    main()
