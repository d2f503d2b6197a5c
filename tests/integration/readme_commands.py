"""The commands of README.md and how each is proven; readme_commands.py INVENTORY HOST prints those for a guest."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re
import shlex
import sys
import typing as t
from pathlib import Path

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")

#: How a command is proven by the tests.
LAB: t.Final = "against BMCs and outlets of the lab"
HERE: t.Final = "on this machine in place of the host"
REFUSED: t.Final = "on this machine, which refuses it, as it runs the play itself"
ASLEEP: t.Final = "on a host that sleeps in networks of our own"
#: What this machine may not do: extensions/molecule plays it on a guest, and why.
SLEEPS: t.Final = "on a guest alone: it puts the host to sleep"
CHANGES: t.Final = "on a guest alone: it installs packages and writes rules of udev"

_FENCE = "ansible -i inventory node1 -m hostpm.power.pm_fence -a action="
_SUSPEND = "ansible -i inventory node1 -b -m hostpm.power.pm_suspend -a "
_PLAYBOOK = "ansible-playbook -i inventory hostpm.power."

#: Every command of the README, in its order.
COMMANDS: t.Final[dict[str, str]] = {
    f"{_FENCE}status": LAB,
    f"{_FENCE}off": LAB,
    f"{_FENCE}restart": LAB,
    f"{_FENCE}restart --check": LAB,
    f"{_PLAYBOOK}fence -e pm_hosts=node1 -e pm_action=restart -e pm_confirm=1": LAB,
    "ansible -i inventory node1 -b -m hostpm.power.pm_capabilities": HERE,
    f"{_PLAYBOOK}capabilities -b -e pm_hosts=node1": HERE,
    f"{_PLAYBOOK}prepare -e pm_hosts=node1": CHANGES,
    f"{_SUSPEND}'mode=mem duration=60 wake_proof=armed'": SLEEPS,
    f"{_SUSPEND}'mode=mem duration=60' --check": REFUSED,
    f"{_SUSPEND}'mode=mem duration=60'": SLEEPS,
    f"{_SUSPEND}'mode=mem duration=60 delay=120 wait=false'": SLEEPS,
    f"{_SUSPEND}action=status": HERE,
    f"{_SUSPEND}action=cancel": HERE,
    f"{_PLAYBOOK}suspend -e pm_hosts=node1 -e pm_duration=60": SLEEPS,
    f"{_PLAYBOOK}sleep_cycle -e pm_hosts=node1 -e pm_duration=60 -e pm_cycles=2 "
    """-e '{"pm_busy_check": ["! test -e /run/next-job"]}'""": SLEEPS,
    "ansible -i inventory node1 -m hostpm.power.pm_wake": ASLEEP,
    "ansible -i inventory node1 -m hostpm.power.pm_wake --check": ASLEEP,
    f"{_PLAYBOOK}wake -e pm_hosts=node1": ASLEEP,
}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def shown() -> list[str]:
    """Every command of ansible that the README shows."""
    joined = [re.sub(r" \\\n +", " ", block) for block in blocks("console")]
    lines = [line for block in joined for line in block.splitlines()]
    return [line for line in lines if re.match(r"ansible(-playbook)? ", line)]


def proven(how: str) -> list[str]:
    """The commands that are proven in this way."""
    return [command for command, way in COMMANDS.items() if way == how]


def words(command: str, inventory: str, host: str = "node1") -> list[str]:
    """The arguments of a command, for this inventory and its host."""
    found = [inventory if word == "inventory" else word for word in shlex.split(command)]
    return [re.sub(r"^(pm_hosts=)?node1$", rf"\g<1>{host}", word) for word in found]


if __name__ == "__main__":
    for command, way in COMMANDS.items():
        if way in (HERE, REFUSED, SLEEPS, CHANGES):
            print(json.dumps(words(command, *sys.argv[1:3])))
