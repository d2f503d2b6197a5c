"""The lab's command line, its example and its README: what they say is so."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import json
import pathlib
import re
import socket

import pytest
import yaml
from lab_kit import HandClock
from pm_lab import cli, rack
from pm_lab.journal import Journal
from pm_lab.lab import Lab, LabError

LAB = pathlib.Path(cli.__file__).parents[1]


def test_a_mistake_in_the_rack_names_file_and_path_and_starts_nothing(tmp_path, capsys):
    path = tmp_path / "rack.yml"
    path.write_text("hosts: {node1: {bmc: {fautls: {}}}}", encoding="utf-8")
    assert cli.main(["serve", str(path), "--inventory", str(tmp_path / "inventory.yml")]) == 2
    assert capsys.readouterr() == (
        "",
        f"{path}: hosts.node1.bmc.fautls: unknown key, did you mean 'faults'?\n",
    )
    assert list(tmp_path.iterdir()) == [path]


def test_a_port_in_use_is_named_and_nothing_is_left_open():
    loop = asyncio.new_event_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        clock = HandClock()
        lab = Lab(
            rack.load(f"hosts: {{n1: {{bmc: }}, n2: {{bmc: {{port: {port}}}}}}}"), clock, loop, Journal(clock)
        )
        with pytest.raises(LabError, match=f"n2 bmc: 127.0.0.1 port {port}: Address already in use"):
            lab.open()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", lab.port("n1", "bmc")))
    loop.close()


def test_a_timeline_is_drawn(tmp_path, capsys):
    path = tmp_path / "timeline.jsonl"
    events = [
        {"t": 0.0, "host": "node1", "event": "host", "what": "running"},
        {"t": 1.0, "host": "", "event": "mark", "what": "chapter"},
        {"t": 2.0, "host": "node1", "event": "host", "what": "dark"},
    ]
    path.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
    assert cli.main(["timeline", str(path), "--width", "50", "--from-mark", "chap"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "== chapter (at 1.000 s, 1.000 s long) ============"
    assert lines[2].startswith("node1 ████")
    assert lines[2].endswith("·")


def test_a_lab_that_is_not_there_is_said_to_be_missing(tmp_path, capsys):
    assert cli.main(["ctl", str(tmp_path / "none"), "state"]) == 2
    assert "No such file" in capsys.readouterr().err


@pytest.mark.parametrize("given", ["dead", "lie=["])
def test_a_fault_that_is_no_pair_is_refused(given, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["ctl", "none", "fault", "node1", "bmc", given])
    assert ended.value.code == 2
    assert f"'{given}'" in capsys.readouterr().err


def test_an_inventory_that_ansible_would_not_read_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["serve", "rack.yml", "--inventory", "hosts.ini"])
    assert ended.value.code == 2
    assert "'hosts.ini': must end in .yml or .yaml" in capsys.readouterr().err


def test_the_example_is_a_rack():
    assert list(rack.load((LAB / "rack.example.yml").read_text(encoding="utf-8")).hosts) == ["node1", "node2"]


def test_the_readme_shows_the_defaults():
    block = re.search("```yaml\n(.*?)```", (LAB / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    shown = rack.load(block.group(1)).hosts["node1"]
    given = yaml.safe_load(block.group(1))["hosts"]["node1"]
    bare = rack.load("outlets: {pdu1-3: }\nhosts: {node1: {bmc: , feeds: {a: , b: {outlet: pdu1-3}}}}").hosts[
        "node1"
    ]
    assert shown == bare
    assert set(given) == set(rack.HOST_CHECKS)
    assert set(given["bmc"]) == set(rack.BMC_CHECKS)
