"""The ladder in virtual time: the turns of a batch, when nobody looks, and in check mode."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._wake.ladder import BLIND_ROUNDS
from ansible_collections.hostpm.power.plugins.module_utils._wake.model import turn_of
from hypothesis import given, settings
from hypothesis import strategies as st
from wake_world import ALL, Climbed, World


class TestTurns:
    """A stagger keeps the hosts of a batch apart."""

    def test_a_host_waits_for_its_turn(self) -> None:
        done = Climbed(World(after_packet=1), turn=40.0, stagger=20.0, timeout=300.0)
        assert done.world.times("sent") == [40]
        assert (done.result["turn"], done.result["rungs"][0]["at"]) == (40, 40)

    def test_an_awake_host_does_not_wait(self) -> None:
        done = Climbed(World(up_at=0), turn=400.0, stagger=20.0, timeout=300.0)
        assert (done.word, done.took) == ("already_awake", 0)

    def test_one_that_comes_up_meanwhile_is_sent_nothing(self) -> None:
        done = Climbed(World(up_at=30), turn=40.0, stagger=20.0)
        assert (done.word, done.took, done.result["packets"]) == ("already_awake", 30, 0)
        assert done.states() == {"magic": "not_needed"}

    def test_its_own_alarm_needs_no_turn(self) -> None:
        done = Climbed(World(up_at=12), rungs=("rtc", "magic"), due=10.0, turn=40.0, stagger=20.0)
        assert (done.word, done.result["rung"]) == ("woken", "rtc")

    def test_an_alarm_that_worked_while_the_turn_was_waited_for(self) -> None:
        done = Climbed(World(up_at=90), rungs=("rtc", "magic"), due=10.0, turn=100.0, timeout=120.0)
        assert (done.word, done.result["rung"], done.result["packets"]) == ("woken", "rtc", 0)

    @pytest.mark.parametrize("turn", [60.0, 61.0])
    def test_a_turn_that_does_not_come_is_refused_with_the_numbers(self, turn: float) -> None:
        done = Climbed(World(), turn=turn, stagger=20.0, timeout=60.0)
        assert (done.word, done.result["failed"], done.result["changed"]) == ("refused", True, False)
        assert done.result["msg"] == (
            f"node1: nothing was sent. node1 was not reached, and its turn comes {turn:g} s after the start (its place "
            "in the batch by a stagger of 20 s), while timeout is 60 s. Give a greater timeout or a smaller stagger, "
            "or wake fewer hosts at once (serial)."
        )
        assert done.world.times("sent") == []

    def test_whoever_only_waits_for_its_alarm_has_no_turn(self) -> None:
        done = Climbed(World(up_at=12), rungs=("rtc",), due=10.0, turn=400.0, timeout=300.0)
        assert done.word == "woken"

    @settings(max_examples=60)
    @given(
        st.integers(1, 20),
        st.floats(0.5, 30),
        st.floats(60, 900),
        st.lists(st.booleans(), min_size=20, max_size=20),
    )
    def test_no_two_hosts_are_powered_up_closer_than_the_stagger(
        self, hosts: int, stagger: float, timeout: float, silent: list[bool]
    ) -> None:
        first_packets = []
        for place in range(hosts):
            turn = turn_of(place, stagger, looks=True)
            world = World(after_packet=0, silent=silent[place])
            done = Climbed(world, turn=turn, stagger=stagger, timeout=timeout)
            assert (done.word == "refused") == (turn >= timeout)
            first_packets += done.world.times("sent")[:1]
        gaps = [later - earlier for earlier, later in zip(first_packets, first_packets[1:])]
        assert all(gap >= stagger - 1e-5 for gap in gaps)


class TestNobodyLooks:
    """With reach: none."""

    def test_packets_are_sent_three_times(self) -> None:
        done = Climbed(World(), target=None, interval=5.0)
        assert (done.word, done.result["failed"], done.result["reached"]) == ("unverified", False, False)
        assert done.world.log == [(5.0 * number, "sent") for number in range(BLIND_ROUNDS)]
        assert done.states() == {"magic": "done"}
        assert done.result["warnings"] == [
            "node1: it was not seen whether the host woke up. Use reach: ssh or reach: tcp where it can be."
        ]
        assert done.result["msg"].endswith("every 5 s. Nobody looked whether it woke up (reach: none).")

    def test_every_rung_is_used_once(self) -> None:
        done = Climbed(World(), target=None, rungs=ALL, due=10.0, interval=1.0)
        assert done.states() == dict.fromkeys(ALL, "done")
        assert done.world.times("sent")[0] == 10
        assert done.took == 14

    def test_nothing_could_be_sent(self) -> None:
        done = Climbed(World(send_fails="there is no interface 'eth9'"), target=None)
        assert (done.word, done.result["failed"]) == ("not_reached", True)
        assert "nobody looked" in done.result["msg"]


class TestCheckMode:
    """It is looked, and nothing is sent."""

    def test_a_host_that_is_down(self) -> None:
        done = Climbed(World(), check=True, rungs=ALL, due=30.0, timeout=300.0, turn=60.0)
        assert (done.word, done.result["changed"], done.world.log) == ("planned", True, [(0, "look")])
        plan = done.result["plan"]
        assert [(row["rung"], row["begins"], row["at_most"]) for row in plan["rungs"]] == [
            ("rtc", 30, 90),
            ("magic", 120, 90),
            ("agent", 210, 90),
        ]
        assert plan["rungs"][2]["does"] == "switches the host on by bmc"
        assert plan["looks"] == "for ssh at 192.0.2.11 port 22, from localhost"
        assert done.result["diff"] == {"before": {"reached": False}, "after": {"reached": True}}

    def test_a_host_that_is_awake(self) -> None:
        done = Climbed(World(up_at=0), check=True)
        assert (done.word, done.result["changed"]) == ("already_awake", False)

    def test_a_turn_that_does_not_come(self) -> None:
        done = Climbed(World(), check=True, turn=300.0, stagger=1.0)
        assert (done.word, "plan" in done.result) == ("refused", False)

    def test_all_results_have_one_shape(self) -> None:
        shapes = [
            set(Climbed(World(**world), **more).result) - {"plan"}
            for world, more in [
                ({}, {"check": True}),
                ({"up_at": 0}, {}),
                ({}, {"timeout": 5.0}),
                ({}, {"target": None}),
                ({}, {"turn": 999.0}),
            ]
        ]
        assert all(shape == shapes[0] for shape in shapes)
