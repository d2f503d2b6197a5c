"""The orderly shutdown: asked for once, of an agent just read on, and the hard off always follows."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._fencing import errors
from ansible_collections.hostpm.power.plugins.module_utils._fencing.model import Power, Reading
from devices import DEAD, STUCK, Behaviour, faulty
from world import World, chassis, feed, host_of, run

POLITE = Behaviour(soft_takes=5.0)


@pytest.mark.parametrize("action", ["off", "restart"])
@pytest.mark.parametrize(
    ("how", "hard_after"),
    [
        (POLITE, 6.0),
        (Behaviour(), 20.0),
        (faulty("soft", errors.Rejected), 20.0),
        (faulty("soft", errors.Unreachable), 20.0),
        (faulty("soft", None), 20.0),
    ],
    ids=["obeys", "ignores", "rejects", "answer lost", "hangs"],
)
def test_the_hard_off_follows_whatever_comes_of_the_request(
    how: Behaviour, hard_after: float, action: str
) -> None:
    world = World(host_of(chassis()), {"bmc": how})
    _unused, result = run(world.host, world, action=action, soft_timeout=20.0)
    assert result["outcome"] == ("off_verified" if action == "off" else "restarted")
    assert world.sent("soft", "off") == ["bmc soft", "bmc off"]
    soft, hard = world.of("soft")[0], world.of("off")[0]
    assert hard.start - soft.start == pytest.approx(hard_after, abs=1.5)


def test_no_request_without_time_for_it() -> None:
    world = World(host_of(chassis()))
    run(world.host, world, action="off")
    assert world.sent() == ["bmc off"]


def test_no_request_to_a_host_that_is_off() -> None:
    world = World(host_of(chassis()), on=False)
    assert run(world.host, world, action="off", soft_timeout=20.0)[1]["outcome"] == "already_off"
    assert world.sent() == []


@pytest.mark.parametrize(
    ("first", "asked"), [(DEAD, ["ilo soft"]), (STUCK, ["bmc soft"])], ids=["dead", "stuck"]
)
def test_one_request_in_an_operation(first: Behaviour, asked: list[str]) -> None:
    world = World(host_of(chassis(), chassis("ilo", 2)), {"bmc": first})
    assert run(world.host, world, action="off", soft_timeout=10.0)[1]["outcome"] == "off_verified"
    assert world.sent("soft") == asked


def test_one_agent_of_a_level_is_asked_and_all_are_cut() -> None:
    world = World(host_of(chassis(), chassis("ilo"), feed("a")))
    run(world.host, world, action="off", soft_timeout=10.0)
    assert world.sent() == ["bmc soft", "bmc off", "ilo off", "a off"]


def test_supplies_are_cut_also_after_an_orderly_shutdown() -> None:
    world = World(host_of(chassis(), feed("a")), {"bmc": POLITE})
    assert run(world.host, world, action="off", soft_timeout=10.0)[1]["outcome"] == "off_verified"
    assert world.sent() == ["bmc soft", "bmc off", "a off"]


def test_the_request_comes_on_top_of_the_levels_share() -> None:
    world = World(host_of(chassis(), chassis("ilo", 2)), {"bmc": STUCK})
    _unused, result = run(world.host, world, action="off", soft_timeout=60.0, timeout=120.0)
    second = world.of("open", "ilo")[0].start - world.started
    assert (result["outcome"], second) == ("off_verified", pytest.approx(90.0, abs=1.5))


@pytest.mark.parametrize("power", [Power.ASLEEP, Power.UNKNOWN])
def test_an_agent_that_was_not_read_on_is_not_asked(power: Power) -> None:
    world = World(host_of(chassis()), {"bmc": Behaviour(says=Reading(power))})
    run(world.host, world, action="off", soft_timeout=10.0)
    assert world.sent() == ["bmc off"]


def test_an_agent_without_the_action_is_not_asked() -> None:
    world = World(host_of(chassis(actions="on off")))
    run(world.host, world, action="off", soft_timeout=10.0)
    assert world.sent() == ["bmc off"]
