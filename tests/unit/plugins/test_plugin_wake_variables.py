"""The options of pm_wake that a host's variables stand in for, and which machine does it."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import types
import typing as t

import pytest
from ansible_collections.hostpm.power.plugins.action.pm_wake import ActionModule
from ansible_collections.hostpm.power.plugins.plugin_utils._variables import BadVariable
from ansible_collections.hostpm.power.plugins.plugin_utils._wake_options import options_of

MAC = "52:54:00:12:34:56"
BMC = {"name": "bmc", "ipmi": {"address": "10.0.0.1", "password": "hunter22"}}
SECUREON = "0a:1b:2c:3d:4e:5f"


def template(value: t.Any) -> t.Any:
    if value == "{{ missing }}":
        raise ValueError("'missing' is undefined in hunter22")
    return {"{{ mac }}": MAC, "{{ port }}": 2222}.get(value, value) if isinstance(value, str) else value


class TestVariables:
    """What a host's variables stand in for."""

    def options(self, variables: dict[str, t.Any], **args: t.Any) -> dict[str, t.Any]:
        return options_of({"host": "node1", "proxy": "localhost", **args}, variables, template)

    def test_all_of_them(self) -> None:
        found = self.options(
            {
                "pm_mac": "{{ mac }}",
                "pm_broadcast": "192.0.2.255",
                "pm_interface": "eth0",
                "pm_secureon": SECUREON,
                "pm_agents": [BMC],
                "ansible_host": "192.0.2.11",
                "ansible_port": "{{ port }}",
                "ansible_play_batch": ["node3", "node2", "node1"],
            }
        )
        assert found == {
            "host": "node1",
            "proxy": "localhost",
            "mac": MAC,
            "broadcast": "192.0.2.255",
            "interface": "eth0",
            "secureon": SECUREON,
            "agents": [BMC],
            "reach_address": "192.0.2.11",
            "reach_port": 2222,
            "place": 2,
        }

    def test_the_tasks_own_options_win(self) -> None:
        variables = {"pm_mac": "{{ missing }}", "ansible_host": "{{ missing }}", "ansible_port": 1}
        found = self.options(variables, mac=MAC, reach_address="192.0.2.9", reach_port=22)
        assert (found["mac"], found["reach_address"], found["reach_port"]) == (MAC, "192.0.2.9", 22)

    def test_without_any(self) -> None:
        found = self.options({})
        assert found == {
            "host": "node1",
            "proxy": "localhost",
            "reach_address": "node1",
            "reach_port": None,
            "place": 0,
        }

    @pytest.mark.parametrize(
        "name", ["pm_mac", "pm_secureon", "pm_broadcast", "pm_interface", "pm_agents", "ansible_host"]
    )
    def test_one_that_fails_is_named_and_not_shown(self, name: str) -> None:
        with pytest.raises(BadVariable) as caught:
            self.options({name: "{{ missing }}"})
        assert str(caught.value).startswith(
            f"node1: {name} cannot be evaluated: the variable 'missing' is not defined"
        )
        assert "hunter22" not in str(caught.value)

    def test_the_variables_of_a_rung_that_is_not_wanted_are_not_needed(self) -> None:
        assert "agents" not in self.options({"pm_agents": "{{ missing }}"}, rungs=["magic"])
        assert "mac" not in self.options({"pm_mac": "{{ missing }}"}, rungs=["agent"])


@pytest.mark.parametrize(
    ("delegate", "transport", "become", "root", "here"),
    [
        (None, "ssh", True, False, True),
        ("localhost", "local", False, False, True),
        ("127.0.0.1", "local", False, True, True),
        ("localhost", "local", True, True, True),
        # a named interface needs root: a module of its own gets that
        ("localhost", "local", True, False, False),
        ("localhost", "ssh", False, True, False),
        ("neighbour", "local", False, True, False),
        ("neighbour", "ssh", True, True, False),
    ],
)
def test_which_machine_does_it(
    monkeypatch: pytest.MonkeyPatch,
    delegate: str | None,
    transport: str,
    become: bool,
    root: bool,
    here: bool,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)
    connection = types.SimpleNamespace(transport=transport, become=object() if become else None)
    action = types.SimpleNamespace(_task=types.SimpleNamespace(delegate_to=delegate), _connection=connection)
    assert ActionModule._is_here(action) is here
