"""The files of an ipmi_sim: a BMC, or an outlet, whose chassis is a script that asks the supervisor."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import pathlib
from dataclasses import dataclass

from .layout import PASSWORD, USERNAME

PROGRAM = "ipmi_sim"
PORT = 623
#: Its chassis script. It takes 20 ms: ipmi_sim answers nobody meanwhile.
SCRIPT = '''"""Ask the supervisor of the lab: chassis.py SOCKET GUEST AGENT get|set WHAT [VALUE]."""
import json, socket, sys
path, guest, agent, *words = sys.argv[1:]
with socket.socket(socket.AF_UNIX) as client:
    client.settimeout(10)
    client.connect(path)
    asked = {"do": "chassis", "guest": guest, "agent": agent, "words": words}
    client.sendall(json.dumps(asked).encode() + b"\\n")
    answer = json.loads(client.makefile().readline())
print(answer.get("say", ""))
sys.exit("error" in answer)
'''
LAN = """name "{name}"
set_working_mc 0x20
  startlan 1
    addr {address} {port}
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid {guid}
  endlan
  chassis_control "{control}"
  user 1 true "" "" user 10 none md2 md5 straight
  user 2 true "{username}" "{password}" admin 10 md5
"""
EMULATION = """mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02
sel_enable 0x20 1000 0x0a
mc_enable 0x20
"""


class NotAsked(Exception):
    """Words of ipmi_sim that this lab has no answer to."""


@dataclass(frozen=True)
class Simulator:
    """One ipmi_sim: of which guest, which agent (bmc, feed-a, feed-b), at which address."""

    guest: str
    agent: str
    address: str
    run: pathlib.Path

    @property
    def name(self) -> str:
        return f"{self.guest}-{self.agent}"

    def write(self, python: str, control: pathlib.Path) -> None:
        """Write its files; no path in them may have a space, so none lies in the checkout."""
        guid = hashlib.sha256(self.name.encode()).hexdigest()[:32]
        script = self.run / "chassis.py"
        script.write_text(SCRIPT)
        text = LAN.format(
            name=self.name,
            address=self.address,
            port=PORT,
            guid=guid,
            control=f"{python} -ISB {script} {control} {self.guest} {self.agent}",
            username=USERNAME,
            password=PASSWORD,
        )
        (self.run / f"{self.name}.lan").write_text(text)
        (self.run / f"{self.name}.emu").write_text(EMULATION)
        (self.run / f"{self.name}.state").mkdir(exist_ok=True)

    def command(self) -> list[str]:
        base = str(self.run / self.name)
        return [PROGRAM, "-c", f"{base}.lan", "-f", f"{base}.emu", "-s", f"{base}.state", "-n"]


def action(words: list[str]) -> str:
    """What ipmi_sim wants of its chassis: read, on, off, soft, reset.

    :raises NotAsked: something else, such as the boot device
    """
    known = {
        "get power": "read",
        "set power 1": "on",
        "set power 0": "off",
        "set shutdown 1": "soft",
        "set reset 1": "reset",
    }
    try:
        return known[" ".join(words)]
    except KeyError:
        raise NotAsked(f"no such request: {' '.join(words)}") from None
