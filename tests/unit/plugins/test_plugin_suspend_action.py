"""What pm_suspend does with the connection to a host that it has sent to sleep."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import types
import typing as t

import pytest
from ansible.playbook.play_context import PlayContext
from ansible.plugins.loader import connection_loader
from ansible_collections.hostpm.power.plugins.action.pm_suspend import ActionModule
from ansible_collections.hostpm.power.plugins.plugin_utils._follow import Followed


@pytest.mark.parametrize(("given", "kept"), [("", "-S none"), ("-v -o Port=2222", "-v -o Port=2222 -S none")])
def test_each_question_to_a_host_that_may_sleep_has_an_ssh_of_its_own(given: str, kept: str) -> None:
    connection = connection_loader.get("ansible.builtin.ssh", PlayContext(), "/dev/null")
    connection.set_options(direct={"ssh_extra_args": given, "host": "192.0.2.7"})
    action: t.Any = types.SimpleNamespace(_connection=connection)
    ActionModule._share_nothing(action)
    assert connection.get_option("ssh_extra_args") == kept
    command = [word.decode() for word in connection._build_command("ssh", "ssh", "192.0.2.7", "true")]
    assert command.count("-S") == 1
    assert command[command.index("-S") + 1] == "none"


def test_a_host_that_is_not_back_is_told_with_what_was_to_wake_it() -> None:
    action: t.Any = types.SimpleNamespace(_templar=types.SimpleNamespace(template=None))
    params = {"action": "suspend", "mode": "mem"}
    end = ActionModule._end(action, "node1", params, {}, Followed("not_back", {}, True, False), 30.0)
    assert (end["outcome"], end["failed"], end["changed"]) == ("not_back", True, True)
    assert not {"ways_back", "backend"} & set(end), (
        "these are what the host has said when it prepared its sleep"
    )


def test_another_connection_is_left_as_it_is() -> None:
    action: t.Any = types.SimpleNamespace(_connection=types.SimpleNamespace(transport="local"))
    ActionModule._share_nothing(action)
