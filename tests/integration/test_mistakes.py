"""Every mistake in the options and the agents, with the message that it gets, on every core."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from play_kit import Console, Run, Variables, fence

pytestmark = pytest.mark.every_core

SECRET = "Tr0ub4dor"
#: Given to one agent each by bmc(); told in no message.
OTHER = "correct-horse"


def bmc(**changes: t.Any) -> Variables:
    """Options of a BMC that nobody may ever reach; None removes one."""
    options = {"address": "127.0.0.1", "port": 1, "username": OTHER, "password": SECRET, **changes}
    return {key: value for key, value in options.items() if value is not None}


#: Host: its pm_agents, and what its message must say.
AGENTS: dict[str, tuple[t.Any, list[str]]] = {
    "none": (
        [],
        ["No agents. Set the host's variable pm_agents, or the option agents, to a list such as [{name: bmc"],
    ),
    "null": (None, ["No agents. Set the host's variable pm_agents"]),
    "twokeys": ([{"name": "b", "ipmi": bmc(), "redfish": {}}], ["pm_agents[0] 'b': ", "redfish"]),
    "nokey": ([{"name": "b", "order": 1}], ["pm_agents[0] 'b': names no driver. Add one of: ", "ipmi"]),
    "typokey": (
        [{"ipmj": bmc()}],
        ["pm_agents[0]: names no driver", "unknown key 'ipmj', did you mean 'ipmi'?"],
    ),
    "unknown": (
        [{"name": "b", "ordr": 1, "ipmi": bmc(usrname="x", qqq=1)}],
        [
            "pm_agents[0] 'b': unknown key 'ordr', did you mean 'order'?",
            "pm_agents[0] 'b': unknown key 'ipmi.usrname', did you mean 'ipmi.username'?",
            "pm_agents[0] 'b': unknown key 'ipmi.qqq'. Known: address, port, username",
        ],
    ),
    "onename": (
        [{"name": "b", "ipmi": bmc()}, {"name": "b", "ipmi": bmc(port=2)}],
        ["pm_agents[1] 'b' (127.0.0.1:2) and pm_agents[0] 'b' (127.0.0.1:1) have the same name"],
    ),
    "onedevice": (
        [{"name": "b", "ipmi": bmc()}, {"name": "c", "order": 2, "ipmi": bmc()}],
        ["pm_agents[1] 'c' (127.0.0.1:1) and pm_agents[0] 'b' (127.0.0.1:1) are the same device and plug"],
    ),
    "noaddress": ([{"name": "b", "ipmi": bmc(address=None)}], ["pm_agents[0] 'b': ipmi.address is missing."]),
    "nopassword": (
        [{"name": "b", "ipmi": bmc(password=None)}],
        ["pm_agents[0] 'b': ipmi.password is missing."],
    ),
    "nulls": (
        [{"ipmi": {"address": None, "password": None}}],
        ["ipmi.address is missing.", "ipmi.password is missing."],
    ),
    "blank": ([{"ipmi": bmc(address="")}], ["pm_agents[0]: ipmi.address is empty."]),
    "order": (
        [{"name": "b", "order": "first", "ipmi": bmc()}],
        ["pm_agents[0] 'b': order must be a whole number."],
    ),
    "port": ([{"name": "b", "ipmi": bmc(port="x")}], ["pm_agents[0] 'b': ipmi.port must be a whole number."]),
    "highport": ([{"name": "b", "ipmi": bmc(port=99999)}], ["pm_agents[0] 'b': ", "99999", "65535"]),
    "long": ([{"ipmi": bmc(password=SECRET * 3)}], ["pm_agents[0]: password is longer than IPMI's 20 bytes"]),
    "guid": ([{"ipmi": bmc(guid="zz")}], ["pm_agents[0]: guid is no UUID"]),
    "role": (
        [{"ipmi": bmc(), "role": "chasis"}],
        ["role must be one of chassis, feed, wake, did you mean 'chassis'?"],
    ),
    "fedchassis": ([{"ipmi": bmc(), "role": "chassis", "feed": "a"}], ["has feed 'a' and role chassis."]),
    "serial": (
        [
            {"name": name, "feed": name, "order": port, "ipmi": bmc(port=port)}
            for port, name in enumerate("xy", start=1)
        ],
        [
            "Level 1 ('x') and level 2 ('y') never take the host down",
            "Use strategy: parallel, or strategy: auto",
        ],
    ),
    "text": ("a bmc", ["pm_agents, or the option agents, must be a list. Write [{name: bmc"]),
    "dictionary": ({"name": "b", "ipmi": bmc()}, ["pm_agents, or the option agents, must be a list."]),
    "number": (7, ["pm_agents, or the option agents, must be a list."]),
    "words": (["bmc"], ["pm_agents[0]: is no dictionary. Write {name: bmc, "]),
    "flat": (
        [{"name": "b", "ipmi": f"password={SECRET}"}],
        ["pm_agents[0] 'b': ipmi must be a dictionary of the driver's"],
    ),
    "several": (
        [
            {"name": "x", "order": "?", "ipmi": bmc(guidd=1)},
            {"name": "y", "ipmi": {"address": "h"}},
            {"nam": "z"},
        ],
        [
            "several: pm_agents[0] 'x': order must be a whole number.",
            "several: pm_agents[0] 'x': unknown key 'ipmi.guidd', did you mean 'ipmi.guid'?",
            "several: pm_agents[1] 'y': ipmi.password is missing.",
            "several: pm_agents[2]: names no driver.",
            "several: pm_agents[2]: unknown key 'nam', did you mean 'name'?",
        ],
    ),
    "undefined": (
        [{"name": "b", "ipmi": bmc(password="{{ '" + SECRET + "' ~ nowhere }}")}],
        ["undefined: pm_agents[0].ipmi.password cannot be evaluated: the variable 'nowhere' is not defined"],
    ),
    "indirect": (
        [{"ipmi": bmc(password="{{ pointer }}")}],
        ["pm_agents[0].ipmi.password", "'really_missing' is not defined"],
    ),
    "attribute": ([{"ipmi": bmc(password="{{ store.b }}")}], ["pm_agents[0].ipmi.password", "has no 'b'"]),
    "syntax": (
        [{"ipmi": bmc(password="{{ '" + SECRET + "' ")}],
        ["pm_agents[0].ipmi.password", "Look at its template"],
    ),
    "wholelist": (
        "{{ nowhere }}",
        ["wholelist: pm_agents cannot be evaluated: the variable 'nowhere' is not defined."],
    ),
}

#: Options of the task, and what the message must say.
OPTIONS: dict[str, tuple[Variables, list[str]]] = {
    "deadline": ({"timeout": 0}, ["timeout: 0 s is no time to work in. Give a number of seconds above 0."]),
    "negative": (
        {"agent_timeout": -1, "settle": -1},
        ["agent_timeout: -1 s is no", "settle: -1 s is not possible"],
    ),
    "strategy": (
        {"strategy": "paralel"},
        ["strategy must be one of auto, serial, parallel, did you mean 'parallel'?"],
    ),
    "soon": ({"timeout": "soon"}, ["timeout must be a number."]),
    "action": (
        {"action": "of"},
        ["action must be one of status, on, off, restart, nmi, reboot, did you mean 'o"],
    ),
    "noaction": ({"action": "{{ omit }}"}, ["action is missing."]),
    "misspelt": ({"agent_timout": 3}, ["unknown option 'agent_timout', did you mean 'agent_timeout'?"]),
    "soft": (
        {"soft_timeout": 100},
        ["soft_timeout: 100 s leaves too little of timeout (180 s)", "Give a timeout of 200 s"],
    ),
    "crowd": (
        {"timeout": 0, "agents": [{}]},
        ["crowd: timeout: 0 s is no", "crowd: pm_agents[0]: names no driver"],
    ),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One play in which every host has its own mistake."""
    hosts = {name: {"pm_agents": given} for name, (given, _expected) in AGENTS.items()}
    hosts.update({name: {"pm_agents": [{"name": "b", "ipmi": bmc()}]} for name in OPTIONS})
    variables = {"pointer": "{{ really_missing }}", "store": {"a": SECRET}}
    here = Console(tmp_path_factory.mktemp("mistakes"), hosts, variables)
    tasks = [fence("agents", action="off", strategy="serial", task={"when": "inventory_hostname in wrong"})]
    tasks += [
        fence(name, task={"when": f"inventory_hostname == '{name}'"}, **{"action": "off", **given})
        for name, (given, _expected) in OPTIONS.items()
    ]
    done = here.play(tasks, "-vvvv", "--forks", "4", vars={"wrong": list(AGENTS)})
    assert here.leftovers() == []
    return done


@pytest.mark.parametrize("host", [*AGENTS, *OPTIONS])
def test_message(run: Run, host: str) -> None:
    record = run.record(host)
    message = record["result"]["msg"]
    expected = {**AGENTS, **OPTIONS}[host][1]
    assert record["status"] == "failed"
    assert record["result"]["outcome"] == "refused"
    assert record["result"]["changed"] is False
    assert "othing was sent. " in message
    assert f"{host}: " in message
    assert [part for part in expected if part not in message] == [], message
    foreign = (
        "nsupported parameters",
        "Supported parameters include",
        "unable to convert",
        "<class",
        "Tagged",
    )
    assert [word for word in foreign if word in message] == []


def test_no_message_shows_a_value(run: Run) -> None:
    assert run.status == 2
    for value in (SECRET, OTHER):
        assert [line for line in run.output.splitlines() if value in line] == []
