"""Magic packets on real networks: every way in which they go out, and several hosts in one play."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from wake_desk import Desk
from wake_kit import Networks, packet_of, wake

#: Its fixtures: networks, desk, port, heard.
pytest_plugins = ["wake_fixtures"]
SECUREON = "0a:1b:2c:3d:4e:5f"


@pytest.mark.every_core
def test_a_sleeping_host_is_woken_and_then_left_alone(desk: Desk) -> None:
    packet = desk.host("node")
    here = desk.open()
    run = desk.play(here, [wake("first"), wake("second"), wake("check", task={"check_mode": True})])
    assert run.status == 0, run.output
    first, second = run.result("node", "first"), run.result("node", "second")
    assert (first["outcome"], first["rung"], first["changed"], first["reached"]) == (
        "woken",
        "magic",
        True,
        True,
    )
    assert (first["proxy"], first["verified_from"]) == ("localhost", "localhost")
    assert desk.ways(packet) == {"udp 9", "udp 7"}
    assert first["packets"] == len(desk.heard())
    assert {one["sender"] for one in desk.heard()} == {desk.networks.NEAR}
    assert (second["outcome"], second["changed"], second["packets"]) == ("already_awake", False, 0)
    assert run.result("node", "check")["outcome"] == "already_awake"


def test_a_host_that_was_never_asleep(desk: Desk) -> None:
    desk.host("node", awake=True)
    here = desk.open()
    result = desk.play(here, [wake()]).result("node")
    assert (result["outcome"], result["changed"]) == ("already_awake", False)
    assert desk.heard() == []


def test_check_mode_looks_and_sends_nothing(desk: Desk) -> None:
    desk.host("node", secureon=SECUREON)
    here = desk.open()
    run = desk.play(here, [wake()], "--check", "--diff")
    result = run.result("node")
    assert (run.status, result["outcome"], result["changed"], result["reached"]) == (
        0,
        "planned",
        True,
        False,
    )
    (row,) = result["plan"]["rungs"]
    assert "with its SecureOn password to 10.77.0.255 (UDP ports 9 and 7)" in row["does"]
    assert result["diff"] == {"before": {"reached": False}, "after": {"reached": True}}
    assert desk.heard() == []
    assert SECUREON not in run.output


def test_a_named_interface_sends_frames_too(desk: Desk) -> None:
    packet = desk.host("deaf", hears=["frame"])
    here = desk.open()
    run = desk.play(here, [wake(interface=Networks.NEAR_INTERFACE, broadcast="255.255.255.255")])
    assert run.result("deaf")["outcome"] == "woken", run.output
    assert desk.ways(packet) == {"udp 9", "udp 7", "frame"}
    assert {one["to"] for one in desk.heard() if one["how"] == "frame"} == {"ff" * 6}


def test_an_interface_of_the_wrong_network(desk: Desk) -> None:
    desk.host("node")
    here = desk.open()
    run = desk.play(here, [wake(interface="to-far", timeout=3)])
    assert run.result("node")["outcome"] == "not_reached"
    assert desk.heard() == []


def test_a_wrong_address_wakes_nobody(desk: Desk) -> None:
    desk.host("node")
    here = desk.open()
    result = desk.play(here, [wake(mac="52:54:00:99:99:99", timeout=3)]).result("node")
    assert (result["outcome"], result["changed"], result["reached"]) == ("not_reached", True, False)
    assert result["msg"].startswith("node was NOT reached within ")
    assert "packets from localhost for 52:54:00:99:99:99 to 10.77.0.255 (UDP ports 9 and 7)" in result["msg"]
    assert "connection refused" in result["msg"]
    assert len(desk.heard()) == result["packets"]


def test_one_of_several_cards_is_enough(desk: Desk) -> None:
    packet = desk.host("node")
    own = desk.variables["node"]["pm_mac"]
    desk.variables["node"]["pm_mac"] = ["5254.0099.9999", own.upper().replace(":", "-")]
    here = desk.open()
    assert desk.play(here, [wake()]).result("node")["outcome"] == "woken"
    assert desk.ways(packet_of("52:54:00:99:99:99")) == desk.ways(packet) == {"udp 9", "udp 7"}


def test_three_hosts_in_one_play(desk: Desk) -> None:
    packets = [desk.host(name) for name in ("node1", "node2")]
    desk.host("awake", awake=True)
    here = desk.open()
    run = desk.play(here, [wake(stagger=0.5)], "--forks", "3")
    assert run.status == 0, run.output
    outcomes = {name: run.result(name)["outcome"] for name in desk.variables}
    assert outcomes == {"node1": "woken", "node2": "woken", "awake": "already_awake"}
    assert [run.result(name)["turn"] for name in desk.variables] == [0, 3.5, 4.0]
    # each host's first packet
    order = [one["payload"] for one in desk.heard()]
    assert [packet for packet in dict.fromkeys(order) if packet in packets] == packets


def test_a_turn_that_cannot_come_is_refused(desk: Desk) -> None:
    for name in ("node1", "node2", "node3"):
        desk.host(name)
    here = desk.open()
    run = desk.play(here, [wake(stagger=1, timeout=15)], "--forks", "3", "--limit", "node1:node3")
    assert (run.result("node1")["outcome"], run.result("node3")["outcome"]) == ("woken", "woken")
    assert run.result("node3")["turn"] == 3 + 1, "its place among those that are woken now"
    run = desk.play(here, [wake(stagger=5, timeout=5)], "--forks", "3")
    assert run.result("node1")["outcome"] == "already_awake"
    refused = run.result("node2")
    assert (refused["outcome"], refused["changed"]) == ("refused", False)
    assert (
        "its turn comes 8 s after the start (its place in the batch by a stagger of 5 s), while timeout is 5 s"
        in (refused["msg"])
    )
    assert run.result("node3")["outcome"] == "already_awake", "whoever is awake needs no turn"
