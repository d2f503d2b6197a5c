"""The lab as the bench needs it: a fresh BMC for every measure, its counters at zero, its host on."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import subprocess
import sys
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

import collection_path

LAB = collection_path.CHECKOUT / "extensions" / "lab"
sys.path.insert(0, str(LAB))

import yaml  # noqa: E402
from pm_lab import control  # noqa: E402

PATIENCE = 30.0  # seconds; only so that a lab that hangs ends the bench
SETTLED = 0.02  # seconds without another packet


@dataclass(frozen=True)
class Seen:
    """What the lab knows of one host and its BMC."""

    host: str
    requests: int
    replies: int
    sessions: int

    @property
    def is_off(self) -> bool:
        return self.host == "dark"


@dataclass(frozen=True)
class Bmc:
    """One BMC that nobody has spoken to; ``options`` are those of the ipmi driver."""

    options: t.Mapping[str, t.Any]
    host: str
    lab: Lab

    @property
    def port(self) -> str:
        return str(self.options["port"])

    def look(self) -> Seen:
        """Look from outside, at once. A datagram that is still in its socket is not counted yet."""
        found = control.request(self.lab.control, {"do": "state", "host": self.host})["hosts"][self.host]
        agent = found["agents"]["bmc"]
        return Seen(found["state"], agent["packets_in"], agent["packets_out"], agent["sessions_open"])

    def settled(self) -> Seen:
        """Look until nothing comes any more."""
        seen = self.look()
        while True:
            time.sleep(SETTLED)
            before, seen = seen, self.look()
            if seen == before:
                return seen


class Lab:
    """A running lab; it ends with its standard input, so with this process at the latest."""

    def __init__(self, folder: Path, scenes: t.Mapping[str, float], each: int) -> None:
        """
        :param scenes: the name of a kind of BMC, and how many seconds after the command it acts.
        :param each: how many BMCs of each kind.
        """
        self.control = folder / "control"
        rack = {
            f"{scene}-{number}": {"bmc": {"faults": {"lag": lag} if lag else {}}}
            for scene, lag in scenes.items()
            for number in range(each)
        }
        (folder / "rack.yml").write_text(json.dumps({"hosts": rack}), encoding="utf-8")
        self._process = subprocess.Popen(
            (
                *(sys.executable, str(LAB), "serve", "rack.yml", "--inventory", "inventory.yml"),
                *("--control", "control", "--exit-with-stdin"),
            ),
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "ready\n":
            raise SystemExit(f"bench: the lab did not start (status {self._process.wait(PATIENCE)})")
        hosts = yaml.safe_load((folder / "inventory.yml").read_text(encoding="utf-8"))["all"]["hosts"]
        self._free = {
            scene: [
                Bmc(one["pm_agents"][0]["ipmi"], name, self)
                for name, one in hosts.items()
                if name.rpartition("-")[0] == scene
            ]
            for scene in scenes
        }

    def take(self, scene: str) -> Bmc:
        """A BMC that was not used before."""
        return self._free[scene].pop()

    def close(self) -> None:
        self._process.communicate(timeout=PATIENCE)
