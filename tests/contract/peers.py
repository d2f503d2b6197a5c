"""What the contract asks of a peer, three BMCs as peers, and a relay that counts and loses."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import typing as t

import pytest
from lab_peers import RunningLab

HERE = pathlib.Path(__file__).parent
PATIENCE = 30.0  # a guard against hanging tests, nothing is measured by it


class Peer(t.Protocol):
    """A real device for the contract test. A driver that brings one is held to the whole contract."""

    #: The driver's name in the registry, and the options that reach the device.
    driver: str
    options: dict[str, t.Any]

    def refused(self) -> list[dict[str, t.Any]]:
        """Options with credentials that the device refuses."""

    def silent(self) -> dict[str, t.Any]:
        """Options of an address at which nothing ever answers."""

    def closed(self) -> dict[str, t.Any]:
        """Options of an address at which nothing listens."""

    def power(self) -> str:
        """The truth, on or off, not asked through the protocol."""

    def commands(self) -> list[str]:
        """The commands that acted, in their order."""

    def sessions(self) -> int | None:
        """How many sessions the device has open; None when it cannot tell."""

    def vanish(self) -> None:
        """The device goes away and does not come back."""

    def stop(self) -> None:
        """End the peer."""


def need(program: str, package: str) -> str:
    """The path of a program; without it the test is skipped, but fails in CI."""
    found = shutil.which(program)
    if found is None:
        text = f"{program} is missing: apt-get install {package}"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(text)
    return str(found)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return t.cast(int, probe.getsockname()[1])


def wait_for(what: str, condition: t.Callable[[], t.Any]) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"{what}: not in time"
        time.sleep(0.01)


class _Bmc:
    """What both IPMI peers have in common."""

    driver = "ipmi"
    options: dict[str, t.Any]

    def __init__(self) -> None:
        self._hole = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # open, and nobody answers
        self._hole.bind(("127.0.0.1", 0))

    def refused(self) -> list[dict[str, t.Any]]:
        return [{**self.options, "password": "wrong"}, {**self.options, "username": "nobody"}]

    def silent(self) -> dict[str, t.Any]:
        return {**self.options, "port": self._hole.getsockname()[1]}

    def closed(self) -> dict[str, t.Any]:
        return {**self.options, "port": free_port()}

    def stop(self) -> None:
        self._hole.close()


IPMI_SIM_LAN = """
name "peer"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 {port}
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid 00112233445566778899aabbccddeeff
  endlan
  chassis_control "bash {script} {folder} {who}"
  user 1 true "" "" user 10 none md2 md5 straight
  user 2 true "admin" "secret" admin 10 md5
  user 3 true "reader" "secret3" user 10 md5
"""
IPMI_SIM_EMU = """
mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02
sel_enable 0x20 1000 0x0a
mc_enable 0x20
"""


class IpmiSim(_Bmc):
    """OpenIPMI's BMC simulator: cipher suite 3, no K_g, no ACPI state."""

    def __init__(self, folder: pathlib.Path, who: str = "chassis") -> None:
        super().__init__()
        program = need("ipmi_sim", "openipmi")
        self._folder, self._who = folder, who
        for name in ("chassis", "feed-a", "feed-b"):
            if not (folder / name).exists():
                (folder / name).write_text("1\n")
        port = free_port()
        lan, emu = folder / f"{who}.lan", folder / f"{who}.emu"
        lan.write_text(IPMI_SIM_LAN.format(port=port, script=HERE / "chassis.sh", folder=folder, who=who))
        emu.write_text(IPMI_SIM_EMU)
        self.options = {"address": "127.0.0.1", "port": port, "username": "admin", "password": "secret"}
        command = [program, "-c", str(lan), "-f", str(emu), "-s", str(folder / f"{who}.state"), "-n"]
        with open(folder / f"{who}.out", "wb") as output:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        wait_for("ipmi_sim", lambda: _is_bound(port))

    def power(self) -> str:
        return {"1": "on", "0": "off"}[(self._folder / self._who).read_text().strip()]

    def commands(self) -> list[str]:
        names = {"set power 0": "off", "set power 1": "on", "set shutdown 1": "soft"}
        return [names[text] for who, text in self.calls() if who == self._who and text in names]

    def calls(self) -> list[tuple[str, str]]:
        """Every call of the chassis script, of all BMCs of this folder: which one, and what."""
        log = self._folder / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [t.cast("tuple[str, str]", tuple(line.split(" ", 2)[1:])) for line in lines]

    def sessions(self) -> int | None:
        return None

    def vanish(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        super().stop()
        self.vanish()


def _is_bound(port: int) -> bool:
    local = f"0100007F:{port:04X}"
    return any(
        line.split()[1] == local for line in pathlib.Path("/proc/net/udp").read_text().splitlines()[1:]
    )


class FakeBmc(_Bmc):
    """pyghmi's server, on which virtualbmc is built: takes an offer of suite 17 and speaks suite 3."""

    def __init__(self, folder: pathlib.Path) -> None:
        super().__init__()
        self._log = folder / "log"
        port = free_port()
        self.options = {"address": "127.0.0.1", "port": port, "username": "admin", "password": "secret"}
        command = [sys.executable, str(HERE / "fake_bmc.py"), str(port), str(self._log)]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        wait_for("pyghmi's server", lambda: "ready" in self.log())

    def log(self) -> list[str]:
        return self._log.read_text().split() if self._log.exists() else []

    def refused(self) -> list[dict[str, t.Any]]:
        return super().refused()[:1]  # it never answers to a name that it does not know

    def power(self) -> str:
        return ["on", *self.commands()][-1]

    def commands(self) -> list[str]:
        return [word for word in self.log() if word in ("on", "off")]

    def sessions(self) -> int | None:
        return self.log().count("open") - self.log().count("close")

    def vanish(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        super().stop()
        self.vanish()


class Lab(RunningLab):
    """The project's own lab, with the hosts that a test describes."""

    def __init__(self, folder: pathlib.Path, hosts: dict[str, t.Any]) -> None:
        super().__init__(folder, {"hosts": hosts})

    def options(self, host: str, agent: str = "bmc") -> dict[str, t.Any]:
        """The driver's options of an agent."""
        found = next(one for one in self.inventory[host]["pm_agents"] if one["name"] == agent)
        return dict(found["ipmi"])

    def agent(self, host: str, agent: str = "bmc") -> dict[str, t.Any]:
        return t.cast("dict[str, t.Any]", self.host(host)["agents"][agent])

    def acted(self, host: str, agent: str = "bmc") -> list[str]:
        """The commands that it carried out."""
        return [one["what"] for one in self.agent(host, agent)["commands"] if one["executed"]]


class LabBmc(_Bmc):
    """A BMC of the lab."""

    def __init__(self, folder: pathlib.Path) -> None:
        super().__init__()
        self._lab = Lab(folder, {"node": {"bmc": {"sessions": 4}}})
        self.options = self._lab.options("node")

    def power(self) -> str:
        return {"running": "on", "dark": "off"}[self._lab.host("node")["state"]]

    def commands(self) -> list[str]:
        return self._lab.acted("node")

    def sessions(self) -> int | None:
        return t.cast(int, self._lab.agent("node")["sessions_open"])

    def vanish(self) -> None:
        self._lab.ask("fault", host="node", agent="bmc", faults={"closed": True})

    def stop(self) -> None:
        super().stop()
        self._lab.__exit__()


class Relay(asyncio.DatagramProtocol):
    """Stands before a BMC, in the test's own loop; counts datagrams and loses the answers that it is told to."""

    def __init__(self) -> None:
        self.requests = 0
        self.answers = 0
        #: Called with the number of each answer, from 1: True loses it.
        self.loses: t.Callable[[int], bool] = lambda number: False
        self._client: t.Any = None
        self._near: t.Any = None
        self._far: t.Any = None

    @classmethod
    @contextlib.asynccontextmanager
    async def before(cls, options: dict[str, t.Any]) -> t.AsyncIterator[tuple[Relay, dict[str, t.Any]]]:
        """The relay, and the options that lead through it."""
        loop = asyncio.get_running_loop()
        relay, target = cls(), (options["address"], options["port"])
        relay._near, _relay = await loop.create_datagram_endpoint(lambda: relay, ("127.0.0.1", 0))
        relay._far, _far = await loop.create_datagram_endpoint(lambda: _Far(relay), remote_addr=target)
        try:
            yield relay, {**options, "port": relay._near.get_extra_info("sockname")[1]}
        finally:
            relay._near.close()
            relay._far.close()
            await asyncio.sleep(0)

    def datagram_received(self, data: bytes, addr: t.Any) -> None:
        self._client = addr
        self.requests += 1
        self._far.sendto(data)

    def answered(self, data: bytes) -> None:
        self.answers += 1
        if not self.loses(self.answers):
            self._near.sendto(data, self._client)


class _Far(asyncio.DatagramProtocol):
    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    def datagram_received(self, data: bytes, addr: t.Any) -> None:
        self._relay.answered(data)
