"""A lab in a process of its own, the clients that speak to it, and a relay that sends datagrams twice."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pathlib
import select
import shutil
import socket
import subprocess
import sys
import threading
import typing as t

import pytest
import yaml

LAB = pathlib.Path(__file__).resolve().parents[2] / "extensions" / "lab"
if str(LAB) not in sys.path:
    sys.path.insert(0, str(LAB))

from pm_lab import control  # noqa: E402

GUARD = 60  # seconds; only so that a client that hangs ends the test

PYGHMI = """
import sys
from pyghmi.ipmi import command
bmc = command.Command(bmc="127.0.0.1", port=int(sys.argv[1]), userid="admin", password="secret")
for wanted in sys.argv[2:]:
    print((bmc.get_power() if wanted == "status" else bmc.set_power(wanted, wait=True))["powerstate"])
bmc.ipmi_session.logout()
"""


class RunningLab:
    """One lab; ends with its standard input, so with this process at the latest."""

    def __init__(self, folder: pathlib.Path, rack: t.Mapping[str, t.Any]) -> None:
        self.timeline = folder / "timeline.jsonl"
        self._socket = folder / "control"
        inventory = folder / "inventory.yml"
        (folder / "rack.yml").write_text(yaml.safe_dump(rack), encoding="utf-8")
        self.process = subprocess.Popen(
            [
                sys.executable,
                str(LAB),
                "serve",
                str(folder / "rack.yml"),
                "--inventory",
                str(inventory),
                "--timeline",
                str(self.timeline),
                "--control",
                str(self._socket),
                "--exit-with-stdin",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"
        hosts = yaml.safe_load(inventory.read_text(encoding="utf-8"))["all"]["hosts"]
        self.inventory: dict[str, dict[str, t.Any]] = hosts

    def __enter__(self) -> RunningLab:
        return self

    def __exit__(self, *reason: object) -> None:
        self.process.communicate(timeout=GUARD)  # closes its standard input

    def port(self, host: str = "node1", agent: str = "bmc") -> int:
        agents = {each["name"]: each for each in self.inventory[host]["pm_agents"]}
        return int(agents[agent]["ipmi"]["port"])

    def ask(self, do: str, **asked: t.Any) -> dict[str, t.Any]:
        return control.request(self._socket, {"do": do, **asked}, GUARD)

    def ctl(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(LAB), "ctl", str(self._socket), *words],
            capture_output=True,
            text=True,
            timeout=GUARD,
            check=False,
        )

    def fault(self, **faults: t.Any) -> None:
        self.ask("fault", host="node1", agent="bmc", faults=faults)

    def host(self, name: str = "node1") -> dict[str, t.Any]:
        return t.cast("dict[str, t.Any]", self.ask("state", host=name)["hosts"][name])

    def bmc(self) -> dict[str, t.Any]:
        return t.cast("dict[str, t.Any]", self.host()["agents"]["bmc"])

    def commands(self) -> list[str]:
        return [done["what"] for done in self.bmc()["commands"]]


def run(command: t.Sequence[str], package: str) -> subprocess.CompletedProcess[str]:
    """Run a client, or skip the test (fail it in CI) where it is not installed."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
    binary = shutil.which(command[0], path=path)
    if binary is None:
        reason = f"{command[0]} is not installed (Debian package {package})"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    return subprocess.run([binary, *command[1:]], capture_output=True, text=True, timeout=GUARD, check=False)


def ipmitool(
    port: int, *words: str, suite: int = 17, user: str = "admin", password: str = "secret"
) -> subprocess.CompletedProcess[str]:
    return run(
        [
            "ipmitool",
            "-I",
            "lanplus",
            "-H",
            "127.0.0.1",
            "-p",
            str(port),
            "-C",
            str(suite),
            "-U",
            user,
            "-P",
            password,
            *words,
        ],
        "ipmitool",
    )


def ipmipower(
    port: int | str, *words: str, suite: int = 17, user: str = "admin", password: str = "secret"
) -> subprocess.CompletedProcess[str]:
    where = f"127.0.0.1:{port}" if isinstance(port, int) else port
    return run(
        ["ipmipower", "-D", "LAN_2_0", "-I", str(suite), "-h", where, "-u", user, "-p", password, *words],
        "freeipmi-tools",
    )


def pyghmi(port: int, *words: str) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("pyghmi", reason="pyghmi is not installed (Debian package python3-pyghmi)")
    return subprocess.run(
        [sys.executable, "-c", PYGHMI, str(port), *words],
        capture_output=True,
        text=True,
        timeout=GUARD,
        check=False,
    )


class DoublingRelay:
    """Stands before an agent and hands on each datagram of a session twice (ipmipower trips over two logins)."""

    def __init__(self, port: int) -> None:
        self._client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._client.bind(("127.0.0.1", 0))
        self.port: int = self._client.getsockname()[1]
        self._agent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._agent.connect(("127.0.0.1", port))
        self._stop, self._stopped = socket.socketpair()
        self._thread = threading.Thread(target=self._relay)

    def __enter__(self) -> DoublingRelay:
        self._thread.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self._stop.close()
        self._thread.join()
        for end in (self._client, self._agent, self._stopped):
            end.close()

    def _relay(self) -> None:
        peer: t.Any = None
        while True:
            ready = select.select([self._client, self._agent, self._stopped], [], [])[0]
            if self._stopped in ready:
                return
            if self._client in ready:
                datagram, peer = self._client.recvfrom(2048)
                is_encrypted = datagram[5] & 0x80
                for _each in range(2 if is_encrypted else 1):
                    self._agent.send(datagram)
            if self._agent in ready:
                self._client.sendto(self._agent.recv(2048), peer)
