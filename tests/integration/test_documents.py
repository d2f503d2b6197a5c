"""What the documents show is run: the README's commands and agents, and the examples of the modules."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import shlex
import typing as t

import collection_path
import pytest
import yaml
from play_kit import Console, Lab, MakeConsole, Variables

RACK = """
hosts:
  node1: {bmc: {order: 1}, feeds: {a: {order: 2}, b: {order: 2}}}
  example: {bmc: {order: 1}, feeds: {a: {order: 2}, b: {order: 2}}}
"""

README = (collection_path.CHECKOUT / "README.md").read_text(encoding="utf-8")
MODULE = (collection_path.CHECKOUT / "plugins" / "modules" / "pm_fence.py").read_text(encoding="utf-8")
ADDRESSES = {"192.0.2.11": "bmc", "192.0.2.21": "feed-a", "192.0.2.22": "feed-b"}
SECRETS = dict.fromkeys(
    ("vault_bmc_password", "vault_pdu_password", "vault_pdu", "vault_node1_bmc"), "secret"
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    lines = [line for block in blocks("console") for line in block.splitlines()]
    return [line for line in lines if re.match(r"ansible(-playbook)? ", line)]


def in_the_lab(text: str, lab: Lab, host: str) -> str:
    """The same text with the addresses of documentation replaced by the lab's."""
    ports = {agent["name"]: agent["ipmi"]["port"] for agent in lab.agents(host)}
    for address, name in ADDRESSES.items():
        text = text.replace(f"address: {address}", f"address: 127.0.0.1, port: {ports[name]}")
    return text


def node_of_the_readme(lab: Lab, make: MakeConsole) -> Console:
    (shown,) = blocks("yaml")
    agents = t.cast(Variables, yaml.safe_load(in_the_lab(shown, lab, "node1")))
    return make({"node1": agents}, **SECRETS)


def test_the_readme_shows_commands() -> None:
    assert len(commands()) == 5


@pytest.mark.parametrize("command", commands())
def test_the_readmes_commands_work_on_the_readmes_agents(
    lab: Lab, console: MakeConsole, command: str
) -> None:
    here = node_of_the_readme(lab, console)
    words = [word.replace("inventory", str(here.folder / "inventory.json")) for word in shlex.split(command)]
    run = here.run(*words)
    assert run.status == 0, run.output


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
