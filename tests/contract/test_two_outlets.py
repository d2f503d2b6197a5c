"""The main job against two outlets of OpenIPMI's simulator: its own log tells what they were asked, and when."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t

import collection_path
import pytest
from peers import PATIENCE, IpmiSim


@pytest.fixture
def outlets(tmp_path: pathlib.Path) -> t.Iterator[dict[str, IpmiSim]]:
    """The outlets of both supplies of one host."""
    started: dict[str, IpmiSim] = {}
    try:
        for name in ("feed-a", "feed-b"):
            started[name] = IpmiSim(tmp_path, name)
        yield started
    finally:
        for sim in started.values():
            sim.stop()


def ansible(folder: pathlib.Path, outlets: t.Mapping[str, IpmiSim], args: str) -> tuple[int, str]:
    """Run pm_fence ad hoc on a host that has these outlets; its exit status and output."""
    agents = [
        {"name": name, "feed": name, "ipmi": {**sim.options, "cipher_suite": 3}}
        for name, sim in outlets.items()
    ]
    hosts = {"twin": {"pm_agents": agents, "ansible_python_interpreter": sys.executable}}
    inventory = folder / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}))
    done = subprocess.run(
        [
            str(pathlib.Path(sys.executable).parent / "ansible"),
            *("-i", str(inventory), "twin", "-m", "hostpm.power.pm_fence", "-a", args),
        ],
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(collection_path.collections_root()),
            "ANSIBLE_HOME": str(folder / "ansible"),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE * 2,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_both_are_read_off_before_either_is_switched_on(
    outlets: dict[str, IpmiSim], tmp_path: pathlib.Path
) -> None:
    status, output = ansible(tmp_path, outlets, "action=restart strategy=parallel")
    assert status == 0, output
    assert '"outcome": "restarted"' in output
    calls = outlets["feed-a"].calls()
    offs = [place for place, (_who, what) in enumerate(calls) if what == "set power 0"]
    ons = [place for place, (_who, what) in enumerate(calls) if what == "set power 1"]
    assert sorted(calls[place][0] for place in offs) == ["feed-a", "feed-b"]
    assert sorted(calls[place][0] for place in ons) == ["feed-a", "feed-b"]
    assert max(offs) < min(ons)
    between = calls[max(offs) + 1 : min(ons)]
    assert {who for who, what in between if what == "get power"} == {"feed-a", "feed-b"}
    assert (tmp_path / "chassis").read_text().strip() == "0", "the host really lost its power"


def test_one_after_the_other_is_refused(outlets: dict[str, IpmiSim], tmp_path: pathlib.Path) -> None:
    status, output = ansible(tmp_path, outlets, "action=off strategy=serial")
    assert status != 0
    assert '"outcome": "refused"' in output
    assert outlets["feed-a"].calls() == []
