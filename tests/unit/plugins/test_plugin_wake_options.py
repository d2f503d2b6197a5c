"""The options of pm_wake: what they come to, and that every result has one shape."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import time
import typing as t

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._options import Mistakes
from ansible_collections.hostpm.power.plugins.module_utils._secrets import Secrets
from ansible_collections.hostpm.power.plugins.module_utils._wake.model import LOOK, RUNGS, Wake
from ansible_collections.hostpm.power.plugins.module_utils._wake.options import WAKE_OPTIONS, Reader
from ansible_collections.hostpm.power.plugins.module_utils._wake.task import (
    WakeTask,
    broken,
    lost,
    prepare,
    refused,
)

MAC = "52:54:00:12:34:56"
BMC = {"name": "bmc", "ipmi": {"address": "10.0.0.1", "password": "hunter22"}}
SECUREON = "0a:1b:2c:3d:4e:5f"


def task(**args: t.Any) -> WakeTask:
    return prepare({"host": "node1", "mac": [MAC], **args}, Secrets())


class TestWhatIsMeant:
    """Options that make sense."""

    def test_defaults(self) -> None:
        wake = task().wake
        assert (wake.rungs, wake.timeout, wake.interval, wake.turn) == (("magic",), 300, 5, 0)
        assert str(wake.target) == "ssh at node1 port 22"
        assert wake.packets is not None
        assert (wake.packets.ports, wake.packets.broadcast, wake.packets.interface) == (
            (9, 7),
            "255.255.255.255",
            "",
        )
        assert set(wake.left_out) == {"rtc", "agent"}

    @pytest.mark.parametrize(
        "given", [MAC, [MAC], f"{MAC},5254.0065.4321", [MAC, "525400654321", MAC.upper()]]
    )
    def test_one_mac_or_several(self, given: t.Any) -> None:
        packets = task(mac=given).wake.packets
        assert packets is not None
        expected = [bytes.fromhex("525400123456"), bytes.fromhex("525400654321")]
        assert list(packets.macs) == expected[: len(packets.macs)]
        assert len(packets.macs) == (1 if given in (MAC, [MAC]) else 2)

    def test_where_the_packets_go(self) -> None:
        packets = task(
            broadcast="192.0.2.0/24", interface="eth0.7", ports=["9", 40000], secureon=SECUREON
        ).wake.packets
        assert packets is not None
        assert (packets.broadcast, packets.interface, packets.ports) == ("192.0.2.255", "eth0.7", (9, 40000))
        assert packets.secureon == bytes.fromhex(SECUREON.replace(":", ""))

    @pytest.mark.parametrize(
        ("given", "rungs"),
        [
            ({}, ("magic",)),
            ({"agents": [BMC]}, ("magic", "agent")),
            ({"due": 10}, ("rtc", "magic")),
            ({"due": 10, "agents": [BMC]}, RUNGS),
            ({"agents": [BMC], "mac": []}, ("agent",)),
            ({"agents": [BMC], "mac": None}, ("agent",)),
            ({"agents": [BMC], "mac": ""}, ("agent",)),
            ({"due": 10, "mac": None}, ("rtc",)),
            ({"due": 10, "agents": [BMC], "rungs": ["agent", "rtc"]}, ("agent", "rtc")),
            ({"agents": [BMC], "rungs": "magic"}, ("magic",)),
            ({"rungs": None}, ("magic",)),
        ],
    )
    def test_rungs_that_have_what_they_need(self, given: dict[str, t.Any], rungs: tuple[str, ...]) -> None:
        wake = task(**given).wake
        assert wake.rungs == rungs
        assert set(wake.left_out) == set(RUNGS) - set(rungs)

    @pytest.mark.parametrize(
        ("due", "seconds"),
        [
            (30, 30),
            ("30", 30),
            (12.5, 12.5),
            (-5, -5),
            (2_000_000_030, 30),
            ("2000000030.5", 30.5),
            ("2033-05-18T03:33:50Z", 30),
            ("2033-05-18T05:33:50+02:00", 30),
            ("2033-05-18 03:33:50+00:00", 30),
        ],
    )
    def test_when_the_alarm_is_due(self, due: t.Any, seconds: float) -> None:
        params = {**dict.fromkeys(WAKE_OPTIONS), **task().params, "due": due}
        wake = Reader(params, 2_000_000_000.0).wake([])
        assert wake is not None
        assert wake.due == seconds

    def test_a_moment_is_counted_from_now(self) -> None:
        due = task(due=time.time() + 100).wake.due
        assert due is not None
        assert 90 < due <= 100

    def test_an_alarm_after_the_end_is_not_waited_for(self) -> None:
        wake = task(due=300, timeout=300).wake
        assert wake.rungs == ("magic",)
        assert wake.left_out["rtc"] == "its own alarm is due in 300 s, and timeout is 300 s: raise timeout"

    @pytest.mark.parametrize(
        ("given", "target"),
        [
            (
                {"reach": "tcp", "reach_port": 5986, "reach_address": "192.0.2.1"},
                "tcp at 192.0.2.1 port 5986",
            ),
            ({"reach_address": "[2001:db8::1]"}, "ssh at 2001:db8::1 port 22"),
            ({"reach": "none"}, "None"),
        ],
    )
    def test_where_it_is_looked_for(self, given: dict[str, t.Any], target: str) -> None:
        assert str(task(**given).wake.target) == target

    def test_a_turn_is_the_place_times_the_stagger_behind_the_first_host(self) -> None:
        assert task(place=7, stagger=2.5).wake.turn == LOOK + 17.5
        assert task(place=7, stagger=2.5, reach="none").wake.turn == 17.5, "nobody looks for the first"
        assert task(place=0, stagger=2.5).wake.turn == task(place=7, stagger=0).wake.turn == 0

    def test_a_module_elsewhere_comes_to_the_same(self) -> None:
        there = task(
            due=10, agents=[BMC], secureon=SECUREON, place=2, stagger=3, proxy="jump", interface="eth0"
        )
        params = json.loads(json.dumps(there.params))
        again = prepare(params, Secrets())
        assert again.wake == there.wake
        assert (again.proxy, again.agents) == ("jump", there.agents)


def test_all_results_have_one_shape() -> None:
    args = {"host": "node1", "proxy": "jump"}
    results = [
        refused(Mistakes(["node1: wrong"]), args),
        broken(args, "a bug"),
        lost(Wake("node1", ()), "jump", "gone"),
    ]
    assert len({frozenset(result) for result in results}) == 1
    assert [result["changed"] for result in results] == [False, True, True]
    assert [result["outcome"] for result in results] == ["refused", "not_reached", "not_reached"]
    assert {result["proxy"] for result in results} == {"jump"}
    assert results[0]["msg"] == "Nothing was sent. node1: wrong"
