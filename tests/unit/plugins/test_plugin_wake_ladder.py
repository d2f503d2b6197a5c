"""The ladder in virtual time: order, shares, repeats, what is believed to have worked, and what is said."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._wake.ladder import PAUSE, Ladder
from ansible_collections.hostpm.power.plugins.module_utils._wake.model import LOOK, Packets, Said, Wake
from ansible_collections.hostpm.power.plugins.module_utils._wake.report import interruption
from wake_world import ALL, PACKETS, TARGET, Climbed, World


def test_a_host_that_is_awake_is_sent_nothing() -> None:
    done = Climbed(World(up_at=0), rungs=ALL, due=10.0)
    assert (done.word, done.result["changed"], done.result["reached"]) == ("already_awake", False, True)
    assert done.world.log == [(0, "look")]
    assert done.states() == dict.fromkeys(ALL, "not_needed")
    assert done.result["msg"] == "node1 is awake: ssh answered at 192.0.2.11 port 22; nothing was sent."
    assert done.result["diff"] == {"before": {"reached": True}, "after": {"reached": True}}


def test_packets_are_sent_until_it_is_reached_and_no_longer() -> None:
    done = Climbed(World(after_packet=12), interval=5.0)
    assert (done.word, done.result["rung"], done.result["changed"]) == ("woken", "magic", True)
    assert done.world.times("sent") == [0, 5, 10]
    assert done.result["packets"] == 6
    assert 12 <= done.took <= 12 + PAUSE
    assert done.result["msg"] == (
        "node1 was reached: ssh answered at 192.0.2.11 port 22 12.0 s after the first magic packet, 6 packets from "
        "localhost."
    )
    assert done.result["diff"] == {"before": {"reached": False}, "after": {"reached": True}}


def test_a_packet_that_got_lost_is_made_good_by_the_next() -> None:
    done = Climbed(World(after_packet=3, first_packet_that_counts=4), interval=5.0)
    assert (done.word, len(done.world.times("sent"))) == ("woken", 4)


def test_a_host_that_is_silent_is_looked_at_before_anything_is_sent() -> None:
    done = Climbed(World(after_packet=1, silent=True), interval=5.0)
    assert done.world.times("sent")[0] == LOOK
    assert done.word == "woken"


def test_it_ends_when_its_time_is_over() -> None:
    done = Climbed(World(), timeout=60.0, interval=7.0)
    assert (done.word, done.took, done.result["failed"]) == ("not_reached", 60, True)
    assert done.world.times("sent") == [7 * number for number in range(9)]
    assert done.states() == {"magic": "no_answer"}
    message = done.result["msg"]
    assert message.startswith(
        "node1 was NOT reached within 60.0 s (ssh at 192.0.2.11 port 22, looked for from localhost: connection "
        "refused). Tried: magic: 18 packets from localhost for 52:54:00:12:34:56 to 255.255.255.255 (UDP ports 9 and "
        "7), every 7 s. Look at: "
    )
    assert "'Wake-on: g'" in message
    assert "whether the controller is in the network of its card" in message
    assert "what its BMC reads" in message


def test_the_rungs_share_the_time() -> None:
    done = Climbed(World(), rungs=ALL, due=30.0, timeout=300.0, interval=10.0)
    rows = {rung["rung"]: rung for rung in done.result["rungs"]}
    # 30 s until the alarm, a third of the 270 s after it; half of what is left; the rest
    assert [rows[rung]["at"] for rung in ALL] == [0, 120, 210]
    assert [rows[rung]["elapsed"] for rung in ALL] == [120, 90, 90]
    assert done.took == 300
    assert done.states() == dict.fromkeys(ALL, "no_answer")
    assert "rtc: its own alarm was due 30.0 s after the start; magic: " in done.result["msg"]
    assert "; agent: node1 is on. Look at: " in done.result["msg"]


def test_its_own_alarm_is_waited_for_and_nothing_is_sent() -> None:
    done = Climbed(World(up_at=31.5), rungs=ALL, due=30.0)
    assert (done.word, done.result["rung"], done.result["changed"]) == ("woken", "rtc", False)
    assert done.result["msg"] == (
        "node1 was reached: ssh answered at 192.0.2.11 port 22 1.5 s after its own alarm was due; nothing was sent."
    )
    assert done.states() == {"rtc": "worked", "magic": "not_needed", "agent": "not_needed"}


def test_its_own_alarm_may_come_a_little_early_by_our_clock() -> None:
    done = Climbed(World(up_at=27), rungs=ALL, due=30.0)
    assert (done.word, done.result["rung"]) == ("woken", "rtc")
    assert "3.0 s before its own alarm was due" in done.result["msg"]


def test_one_that_is_up_long_before_its_alarm_came_up_by_itself() -> None:
    done = Climbed(World(up_at=20), rungs=ALL, due=30.0)
    assert (done.word, done.result["rung"], done.result["changed"]) == ("already_awake", "", False)
    assert done.states() == dict.fromkeys(ALL, "not_needed")
    assert "node1 came up by itself" in done.result["msg"]


def test_an_alarm_that_was_due_before() -> None:
    done = Climbed(World(after_packet=1), rungs=("rtc", "magic"), due=-60.0, timeout=100.0)
    assert done.world.times("sent") == [50]
    assert done.result["msg"].endswith(", 2 packets from localhost (before that: rtc).")


def test_the_agents_come_last_and_are_believed_to_have_worked() -> None:
    done = Climbed(World(after_agent=20), rungs=("magic", "agent"), timeout=100.0)
    assert (done.word, done.result["rung"]) == ("woken", "agent")
    assert done.states() == {"magic": "no_answer", "agent": "worked"}
    assert done.result["msg"] == (
        "node1 was reached: ssh answered at 192.0.2.11 port 22 20.0 s after its agents were asked to switch it on: "
        "node1 is on (before that: magic)."
    )


def test_the_order_is_the_users() -> None:
    done = Climbed(World(), rungs=("agent", "magic"), timeout=100.0)
    assert done.world.times("agent") == [0]
    assert done.world.times("sent")[0] == 50


def test_agents_that_need_do_nothing_did_not_wake_it() -> None:
    done = Climbed(World(up_at=70, agent_acts=False), rungs=("magic", "agent"), timeout=100.0)
    assert (done.word, done.result["rung"]) == ("woken", "magic"), "the packets are the last that was sent"
    alone = Climbed(World(up_at=70, agent_acts=False), rungs=("agent",), timeout=100.0)
    assert (alone.word, alone.result["rung"], alone.result["changed"]) == ("already_awake", "", False)
    assert alone.result["msg"] == (
        "node1 came up by itself: ssh answered at 192.0.2.11 port 22 70.0 s after the start; nothing was sent."
    )


def test_it_is_reached_while_the_agents_still_work() -> None:
    done = Climbed(World(after_agent=5, agent_takes=40), rungs=("agent",), timeout=100.0)
    assert (done.word, done.result["rung"], done.took) == ("woken", "agent", 5)


def test_agents_that_can_do_nothing_leave_their_time_to_the_packets() -> None:
    refused = Said(True, "the password is wrong.")
    world = World(
        after_packet=0, first_packet_that_counts=15, agent_acts=False, agent_says=refused, agent_takes=1
    )
    done = Climbed(world, rungs=("magic", "agent"), timeout=100.0, interval=5.0)
    assert (done.word, done.result["rung"]) == ("woken", "magic")
    assert done.world.times("agent") == [50]
    assert done.world.times("sent")[10:] == [51, 56, 61, 66, 71]
    assert done.states() == {"magic": "worked", "agent": "failed"}
    assert done.result["warnings"] == ["node1: agent from localhost did not work: the password is wrong."]


def test_an_alarm_may_still_work_when_all_else_could_do_nothing() -> None:
    world = World(up_at=80, send_fails="there is no interface 'eth9'")
    done = Climbed(world, rungs=("rtc", "magic"), due=10.0, timeout=100.0)
    assert (done.word, done.result["rung"], done.result["changed"]) == ("woken", "rtc", False)


def test_what_cannot_be_sent_at_all_ends_at_once() -> None:
    done = Climbed(World(send_fails="there is no interface 'eth9'"), timeout=100.0)
    assert (done.word, done.took, done.result["changed"]) == ("not_reached", 0, False)
    assert done.states() == {"magic": "failed"}
    assert done.result["msg"] == (
        "node1 was NOT reached within 0.0 s (ssh at 192.0.2.11 port 22, looked for from localhost: connection "
        "refused). Nothing was sent. Tried: magic: nothing was sent from localhost: there is no interface 'eth9'. "
        "Look at: what its BMC reads (hostpm.power.pm_fence, action status)."
    )


def test_agents_that_failed_and_may_have_acted_are_waited_for() -> None:
    world = World(after_agent=30, agent_says=Said(True, "the answer was lost."))
    done = Climbed(world, rungs=("agent",), timeout=100.0)
    assert (done.word, done.result["rung"], done.took) == ("woken", "agent", 30)


def test_agents_that_can_do_nothing_end_at_once() -> None:
    world = World(agent_acts=False, agent_says=Said(True, "the password is wrong."), agent_takes=1)
    done = Climbed(world, rungs=("agent",), timeout=100.0)
    assert (done.word, done.took, done.states()) == ("not_reached", 1, {"agent": "failed"})


def test_a_failed_round_after_good_ones_is_tried_again_and_told() -> None:
    world = World(send_fails="the proxy gave no result", fails_from=2)
    done = Climbed(world, timeout=20.0, interval=5.0)
    assert len(world.times("failed")) == 3
    assert (done.word, done.result["packets"]) == ("not_reached", 2)
    assert ", every 5 s; the proxy gave no result. Look at: " in done.result["msg"]


def test_the_password_is_one_more_thing_to_look_at() -> None:
    packets = Packets(PACKETS.macs, b"123456", interface="eth0")
    done = Climbed(World(), packets=packets, timeout=10.0)
    assert (
        "with its SecureOn password to 255.255.255.255 (UDP ports 9 and 7) and as frames, through eth0"
        in done.result["msg"]
    )
    assert "whether the card has this SecureOn password" in done.result["msg"]
    assert b"123456".hex() not in repr(done.result)
    assert "123456" not in repr(packets).replace("525400123456", "")


def test_a_slow_proxy_begins_no_round_that_ends_too_late() -> None:
    done = Climbed(World(send_takes=4.0), timeout=20.0, interval=5.0)
    assert done.world.times("sent") == [4, 13]
    assert done.took == 20


def test_a_cancelled_ladder_sends_nothing_more() -> None:
    world = World()
    ladder = Ladder(
        Wake("node1", ("magic", "agent"), target=TARGET, packets=PACKETS, interval=5.0),
        world,
        world.look,
        world.loop,
    )

    async def cut_off() -> None:
        task = asyncio.ensure_future(ladder.run())
        await world.loop.sleep(12)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await world.loop.sleep(1000)

    world.loop.run_until_complete(cut_off())
    world.loop.close()
    assert world.times("sent") == [0, 5, 10]
    assert world.times("agent") == []
    assert interruption(ladder) == (
        "node1: waking was interrupted, nothing more is sent. Magic packets known to have been sent: 6."
    )
