"""A host and its BMC as feeds come and go, under a clock that is turned by hand."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from lab_kit import HandClock
from pm_lab.physics import Bmc, Habits, Host
from pm_lab.supply import CYCLE_TIME, Feed, Outlet


class Rig:
    """A host with feeds a and b."""

    def __init__(
        self, feeds: str = "ab", own_supply: bool = False, bmc_boot: float = 0.0, **habits: object
    ) -> None:
        self.clock = HandClock()
        self.told: list[tuple[str, str]] = []
        self.outlets = {name: Outlet(self.clock) for name in feeds}
        self.feeds = {name: Feed(name, outlet) for name, outlet in self.outlets.items()}
        self.bmc = Bmc(self.clock, self._tell, own_supply, bmc_boot)
        self.host = Host(self.clock, self._tell, Habits(**habits), list(self.feeds.values()), self.bmc)

    def _tell(self, agent: str, what: str) -> None:
        self.told.append((agent, what))

    def switch(self, names: str, action: str) -> None:
        for name in names:
            self.outlets[name].act(action)


def test_one_feed_off_and_the_host_survives():
    rig = Rig()
    rig.switch("a", "off")
    assert rig.host.state == "running"
    assert rig.told == [("feed-a", "dead")]


def test_both_feeds_off_and_it_dies_at_once_with_its_bmc():
    rig = Rig()
    rig.switch("ab", "off")
    assert rig.host.state == "dark"
    assert not rig.bmc.alive
    assert rig.told[1:] == [("feed-b", "dead"), ("", "dark"), ("bmc", "off"), ("bmc", "dead")]


def test_feeds_cycled_one_after_the_other_never_take_it_down():
    rig = Rig()
    for name in "ab":
        rig.switch(name, "cycle")
        rig.clock.turn(CYCLE_TIME)
    assert all(feed.live for feed in rig.feeds.values())
    assert ("", "dark") not in rig.told


def test_feeds_cycled_together_take_it_down_until_they_return():
    rig = Rig()
    rig.switch("ab", "cycle")
    assert rig.host.state == "dark"
    rig.clock.turn(CYCLE_TIME)
    assert rig.host.state == "running"


@pytest.mark.parametrize(
    ("policy", "was_on", "comes_back"),
    [
        ("always", True, True),
        ("always", False, True),
        ("last", True, True),
        ("last", False, False),
        ("never", True, False),
        ("never", False, False),
    ],
)
def test_the_restore_policy_decides_when_power_returns(policy, was_on, comes_back):
    rig = Rig(restore_policy=policy, power=was_on)
    rig.switch("ab", "off")
    rig.switch("b", "on")
    assert (rig.host.state == "running") is comes_back


def test_the_second_feed_to_return_changes_nothing():
    rig = Rig(restore_policy="always")
    rig.switch("ab", "off")
    rig.switch("a", "on")
    rig.host.act("off")
    rig.switch("b", "on")
    assert rig.host.state == "dark"


def test_a_bmc_boots_after_the_first_feed_returned():
    rig = Rig(bmc_boot=30.0)
    rig.switch("ab", "off")
    rig.switch("a", "on")
    rig.clock.turn(29.9)
    assert not rig.bmc.alive
    rig.clock.turn(0.1)
    assert rig.bmc.alive


def test_a_bmc_that_loses_power_while_it_boots_starts_again():
    rig = Rig(bmc_boot=30.0)
    rig.switch("ab", "off")
    rig.switch("a", "on")
    rig.clock.turn(20.0)
    rig.switch("a", "off")
    rig.clock.turn(20.0)
    assert not rig.bmc.alive
    rig.switch("a", "on")
    rig.clock.turn(30.0)
    assert rig.bmc.alive


def test_a_bmc_with_its_own_supply_reads_off_and_cannot_switch_on_without_feeds():
    rig = Rig(own_supply=True)
    rig.switch("ab", "off")
    assert rig.bmc.alive
    assert not rig.host.reads()
    assert not rig.host.can("on")
    assert rig.host.power_failed


def test_an_off_in_the_dark_is_what_last_goes_back_to():
    rig = Rig(own_supply=True)
    rig.switch("ab", "off")
    rig.host.act("off")
    rig.switch("ab", "on")
    assert rig.host.state == "dark"


def test_a_shared_outlet_takes_two_hosts_down():
    clock = HandClock()
    outlet = Outlet(clock)
    hosts = [Host(clock, lambda agent, what: None, Habits(), [Feed("a", outlet)]) for _each in range(2)]
    outlet.act("off")
    assert [host.state for host in hosts] == ["dark", "dark"]


def test_a_pulled_plug_is_not_seen_by_its_outlet():
    rig = Rig(feeds="a")
    rig.feeds["a"].plug(False)
    assert rig.host.state == "dark"
    assert rig.outlets["a"].reads()
    rig.feeds["a"].plug(True)
    assert rig.host.state == "running"


def test_a_plug_in_a_dead_outlet_brings_nothing():
    rig = Rig(feeds="a")
    rig.feeds["a"].plug(False)
    rig.switch("a", "off")
    rig.feeds["a"].plug(True)
    assert rig.host.state == "dark"


def test_a_host_without_feeds_always_has_supply():
    rig = Rig(feeds="")
    rig.host.act("off")
    assert rig.host.state == "dark"
    rig.host.act("on")
    assert rig.host.state == "running"
    assert rig.host.commanded_on


def test_the_chassis_reads_on_at_once_while_the_host_boots():
    rig = Rig(power=False, boot_time=60.0)
    rig.host.act("on")
    assert rig.host.reads()
    assert rig.host.state == "booting"
    rig.clock.turn(60.0)
    assert rig.host.state == "running"


def test_an_off_ends_the_boot():
    rig = Rig(power=False, boot_time=60.0)
    rig.host.act("on")
    rig.host.act("off")
    rig.clock.turn(60.0)
    assert rig.host.state == "dark"


def test_a_sleeping_host_reads_off_and_a_power_on_wakes_it():
    rig = Rig(boot_time=60.0)
    assert rig.host.sleep()
    assert not rig.host.reads()
    rig.host.act("on")
    assert rig.host.state == "running"


def test_a_hard_off_ends_sleep():
    rig = Rig()
    rig.host.sleep()
    rig.host.act("off")
    assert rig.host.state == "dark"
    assert not rig.host.wake()


def test_losing_all_feeds_loses_sleep():
    rig = Rig(restore_policy="never")
    rig.host.sleep()
    rig.switch("ab", "off")
    rig.switch("ab", "on")
    assert rig.host.state == "dark"


def test_only_a_running_host_goes_to_sleep():
    assert not Rig(power=False).host.sleep()


def test_an_orderly_shutdown_takes_its_time():
    rig = Rig(shutdown_time=20.0)
    rig.host.act("soft")
    rig.clock.turn(19.9)
    assert rig.host.state == "running"
    rig.clock.turn(0.1)
    assert rig.host.state == "dark"


@pytest.mark.parametrize("action", ["cycle", "reset", "nmi", "soft"])
def test_an_off_host_cannot(action):
    rig = Rig(power=False)
    assert not rig.host.can(action)
    rig.host.act(action)
    rig.clock.turn(CYCLE_TIME)
    assert rig.host.state == "dark"


def test_a_cycle_is_off_and_then_on():
    rig = Rig()
    rig.host.act("cycle")
    assert rig.host.state == "dark"
    rig.clock.turn(CYCLE_TIME)
    assert rig.host.state == "running"


def test_a_reset_boots_again_without_reading_off():
    rig = Rig(boot_time=60.0)
    rig.host.act("reset")
    assert rig.host.state == "booting"
    assert ("bmc", "off") not in rig.told
