"""An outlet, and a state that can be read late."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from lab_kit import HandClock
from pm_lab.supply import CYCLE_TIME, Feed, Outlet, Trace


def test_a_cycle_is_off_and_then_on():
    clock = HandClock()
    outlet = Outlet(clock)
    outlet.act("cycle")
    assert not outlet.on
    clock.turn(CYCLE_TIME)
    assert outlet.on


def test_an_off_ends_a_cycle():
    clock = HandClock()
    outlet = Outlet(clock)
    outlet.act("cycle")
    outlet.act("off")
    clock.turn(CYCLE_TIME)
    assert not outlet.on


def test_an_outlet_that_is_off_cannot_cycle():
    clock = HandClock()
    outlet = Outlet(clock, on=False)
    assert not outlet.can("cycle")
    outlet.act("cycle")
    clock.turn(CYCLE_TIME)
    assert not outlet.on


def test_a_feed_tells_its_changes_only():
    outlet = Outlet(HandClock())
    feed = Feed("a", outlet)
    seen: list[bool] = []
    feed.on_change = lambda changed: seen.append(changed.live)
    for action in ("on", "off", "off", "on"):
        outlet.act(action)
    feed.plug(False)
    outlet.act("off")
    feed.plug(True)
    assert seen == [False, True, False]


def test_a_state_can_be_read_late():
    clock = HandClock()
    trace = Trace(clock, True)
    clock.turn(5.0)
    trace.set(False)
    clock.turn(2.0)
    assert not trace.ago(0.0)
    assert not trace.ago(2.0)
    assert trace.ago(2.1)
    assert trace.ago(100.0)
