"""playbooks/wake.yml, the documented examples, and mistakes as they are told to whoever makes them."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re
import socket
import typing as t

import collection_path
import pytest
import yaml
from play_kit import Console, Lab, MakeConsole, Run, Variables
from wake_kit import LOOPBACK, WAKE, Sleepers, at, boots, mac_of, packet_of, wake

#: Its fixtures: networks, desk, port, heard.
pytest_plugins = ["wake_fixtures"]
RACK = """
hosts:
  ready: {bmc: {}}
"""
LOCAL: Variables = {"ansible_connection": "local"}


def test_an_open_port_is_no_host(console: MakeConsole, port: int, heard: Sleepers) -> None:
    with socket.socket() as forwarded:
        forwarded.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        forwarded.bind(("127.0.0.1", port))
        forwarded.listen()
        here = console({"node": at(port, pm_mac=mac_of(6))})
        run = here.play(
            [
                wake("ssh", timeout=2, ports=heard.ports, task={"ignore_errors": True}),
                wake("tcp", reach="tcp", ports=heard.ports),
            ]
        )
    assert run.result("node", "ssh")["outcome"] == "not_reached"
    assert "the port is open, but no ssh answers there" in run.result("node", "ssh")["msg"]
    assert "perhaps a forwarded one (reach_address, reach_port)" in run.result("node", "ssh")["msg"]
    assert run.result("node", "tcp")["outcome"] == "already_awake"


@pytest.mark.parametrize(
    ("options", "variables", "says"),
    [
        ({"mac": "nonsense"}, {}, "node: mac: 'nonsense' is no MAC address."),
        ({"broadcast": "lan"}, {}, "node: broadcast: 'lan' is no address."),
        ({"secureon": "1:2:3"}, {}, "node: secureon: is no SecureOn password."),
        ({"secureon": "aa:bb:cc"}, {}, "node: secureon: has 3 bytes. A SecureOn password has 4 or 6"),
        (
            {"reach_address": "no-such-host.invalid"},
            {},
            "node: the name 'no-such-host.invalid' does not resolve",
        ),
        (
            {},
            {"pm_mac": "{{ nowhere }}"},
            "node: pm_mac cannot be evaluated: the variable 'nowhere' is not defined.",
        ),
        (
            {},
            {"pm_mac": []},
            "node: nothing to wake it with: no MAC address: set the host's variable pm_mac, or the",
        ),
        (
            {"rungs": ["agent"]},
            {},
            "node: rungs: agent was asked for, but no agents: set the host's variable pm_agents",
        ),
        ({"timeot": 5}, {}, "node: unknown option 'timeot', did you mean 'timeout'?"),
    ],
)
@pytest.mark.every_core
def test_mistakes_are_refused(
    console: MakeConsole, options: Variables, variables: Variables, says: str
) -> None:
    here = console({"node": {"pm_mac": mac_of(7), "pm_broadcast": LOOPBACK, **variables}})
    # ad hoc, as somebody in a hurry would
    run = here.run("ansible", "node", "-m", WAKE, "-a", json.dumps({"timeout": 2, **options}))
    result = run.result("node")
    assert (run.status, result["outcome"], result["changed"]) == (2, "refused", False), run.output
    assert f"Nothing was sent. {says}" in result["msg"]


class TestPlaybook:
    """playbooks/wake.yml"""

    @staticmethod
    def run(here: Console, *more: str, **variables: t.Any) -> Run:
        given = {"pm_interval": 0.5, "pm_timeout": 20, **variables}
        return here.run("ansible-playbook", "hostpm.power.wake", "-e", json.dumps(given), *more)

    @staticmethod
    def summary(run: Run) -> list[str]:
        lines = [r["result"]["msg"] for r in run.records if r["task"] == "Summary of this batch"]
        return [text for batch in lines for text in batch]

    @pytest.mark.every_core
    def test_each_host_has_its_own_end(
        self, lab: Lab, console: MakeConsole, port: int, heard: Sleepers
    ) -> None:
        here = console({"ready": at(port, pm_mac=mac_of(8)), "gone": at(1, pm_mac=mac_of(9))})
        with boots(lab, "ready", port):
            run = self.run(here, pm_hosts="all", pm_timeout=6, pm_ports=heard.ports, pm_stagger=0.5)
        assert run.status == 2
        assert [line.split(":")[0] for line in self.summary(run)] == ["already_awake", "not_reached"]
        assert run.record("ready", "Climb the ladder")["status"] == "ok"
        assert run.record("gone", "Fail the hosts that were not reached")["status"] == "failed"
        assert heard.ways(packet_of(mac_of(9))) == {f"udp {one}" for one in heard.ports}
        assert heard.ways(packet_of(mac_of(8))) == set()

    def test_through_a_proxy(self, console: MakeConsole, port: int, heard: Sleepers) -> None:
        here = console({"node": at(port, pm_mac=mac_of(10)), "proxy": LOCAL})
        run = self.run(here, pm_hosts="node", pm_timeout=2, pm_ports=heard.ports, pm_proxy="proxy")
        assert run.result("node", "Climb the ladder")["proxy"] == "proxy"
        assert heard.ways(packet_of(mac_of(10)))

    def test_batches_go_on_unless_told_otherwise(
        self, lab: Lab, console: MakeConsole, port: int, heard: Sleepers
    ) -> None:
        down = {name: at(1, pm_mac=mac_of(11)) for name in ("node1", "node3")}
        here = console({"node1": down["node1"], "node2": at(port, pm_mac=mac_of(12)), "node3": down["node3"]})
        given = {"pm_hosts": "all", "pm_timeout": 1, "pm_ports": heard.ports, "pm_batch": 2}
        with boots(lab, "ready", port):
            run = self.run(here, **given)
            stopped = self.run(here, **given, pm_max_fail_percentage=0)
        words = [line.split(":")[0] for line in self.summary(run)]
        assert words == ["not_reached", "already_awake", "not touched so far", "not_reached"]
        assert not [r for r in stopped.records if r["host"] == "node3"]
        assert self.summary(stopped)[-1] == "not touched so far: node3"

    def test_no_hosts(self, console: MakeConsole) -> None:
        here = console({"node": {}})
        assert "Set pm_hosts to the hosts or groups to wake" in self.run(here).output
        assert "No host matches pm_hosts (and --limit)" in self.run(here, pm_hosts="nosuch").output


def test_the_documented_examples_are_understood(console: MakeConsole, port: int) -> None:
    """In check mode: all is read and looked for, nothing is sent to the networks that they name."""
    source = (collection_path.CHECKOUT / "plugins" / "modules" / "pm_wake.py").read_text(encoding="utf-8")
    match = re.search(r'^EXAMPLES = r"""\n(.*?)^"""', source, re.MULTILINE | re.DOTALL)
    assert match
    shown = "\n".join(line[2:] for line in match[1].splitlines() if line.startswith("#   "))
    variables = yaml.safe_load(shown)
    assert set(variables) == {"pm_mac", "pm_broadcast", "pm_secureon"}
    tasks = yaml.safe_load(match[1])
    assert len(tasks) == 5
    here = console(
        {"node1": {**at(port), **variables, "vault_node1_secureon": "0a:1b:2c:3d:4e:5f"}, "neighbour": LOCAL}
    )
    run = here.play(tasks, "--check", hosts="node1")
    assert run.status == 0, run.output
    assert {record["result"]["outcome"] for record in run.records} == {"planned"}
    assert len(run.records) == 5
    assert "0a:1b:2c" not in run.output
