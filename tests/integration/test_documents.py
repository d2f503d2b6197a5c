"""What the documents show is run: the README's commands and agents, and the examples of the modules."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import re
import typing as t

import collection_path
import pytest
import yaml
from play_kit import Console, Lab, MakeConsole, Run, Variables
from readme_commands import ASLEEP, COMMANDS, HERE, LAB, REFUSED, blocks, proven, shown, words
from wake_desk import Desk

#: Its fixtures: networks, desk, port, heard.
pytest_plugins = ["wake_fixtures"]

RACK = """
hosts:
  node1: {bmc: {order: 1}, feeds: {a: {order: 2}, b: {order: 2}}}
  example: {bmc: {order: 1}, feeds: {a: {order: 2}, b: {order: 2}}}
"""

MODULE = (collection_path.CHECKOUT / "plugins" / "modules" / "pm_fence.py").read_text(encoding="utf-8")
ADDRESSES = {"192.0.2.11": "bmc", "192.0.2.21": "feed-a", "192.0.2.22": "feed-b"}
SECRETS = dict.fromkeys(
    ("vault_bmc_password", "vault_pdu_password", "vault_pdu", "vault_node1_bmc"), "secret"
)


def in_the_lab(text: str, lab: Lab, host: str) -> str:
    """The same text with the addresses of documentation replaced by the lab's."""
    ports = {agent["name"]: agent["ipmi"]["port"] for agent in lab.agents(host)}
    for address, name in ADDRESSES.items():
        text = text.replace(f"address: {address}", f"address: 127.0.0.1, port: {ports[name]}")
    return text


def node_of_the_readme(lab: Lab, make: MakeConsole) -> Console:
    agents = t.cast(Variables, yaml.safe_load(in_the_lab(blocks("yaml")[0], lab, "node1")))
    return make({"node1": agents}, **SECRETS)


def outcomes(run: Run) -> list[str]:
    return [record["result"]["outcome"] for record in run.records if "outcome" in record["result"]]


def test_every_command_of_the_readme_is_proven_in_some_way() -> None:
    assert shown() == list(COMMANDS), "COMMANDS of readme_commands.py is what the README shows, in its order"


@pytest.mark.parametrize("command", proven(LAB))
def test_the_readmes_commands_work_on_the_readmes_agents(
    lab: Lab, console: MakeConsole, command: str
) -> None:
    here = node_of_the_readme(lab, console)
    run = here.run(*words(command, str(here.folder / "inventory.json")))
    assert run.status == 0, run.output


#: This machine in place of the README's host; -b is left out, for it may have no sudo.
LOCAL: Variables = {"ansible_connection": "local", "ansible_become": False}


@pytest.mark.parametrize("command", proven(HERE))
def test_the_readmes_commands_work_on_a_host(console: MakeConsole, command: str) -> None:
    here = console({"node1": LOCAL})
    run = here.run(*words(command, str(here.folder / "inventory.json")))
    said = run.records[0]["result"]["msg"]
    if os.geteuid() != 0 and "pm_suspend" in command:
        assert "node1: only root can put it to sleep, or see what is planned." in said
        return
    assert run.status == 0, run.output
    assert said.startswith("Sleep: ") or said == "node1: no sleep is planned."


@pytest.mark.parametrize("command", proven(REFUSED))
def test_the_readmes_commands_that_this_machine_refuses(console: MakeConsole, command: str) -> None:
    here = console({"node1": LOCAL})
    run = here.run(*words(command, str(here.folder / "inventory.json")))
    assert (run.status, outcomes(run)) == (2, ["refused"]), run.output
    why = "it is the machine that runs this play" if os.geteuid() == 0 else "only root can put it to sleep"
    assert why in run.result("node1")["msg"]


@pytest.mark.parametrize("command", proven(ASLEEP))
def test_the_readmes_host_is_woken(desk: Desk, command: str) -> None:
    variables = yaml.safe_load(blocks("yaml")[1].replace("192.0.2.0/24", "10.77.0.0/24"))
    desk.host("node1", mac=variables["pm_mac"].replace(":", ""), variables=variables)
    here = desk.open()
    inside = desk.networks.inside(desk.networks.near)
    run = here.run(*inside, *words(command, str(here.folder / "inventory.json")))
    assert run.status == 0, run.output
    assert outcomes(run) == ["planned" if "--check" in command else "woken"]
    assert bool(desk.heard()) is ("--check" not in command)


def test_the_examples_of_pm_fence_work(lab: Lab, console: MakeConsole) -> None:
    match = re.search(r'^EXAMPLES = r"""\n(.*?)^"""', MODULE, re.MULTILINE | re.DOTALL)
    assert match
    tasks = yaml.safe_load(in_the_lab(match[1], lab, "example"))
    shown = "\n".join(line[2:] for line in match[1].splitlines() if line.startswith("#   "))
    agents = yaml.safe_load(in_the_lab(shown, lab, "example"))["pm_agents"]
    assert len(tasks) == 4
    for task in tasks:  # as shown, but for the minute that an orderly shutdown is given
        task["hostpm.power.pm_fence"].pop("soft_timeout", None)
    here = console({"example": {"pm_agents": agents}, "jumphost": {"ansible_connection": "local"}}, **SECRETS)
    run = here.play(tasks, hosts="example")
    assert run.status == 0, run.output
    assert [record["result"]["outcome"] for record in run.records] == [
        "off_verified",
        "restarted",
        "status_read",
        "off_verified",
    ]
