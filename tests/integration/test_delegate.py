"""Fencing through another host: what a proxy does, what becomes of its own failures, and what it may never do."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import sys
import typing as t

import pytest
from play_kit import Lab, MakeConsole, Variables, fence

RACK = """
hosts:
  node: {bmc: {}}
  cycled: {bmc: {}}
  spared: {bmc: {}}
  local: {bmc: {}}
  itself: {bmc: {}}
  poor: {bmc: {}}
  wrong: {bmc: {faults: {lie: 'off'}}}
  checked: {bmc: {}}
"""

LOCAL: Variables = {"ansible_connection": "local"}
#: No ssh server is there (see DOWN).
BROKEN: Variables = {}


def via(proxy: str, **more: t.Any) -> Variables:
    return {"delegate_to": proxy, **more}


@pytest.mark.every_core
def test_the_same_result_through_a_proxy_and_from_here(lab: Lab, console: MakeConsole) -> None:
    here = console({"node": lab.hosts["node"], "proxy": LOCAL})
    tasks = [fence("here", action="status"), fence("there", action="status", task=via("proxy"))]
    tasks.append(fence("off", action="off", task=via("proxy")))
    run = here.play(tasks, "-vvvv", hosts="node")
    assert run.status == 0, run.output
    direct, delegated = run.result("node", "here"), run.result("node", "there")
    own = {key for key in direct if not key.startswith("_")}
    assert own <= set(delegated)
    assert set(delegated) - own <= {"_ansible_delegated_vars", "_ansible_no_log"}
    assert (direct["proxy"], delegated["proxy"]) == ("localhost", "proxy")
    assert {seen["proxy"] for seen in delegated["evidence"]} == {"proxy"}
    assert direct["msg"] == delegated["msg"]
    assert run.result("node", "off")["outcome"] == "off_verified"
    assert lab.commands("node") == ["off"]
    assert "ansible_facts" not in delegated
    assert '"secret"' not in run.output
    assert "'secret'" not in run.output


def test_check_mode_and_diff_through_a_proxy(lab: Lab, console: MakeConsole) -> None:
    here = console({"checked": lab.hosts["checked"], "proxy": LOCAL})
    run = here.play([fence(action="restart", task=via("proxy"))], "--check", "--diff", hosts="checked")
    result = run.result("checked")
    assert (run.status, result["outcome"], result["changed"]) == (0, "planned", True)
    assert result["plan"]["proxy"] == "proxy"
    assert result["plan"]["proxy_reason"] == "delegate_to names it"
    assert lab.commands("checked") == []


def test_restart_through_a_proxy(lab: Lab, console: MakeConsole) -> None:
    here = console({"cycled": lab.hosts["cycled"], "proxy": LOCAL})
    result = here.play([fence(action="restart", task=via("proxy"))], hosts="cycled").result("cycled")
    assert (result["outcome"], result["fenced"], lab.commands("cycled")) == ("restarted", True, ["off", "on"])


@pytest.mark.every_core
def test_a_proxy_that_is_down_does_not_make_the_fenced_host_unreachable(
    lab: Lab, console: MakeConsole
) -> None:
    here = console({"spared": lab.hosts["spared"], "proxy": BROKEN})
    run = here.play(
        [
            fence("through", action="off", task=via("proxy", ignore_errors=True, register="found")),
            fence("read", action="status", task=via("proxy", ignore_errors=True)),
            fence("direct", action="status"),
            {
                "name": "decide",
                "ansible.builtin.assert": {"that": ["found.outcome == 'indeterminate'", "not found.fenced"]},
            },
        ],
        hosts="spared",
    )
    through = run.record("spared", "through")
    assert (through["status"], run.status) == ("failed", 0), run.output
    assert not [record for record in run.records if record["status"] == "unreachable"]
    result = through["result"]
    assert (result["outcome"], result["changed"], result["fenced"]) == ("indeterminate", True, False)
    assert result["msg"].startswith("spared: the proxy proxy gave no result: ")
    assert "Do not take it for off: read its status, from another proxy if need be." in result["msg"]
    assert run.result("spared", "read")["changed"] is False
    assert run.result("spared", "direct")["power"] == "on"
    assert lab.commands("spared") == []


def test_localhost_is_where_the_play_runs(lab: Lab, console: MakeConsole) -> None:
    here = console({"local": lab.hosts["local"]})
    run = here.play([fence(action="off", task=via("localhost"))], "-vvvv")
    result = run.result("local")
    assert (result["outcome"], result["proxy"]) == ("off_verified", "localhost")
    assert "AnsiballZ" not in run.output, "no module was started for it"


@pytest.mark.parametrize("action", ["off", "on", "restart", "nmi"])
def test_a_host_never_fences_itself(lab: Lab, console: MakeConsole, action: str) -> None:
    mine = socket.gethostname()
    hosts = {name: {**LOCAL, **lab.hosts["itself"]} for name in ("itself", "localhost", mine)}
    here = console(hosts)
    run = here.play(
        [
            fence("delegated", action=action, task=via("{{ inventory_hostname }}", ignore_errors=True)),
            fence(
                "here", action=action, task={"when": "inventory_hostname != 'itself'", "ignore_errors": True}
            ),
            fence("status", action="status", task=via("{{ inventory_hostname }}")),
        ]
    )
    refused = [run.result(host, "delegated") for host in hosts] + [
        run.result(host, "here") for host in ("localhost", mine)
    ]
    for result in refused:
        assert (result["outcome"], result["changed"]) == ("refused", False)
        assert "is the fenced host itself. Run it from another host." in result["msg"]
    assert [run.result(host, "status")["power"] for host in hosts] == ["on"] * 3
    assert lab.commands("itself") == []


@pytest.mark.every_core
def test_a_proxy_that_is_the_host_under_another_name(lab: Lab, console: MakeConsole) -> None:
    at: Variables = {"ansible_host": "{{ 'NODE9' | lower }}.test", "ansible_port": 2222}
    proxies: dict[str, Variables] = {
        "alias": {"ansible_host": "node9.test", "ansible_port": "{{ 2000 + 222 }}"},
        "neighbour": {"ansible_host": "node9.test", "ansible_port": 2223},
    }
    here = console({"itself": {**lab.hosts["itself"], **at}, **proxies})
    run = here.play(
        [
            fence("alias", action="off", task=via("alias", ignore_errors=True)),
            fence("neighbour", action="off", task=via("neighbour")),
        ],
        hosts="itself",
    )
    refused = run.result("itself", "alias")
    assert refused["outcome"] == "refused"
    assert "itself: the proxy alias is the fenced host itself. Run it from another host." in refused["msg"]
    assert "the proxy neighbour gave no result" in run.result("itself", "neighbour")["msg"]
    assert lab.commands("itself") == []


def test_a_proxy_without_the_drivers_library(lab: Lab, console: MakeConsole) -> None:
    here = console({"poor": lab.hosts["poor"]})
    bare = here.write("python", f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    bare.chmod(0o755)
    here.write_inventory(
        {"poor": lab.hosts["poor"], "proxy": {**LOCAL, "ansible_python_interpreter": str(bare)}}
    )
    result = here.play([fence(action="off", task=via("proxy"))], hosts="poor").result("poor")
    assert (result["outcome"], result["changed"]) == ("indeterminate", False)
    assert "poor" in result["msg"]
    assert "pm_agents[0] 'bmc'" in result["msg"]
    assert "library pyghmi is not installed for " in result["msg"]
    assert "-m pip install pyghmi" in result["msg"]
    assert result["msg"].endswith(" All of this was tried from proxy."), "on which machine it is missing"


def test_failures_come_back_whole_through_a_proxy(lab: Lab, console: MakeConsole) -> None:
    here = console({"wrong": lab.hosts["wrong"], "proxy": LOCAL})
    task = fence(action="off", timeout=2, task=via("proxy", register="found", ignore_errors=True))
    run = here.play([task, fence("mistake", action="off", timeout=0, task=via("proxy"))], hosts="wrong")
    result = run.result("wrong", "fence")
    assert (result["outcome"], result["changed"], result["power"]) == ("not_off", True, "on")
    assert result["steps"]
    assert "wrong is NOT off" in result["msg"]
    mistake = run.result("wrong", "mistake")
    assert (mistake["outcome"], mistake["proxy"]) == ("refused", "proxy")
