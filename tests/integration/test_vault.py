"""Vaulted passwords, inline and in files, and what is said when the vault's own password is wrong, on every core."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
import yaml
from play_kit import Console, Lab, MakeConsole, fence

RACK = """
hosts:
  node: {bmc: {username: ops, password: hunter2hunter2}}
"""
PASSWORD = "hunter2hunter2"

pytestmark = pytest.mark.every_core


class Vaulted:
    """The text of a string that ansible-vault has encrypted, written as users do."""

    def __init__(self, text: str) -> None:
        self.text = text


yaml.SafeDumper.add_representer(
    Vaulted, lambda dumper, value: dumper.represent_scalar("!vault", value.text, style="|")
)


@pytest.fixture
def desk(lab: Lab, console: MakeConsole) -> Console:
    """A console with two vault passwords, right and wrong."""
    here = console({"node": {}})
    here.write("right", "open sesame\n")
    here.write("wrong", "open barley\n")
    return here


def encrypt(here: Console, text: str) -> str:
    plain = here.write("plain", text)
    run = here.run("ansible-vault", "encrypt", "--output", "-", "--vault-password-file", "right", "plain")
    plain.unlink()
    assert run.stdout.startswith("$ANSIBLE_VAULT;"), run.output
    return run.stdout


def give(here: Console, lab: Lab, password: t.Any, **more: t.Any) -> None:
    agents = lab.agents("node")
    agents[0]["ipmi"]["password"] = password
    (here.folder / "host_vars").mkdir()
    here.write("host_vars/node.yml", yaml.safe_dump({"pm_agents": agents, **more}))


def status(here: Console, *more: str) -> t.Any:
    return here.play([fence(action="status")], "-vvv", *more)


def test_an_inline_vaulted_password(lab: Lab, desk: Console) -> None:
    give(desk, lab, Vaulted(encrypt(desk, PASSWORD)))
    run = status(desk, "--vault-password-file", "right")
    assert (run.status, run.result("node")["power"]) == (0, "on"), run.output
    assert PASSWORD not in run.output


def test_a_vaulted_variable_that_the_agent_refers_to(lab: Lab, desk: Console) -> None:
    give(desk, lab, "{{ vault_bmc }}", vault_bmc=Vaulted(encrypt(desk, PASSWORD)))
    run = status(desk, "--vault-password-file", "right")
    assert (run.status, run.result("node")["power"]) == (0, "on"), run.output
    assert PASSWORD not in run.output


def test_a_vaulted_file(lab: Lab, desk: Console) -> None:
    give(desk, lab, "{{ vault_bmc }}")
    (desk.folder / "group_vars" / "all").mkdir(parents=True)
    desk.write("group_vars/all/vault.yml", encrypt(desk, yaml.safe_dump({"vault_bmc": PASSWORD})))
    run = status(desk, "--vault-password-file", "right")
    assert (run.status, run.result("node")["power"]) == (0, "on"), run.output
    assert PASSWORD not in run.output


@pytest.mark.parametrize("how", ["inline", "referred"])
@pytest.mark.parametrize("given", [["--vault-password-file", "wrong"], []], ids=["wrong", "none"])
def test_the_wrong_vault_password(lab: Lab, desk: Console, how: str, given: list[str]) -> None:
    before = lab.packets("node")
    secret = Vaulted(encrypt(desk, PASSWORD))
    if how == "inline":
        give(desk, lab, secret)
    else:
        give(desk, lab, "{{ vault_bmc }}", vault_bmc=secret)
    run = status(desk, *given)
    assert run.status != 0
    message = run.result("node")["msg"]
    assert "node: pm_agents[0].ipmi.password cannot be evaluated" in message
    assert (
        "it cannot be decrypted. Give the right vault password (--vault-id or --ask-vault-pass)." in message
    )
    assert run.result("node")["outcome"] == "refused"
    assert "$ANSIBLE_VAULT" not in run.output
    assert "ops" not in message
    assert lab.packets("node") == before
