"""Helpers of the tests of pm_wake: sleeping hosts, and three networks of our own to wake them from."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import itertools
import json
import os
import socket
import subprocess
import sys
import threading
import typing as t
from pathlib import Path

import pytest
from play_kit import HERE, PATIENCE, Lab, Variables, eventually

WAKE = "hostpm.power.pm_wake"
#: Loopback's own broadcast: what is sent to it stays on this machine.
LOOPBACK = "127.255.255.255"


def mac_of(number: int) -> str:
    return f"52:54:00:00:00:{number:02x}"


def packet_of(mac: str, secureon: str = "") -> str:
    """The packet that a card with this address expects, in hexadecimal digits."""
    return "ff" * 6 + mac.replace(":", "") * 16 + secureon.replace(":", "")


def wake(name: str = "wake", *, task: Variables | None = None, **options: t.Any) -> Variables:
    """A task of pm_wake that sends often, so that tests are quick."""
    return {"name": name, WAKE: {"interval": 0.5, "timeout": 30, **options}, **(task or {})}


class Sleepers:
    """Hosts that sleep, in a process of their own."""

    def __init__(self, folder: Path, config: Variables, *command: str) -> None:
        self._log = folder / "heard.jsonl"
        self._log.touch()
        self._process = subprocess.Popen(
            [*command, sys.executable, str(HERE / "wake_sleepers.py"), json.dumps(config), str(self._log)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        ready, *ports = self._process.stdout.readline().split()
        assert ready == "ready"
        self.ports = [int(port) for port in ports]

    def heard(self) -> list[Variables]:
        """Every packet so far."""
        return [json.loads(line) for line in self._log.read_text(encoding="utf-8").splitlines()]

    def ways(self, payload: str) -> set[str]:
        """In which ways this packet came."""
        return {
            f"{one['how']} {one.get('port', '')}".strip() for one in self.heard() if one["payload"] == payload
        }

    def close(self) -> None:
        self._process.communicate(timeout=PATIENCE)


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)


def need_network_namespaces() -> None:
    """Skip, but fail under CI, where none can be made."""
    why = "" if os.geteuid() == 0 else "only root can make network namespaces"
    if not why:
        try:
            probe = subprocess.run(["unshare", "--net", "ip", "link"], capture_output=True, check=False)
            why = (
                ""
                if probe.returncode == 0
                else f"no network namespaces here: {probe.stderr.decode().strip()}"
            )
        except OSError as exc:
            why = f"the program {exc.filename} is missing (Debian packages util-linux, iproute2)"
    if why:
        assert os.environ.get("CI") != "true", why
        pytest.skip(why)


class Networks:
    """far -- near -- hosts: near is a router, and the hosts' only neighbour; broadcasts end at it.

    Nothing of it is connected to the machine's own network.
    """

    FAR, NEAR = "10.77.1.1", "10.77.0.1"
    NEAR_INTERFACE = "to-hosts"
    _numbers = itertools.count()

    def __init__(self) -> None:
        mark = f"pm{os.getpid()}n{next(self._numbers)}"
        self.far, self.near, self.hosts = (f"{mark}{name}" for name in ("far", "near", "hosts"))
        self._made: list[str] = []

    def make(self) -> None:
        for name in (self.far, self.near, self.hosts):
            run("ip", "netns", "add", name)
            self._made.append(name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        self._join(self.near, self.NEAR_INTERFACE, f"{self.NEAR}/24", self.hosts, "10.77.0.10/24")
        self._join(self.near, "to-far", "10.77.1.2/24", self.far, f"{self.FAR}/24")
        run("ip", "netns", "exec", self.near, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
        run("ip", "-n", self.far, "route", "add", "default", "via", "10.77.1.2")
        run("ip", "-n", self.hosts, "route", "add", "default", "via", self.NEAR)

    @staticmethod
    def _join(one: str, interface: str, address: str, other: str, others: str) -> None:
        run("ip", "-n", one, "link", "add", interface, "type", "veth", "peer", "name", "eth0", "netns", other)
        for name, link, own in ((one, interface, address), (other, "eth0", others)):
            run("ip", "-n", name, "address", "add", own, "broadcast", "+", "dev", link)
            run("ip", "-n", name, "link", "set", link, "up")

    def add_host(self, number: int) -> str:
        """Give the hosts' network one more address, and return it."""
        address = f"10.77.0.{number}"
        run("ip", "-n", self.hosts, "address", "add", f"{address}/24", "dev", "eth0")
        return address

    def close(self) -> None:
        for name in self._made:
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)

    @staticmethod
    def inside(network: str) -> tuple[str, ...]:
        """What to put before a command to run it there."""
        return ("ip", "netns", "exec", network)


def at(port: int, **variables: t.Any) -> Variables:
    """The variables of a host that is looked for at this port of loopback."""
    return {"ansible_host": "127.0.0.1", "ansible_port": port, "pm_broadcast": LOOPBACK, **variables}


@contextlib.contextmanager
def boots(lab: Lab, host: str, port: int) -> t.Iterator[None]:
    """A host that answers as soon as its machine in the lab runs."""
    over = threading.Event()

    def live() -> None:
        eventually(lambda: over.is_set() or lab.state(host) == "running")
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.settimeout(0.1)
            server.bind(("127.0.0.1", port))
            server.listen()
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    server.accept()[0].sendall(b"SSH-2.0-booted\r\n")

    thread = threading.Thread(target=live)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
