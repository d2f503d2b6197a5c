"""RACK.yml: defaults, tolerated spellings, and mistakes named with their path."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio

import pytest
import yaml
from lab_kit import HandClock
from pm_lab import inventory
from pm_lab.journal import Journal
from pm_lab.lab import Lab, LabError
from pm_lab.rack import RackError, load

RACK = """
outlets:
  pdu1-3: {username: pdu}
hosts:
  node1:
    vars: {ansible_host: 127.0.0.1}
    bmc: {kg: key, guid: 00112233-4455-6677-8899-aabbccddeeff, suites: [3], standby: own, acpi: true}
    feeds:
      a: {order: 3, password: "off"}
      b: {outlet: pdu1-3}
  node2:
    bmc:
"""


@pytest.fixture
def lab():
    """Not opened: its ports have no numbers yet."""
    loop = asyncio.new_event_loop()
    clock = HandClock()
    yield Lab(load(RACK), clock, loop, Journal(clock))
    loop.close()


def mistakes(text):
    with pytest.raises(RackError) as wrong:
        load(text)
    return str(wrong.value).splitlines()


def test_defaults():
    host = load(RACK).hosts["node2"]
    assert host.bmc is not None
    assert host.bmc.agent.identity.username == b"admin"
    assert host.bmc.agent.identity.suites == (17, 3)
    assert len(host.bmc.agent.identity.guid) == 16
    assert (host.habits.power, host.habits.restore_policy, host.feeds) == (True, "last", {})


@pytest.mark.parametrize(
    ("word", "power"),
    [("off", False), ("'off'", False), ("false", False), ("on", True), ("'on'", True), ("true", True)],
)
def test_power_may_be_a_word_or_a_boolean(word, power):
    assert load(f"hosts: {{node1: {{power: {word}, bmc: }}}}").hosts["node1"].habits.power is power


def test_off_in_a_fault_is_a_word():
    rack = load("hosts: {node1: {bmc: {faults: {lie: off, reject: [on], vanish_after: off}}}}")
    bmc = rack.hosts["node1"].bmc
    assert bmc is not None
    assert bmc.agent.faults == {"lie": ("off",), "reject": ("on",), "vanish_after": "off"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "hosts: {node1: {bmc: {fautls: {}}}}",
            "hosts.node1.bmc.fautls: unknown key, did you mean 'faults'?",
        ),
        (
            "hosts: {node1: {bmc: {faults: {dely: 1}}}}",
            "hosts.node1.bmc.faults.dely: unknown key, did you mean 'delay'?",
        ),
        (
            "hosts: {node1: {bmc: {port: 70000}}}",
            "hosts.node1.bmc.port: must be a port number, 0 for any free one",
        ),
        ("hosts: {node1: {bmc: {password: 1}}}", "hosts.node1.bmc.password: must be a string (quote it)"),
        (
            "hosts: {node1: {bmc: {username: aaaaaaaaaaaaaaaaa}}}",
            "hosts.node1.bmc.username: must not be longer than 16 bytes",
        ),
        (
            "hosts: {node1: {bmc: {suites: [0]}}}",
            "hosts.node1.bmc.suites: must be a list of cipher suites out of 17 and 3",
        ),
        (
            "hosts: {node1: {bmc: {suites: [[3]]}}}",
            "hosts.node1.bmc.suites: must be a list of cipher suites out of 17 and 3",
        ),
        ("hosts: {node1: {bmc: {guid: 12}}}", "hosts.node1.bmc.guid: must be a string (quote it)"),
        (
            "hosts: {node1: {bmc: {guid: ab}}}",
            "hosts.node1.bmc.guid: must be 32 hexadecimal digits, dashes allowed",
        ),
        ("hosts: {node1: {bmc: , power: maybe}}", "hosts.node1.power: must be 'on' or 'off'"),
        ("hosts: {node1: {bmc: , power: [1]}}", "hosts.node1.power: must be 'on' or 'off'"),
        (
            "hosts: {node1: {bmc: , vars: {pm_agents: []}}}",
            "hosts.node1.vars: pm_agents is what the lab itself writes",
        ),
        (
            "hosts: {node1: {feeds: {a: {outlet: pdu}}}, n2: {bmc: }}\noutlets: {pdu1: }",
            "hosts.node1.feeds.a.outlet: unknown outlet, did you mean 'pdu1'?",
        ),
        (
            "hosts: {node1: {feeds: {a: {outlet: pdu1, port: 1}}}}\noutlets: {pdu1: }",
            "hosts.node1.feeds.a.port: belongs to the shared outlet, under outlets.pdu1",
        ),
        (
            "hosts: {node1: {feeds: {a: {standby: own}}}}",
            "hosts.node1.feeds.a.standby: unknown key, known: "
            "faults, guid, kg, order, outlet, password, port, power, privilege, sessions, suites, username",
        ),
        (
            "hosts: {node1: {feeds: {a: {faults: {dead: until_power_cycle}}}}}",
            "hosts.node1.feeds.a.faults.dead: must be true or false",
        ),
        ("hosts: {node1: }", "hosts.node1: has neither a bmc nor feeds"),
        ("hosts: {outlets: {bmc: }}", "hosts.outlets: this name stands for the shared outlets"),
        ("hosts: [node1]", "hosts: must be a mapping"),
        ("outlets: {}", "hosts: there must be at least one"),
        ("[1]", "must be a mapping"),
    ],
)
def test_a_mistake_is_named_with_its_path(text, message):
    assert message in mistakes(text)


def test_all_mistakes_are_named_at_once():
    assert len(mistakes("hosts: {node1: {bmc: {prot: 1, faults: {loss: 2}}, feeds: {a: {oder: 1}}}}")) == 3


def test_what_is_no_yaml_is_said_to_be_none():
    assert mistakes("hosts: {")[0].startswith("no YAML: ")


def test_the_inventory_has_what_the_agents_need(lab):
    hosts = inventory.build(lab)["all"]["hosts"]
    account = {"address": "127.0.0.1", "port": 0, "username": "admin", "password": "secret"}
    assert hosts["node1"] == {
        "ansible_host": "127.0.0.1",
        "pm_agents": [
            {
                "name": "bmc",
                "order": 1,
                "ipmi": {**account, "kg": "key", "guid": "00112233445566778899aabbccddeeff"},
            },
            {
                "name": "feed-a",
                "role": "feed",
                "feed": "a",
                "order": 3,
                "ipmi": {**account, "password": "off"},
            },
            {
                "name": "feed-b",
                "role": "feed",
                "feed": "b",
                "order": 2,
                "ipmi": {**account, "username": "pdu"},
            },
        ],
    }
    assert hosts["node2"] == {"pm_agents": [{"name": "bmc", "order": 1, "ipmi": account}]}


def test_the_inventory_is_read_by_its_owner_only_and_survives_yaml(lab, tmp_path):
    path = tmp_path / "inventory.yml"
    inventory.write(lab, path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert yaml.safe_load(path.read_text(encoding="utf-8")) == inventory.build(lab)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda lab: lab.state("node3"), "node3: unknown host, did you mean 'node2'?"),
        (lambda lab: lab.fault("node1", "feed-c", {}), "node1 feed-c: unknown agent, did you mean 'feed-b'?"),
        (lambda lab: lab.fault("node1", "bmc", {"dely": None}), "dely: unknown key, did you mean 'delay'?"),
        (
            lambda lab: lab.fault("node1", "feed-b", {"dead": "until_power_cycle"}),
            "dead: must be true or false",
        ),
        (lambda lab: lab.plug("node1", "c", True), "node1 c: unknown feed, known: a, b"),
        (lambda lab: lab.switch("node1", "c", True), "node1 c: unknown feed, known: a, b"),
        (lambda lab: lab.wake("node1"), "node1: only a host that sleeps can be woken"),
    ],
)
def test_what_cannot_be_done_to_a_lab_is_said(lab, ask, message):
    with pytest.raises(LabError) as wrong:
        ask(lab)
    assert str(wrong.value) == message


def test_the_state_of_a_host(lab):
    lab.plug("node1", "a", False)
    lab.fault("node1", "bmc", {"delay": 2, "lie": "off"})
    lab.fault("node1", "bmc", {"lie": None})
    state = lab.state("node1")["hosts"]["node1"]
    assert (state["state"], state["supply"], state["restore_policy"]) == ("running", "partial", "last")
    assert state["feeds"] == {"a": {"live": False, "plugged": False}, "b": {"live": True, "plugged": True}}
    assert list(state["agents"]) == ["bmc", "feed-a", "feed-b"]
    assert state["agents"]["bmc"]["faults"] == {"delay": 2.0}


def test_the_button_of_an_outlet(lab):
    lab.switch("node1", "a", False)
    state = lab.state("node1")["hosts"]["node1"]
    assert (state["state"], state["supply"], state["agents"]["feed-a"]["reads"]) == (
        "running",
        "partial",
        "off",
    )
    lab.switch("node1", "b", False)
    assert lab.state("node1")["hosts"]["node1"]["state"] == "dark"
    lab.switch("node1", "b", True)
    assert lab.state("node1")["hosts"]["node1"]["state"] == "running"


def test_sleep_and_wake(lab):
    lab.sleep("node1")
    assert lab.state("node1")["hosts"]["node1"]["agents"]["bmc"]["reads"] == "off"
    lab.wake("node1")
    assert lab.state("node1")["hosts"]["node1"]["state"] == "running"
