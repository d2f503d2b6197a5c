"""What is measured: pm_fence in two ways, and its peers. A way prepares a measure, and returns its work."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import sys
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from bmcs import Bmc
from programs import LIMIT, Desk, Void, expect

ENGINE = Path(__file__).with_name("engine.py")
#: How long the ipmitool loop waits between two reads (s).
POLL = 0.2

STATUS, OFF, SLOW = "status", "off", "slow"
#: The scenes, and how many seconds after an off their BMCs act.
SCENES: t.Final[dict[str, float]] = {STATUS: 0.0, OFF: 0.0, SLOW: 3.0}

#: Does the work; returns how long its inner part took, where it can tell.
Work = t.Callable[[], t.Optional[float]]


@dataclass(frozen=True)
class Way:
    """One way to a host's power.

    :param beside: the way of ours that its time is compared with.
    :param prepare: is given the BMC and "status" or "off".
    :param inner: the name of the row for the inner part of its time.
    """

    name: str
    beside: str
    prepare: t.Callable[[Bmc, str], Work]
    scenes: tuple[str, ...] = (STATUS, OFF, SLOW)
    ours: bool = False
    needs: tuple[str, ...] = ()
    inner: str = ""


PROGRAM = "pm_fence engine: Python process"
PLAY = "pm_fence: ansible-playbook"


def all_ways(desk: Desk) -> list[Way]:
    """Ours first, then the peers."""
    ipmitool, ipmipower, fence = _Ipmitool(desk), _Ipmipower(desk), _FenceIpmilan(desk)
    return [
        Way(PROGRAM, PROGRAM, _engine(desk, 1.0), ours=True, inner="pm_fence engine: imports excluded"),
        Way(
            f"{PROGRAM}, settle 0",
            PROGRAM,
            _engine(desk, 0.0),
            (OFF,),
            ours=True,
            inner="pm_fence engine: imports excluded, settle 0",
        ),
        Way(PLAY, PLAY, _play(desk, 1.0), ours=True),
        Way(f"{PLAY}, settle 0", PLAY, _play(desk, 0.0), (OFF,), ours=True),
        Way("ipmipower", PROGRAM, ipmipower.prepare, needs=("ipmipower",)),
        Way("ipmitool lanplus", PROGRAM, ipmitool.prepare, needs=("ipmitool",)),
        Way("fence_ipmilan", PROGRAM, fence.prepare, needs=("fence_ipmilan", "ipmitool")),
        Way(
            "community.general.ipmi_power: ansible-playbook",
            PLAY,
            _peer_play(desk),
            (OFF, SLOW),
            needs=("community.general",),
        ),
    ]


def missing(desk: Desk, way: Way) -> list[str]:
    """What a way needs and this machine does not have."""
    return [
        need
        for need in way.needs
        if not (_has_community() if need == "community.general" else desk.find(need))
    ]


def _has_community() -> bool:
    module = "ansible_collections/community/general/plugins/modules/ipmi_power.py"
    return any((Path(folder) / module).exists() for folder in sys.path)


def _engine(desk: Desk, settle: float) -> t.Callable[[Bmc, str], Work]:
    def prepare(bmc: Bmc, action: str) -> Work:
        given = json.dumps({"action": action, "settle": settle, "options": bmc.options})

        def work() -> float:
            output = desk.run(sys.executable, str(ENGINE), given=given)
            expect(['"outcome": "off_verified"' if action == "off" else '"power": "on"'], output)
            return float(json.loads(output)["seconds"])

        return work

    return prepare


def _playbook(desk: Desk, variables: t.Mapping[str, t.Any], task: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """A play of one task on one host, which is this machine; the command that runs it."""
    host = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        **variables,
    }
    inventory = desk.write("inventory.json", json.dumps({"all": {"hosts": {"node": host}}}))
    play = desk.write(
        "play.json",
        json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [{"name": "Bench", **task}]}]),
    )
    program = desk.find("ansible-playbook") or "ansible-playbook"
    return program, "-v", "-i", str(inventory), str(play)


def _play(desk: Desk, settle: float) -> t.Callable[[Bmc, str], Work]:
    def prepare(bmc: Bmc, action: str) -> Work:
        agents = [{"name": "bmc", "ipmi": dict(bmc.options)}]
        options = {"action": action, "settle": settle}
        command = _playbook(desk, {"pm_agents": agents}, {"hostpm.power.pm_fence": options})
        wanted = '"outcome": "off_verified"' if action == "off" else '"power": "on"'
        return lambda: expect([wanted], desk.run(*command))

    return prepare


def _peer_play(desk: Desk) -> t.Callable[[Bmc, str], Work]:
    def prepare(bmc: Bmc, action: str) -> Work:
        options = {
            "name": bmc.options["address"],
            "port": bmc.options["port"],
            "user": bmc.options["username"],
            "password": bmc.options["password"],
            "state": action,
        }
        command = _playbook(desk, {}, {"community.general.ipmi_power": options})
        return lambda: expect(['"powerstate": "off"'], desk.run(*command))

    return prepare


class _Ipmitool:
    """A session for each command: off, then status until it reads off."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def prepare(self, bmc: Bmc, action: str) -> Work:
        secret = self._desk.write("password", bmc.options["password"] + "\n")
        command = (
            *(
                self._desk.find("ipmitool") or "ipmitool",
                "-I",
                "lanplus",
                "-C",
                "3",
                "-H",
                bmc.options["address"],
            ),
            *("-p", bmc.port, "-U", bmc.options["username"], "-f", str(secret), "chassis", "power"),
        )

        def work() -> None:
            if action == "status":
                return expect(["Power is on"], self._desk.run(*command, "status"))
            self._desk.run(*command, "off")
            return self._wait(command)

        return work

    def _wait(self, command: tuple[str, ...]) -> None:
        end = time.monotonic() + LIMIT
        while "Power is off" not in self._desk.run(*command, "status"):
            if time.monotonic() > end:
                raise Void(f"not read off after {LIMIT:.0f} s")
            time.sleep(POLL)


class _Ipmipower:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def prepare(self, bmc: Bmc, action: str) -> Work:
        account = f"username {bmc.options['username']}\npassword {bmc.options['password']}\n"
        config = self._desk.write("freeipmi.conf", account)
        command = (
            *(self._desk.find("ipmipower") or "ipmipower", "-D", "LAN_2_0", "-I", "3"),
            *("--config-file", str(config), "-h", f"{bmc.options['address']}:{bmc.port}"),
        )
        if action == "status":
            return lambda: expect([": on"], self._desk.run(*command, "--stat"))
        return lambda: expect([": ok", ": off"], self._desk.run(*command, "--off", "--wait-until-off"))


class _FenceIpmilan:
    """All options by standard input: it takes them from there only when it has no arguments."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def prepare(self, bmc: Bmc, action: str) -> Work:
        options = {
            "action": action,
            "ip": bmc.options["address"],
            "ipport": bmc.port,
            "username": bmc.options["username"],
            "password": bmc.options["password"],
            "lanplus": "1",
            "cipher": "3",
        }
        given = "".join(f"{name}={value}\n" for name, value in options.items())
        program = self._desk.find("fence_ipmilan") or "fence_ipmilan"
        wanted = ["Status: ON"] if action == "status" else ["Powered OFF", "Success"]
        return lambda: expect(wanted, self._desk.run(program, given=given))
