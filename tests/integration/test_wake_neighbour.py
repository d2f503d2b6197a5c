"""Waking through a neighbour, from behind a router that no broadcast passes."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from play_kit import Variables
from wake_desk import Desk
from wake_kit import wake

#: Its fixtures: networks, desk, port, heard.
pytest_plugins = ["wake_fixtures"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"interface": "eth9"}, "there is no interface 'eth9'. Name one of lo, to-far, to-hosts."),
        # the neighbour has no default route
        (
            {"broadcast": "255.255.255.255"},
            "was not sent: Network is unreachable. There is no route to it: name the interf",
        ),
    ],
)
@pytest.mark.parametrize("proxy", ["", "neighbour"])
def test_what_cannot_be_sent_is_told_at_once(desk: Desk, options: Variables, says: str, proxy: str) -> None:
    desk.host("node")
    here = desk.open()
    task = wake(timeout=86400, task={"delegate_to": proxy} if proxy else {}, **options)
    result = desk.play(here, [task], where="far" if proxy else "near").result("node")
    assert (result["outcome"], result["changed"], result["packets"]) == ("not_reached", False, 0)
    assert f"Nothing was sent. Tried: magic: nothing was sent from {proxy or 'localhost'}: " in result["msg"]
    assert says in result["msg"]


@pytest.mark.every_core
def test_a_neighbour_wakes_what_cannot_be_woken_from_afar(desk: Desk) -> None:
    packet = desk.host("node")
    here = desk.open()
    run = desk.play(
        here,
        [
            wake("direct", timeout=3, task={"ignore_errors": True}),
            wake("neighbour", task={"delegate_to": "neighbour"}),
        ],
        where="far",
    )
    direct, through = run.result("node", "direct"), run.result("node", "neighbour")
    assert (direct["outcome"], direct["changed"]) == ("not_reached", True)
    assert (
        "whether the controller is in the network of its card (delegate_to names another sender)"
        in direct["msg"]
    )
    assert (through["outcome"], through["proxy"], through["verified_from"]) == (
        "woken",
        "neighbour",
        "localhost",
    )
    assert " from neighbour." in through["msg"]
    assert "ansible_facts" not in through
    own = {key for key in direct if not key.startswith("_")} - {"exception"}  # core's, of a failure
    assert {key for key in through if not key.startswith("_")} == own
    assert {one["sender"] for one in desk.heard()} == {desk.networks.NEAR}
    assert desk.ways(packet) == {"udp 9", "udp 7"}


def test_a_neighbour_looks_as_well(desk: Desk) -> None:
    desk.host("node")
    here = desk.open()
    via = {"delegate_to": "neighbour"}
    run = desk.play(
        here,
        [
            wake("check", verify_from="proxy", task={**via, "check_mode": True, "diff": True}),
            wake("wake", verify_from="proxy", task=via),
            wake("again", verify_from="proxy", task=via),
        ],
        where="far",
    )
    assert run.status == 0, run.output
    outcomes = [run.result("node", name)["outcome"] for name in ("check", "wake", "again")]
    assert outcomes == ["planned", "woken", "already_awake"]
    for name in ("check", "wake", "again"):
        result = run.result("node", name)
        assert (result["proxy"], result["verified_from"]) == ("neighbour", "neighbour")
        assert "ansible_facts" not in result
    assert run.result("node", "check")["plan"]["looks"].endswith(", from neighbour")
    assert run.result("node", "wake")["changed"]


def test_a_neighbour_that_is_down_is_not_the_hosts_fault(desk: Desk) -> None:
    desk.host("node")
    here = desk.open()
    # core finds no ssh server at this port of loopback (see DOWN)
    here.write_inventory({**desk.variables, "neighbour": {}})
    tasks = [
        wake("send", task={"delegate_to": "neighbour", "ignore_errors": True}),
        wake("all", verify_from="proxy", task={"delegate_to": "neighbour", "ignore_errors": True}),
        wake("direct"),
    ]
    run = desk.play(here, tasks)
    send, everything = run.result("node", "send"), run.result("node", "all")
    assert not [record for record in run.records if record["status"] == "unreachable"]
    assert (send["outcome"], send["changed"]) == ("not_reached", False)
    assert "nothing was sent from neighbour: the proxy neighbour gave no result: " in send["msg"]
    assert (everything["outcome"], everything["changed"]) == ("not_reached", True)
    assert everything["msg"].startswith("node: the proxy neighbour gave no result: ")
    assert run.result("node", "direct")["outcome"] == "woken"


def test_the_host_itself_is_no_neighbour(desk: Desk) -> None:
    desk.host("node")
    here = desk.open()
    result = desk.play(here, [wake(task={"delegate_to": "node"})]).result("node")
    assert (result["outcome"], result["changed"]) == ("refused", False)
    assert "node: node is the host itself. Wake it from another host." in result["msg"]
