"""NMI: the first chassis agent that accepts; it proves nothing, and it is never sent twice."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._fencing import errors
from devices import DEAD, HANGS, NO_ENTRY, Behaviour, faulty
from world import World, chassis, feed, host_of, run

LOST = faulty("nmi", errors.Unreachable, acts=True)


@pytest.mark.parametrize(
    ("how", "sent", "outcome"),
    [
        ({}, ["bmc nmi"], "nmi_sent"),
        ({"bmc": NO_ENTRY}, ["ilo nmi"], "nmi_sent"),
        ({"bmc": DEAD}, ["ilo nmi"], "nmi_sent"),
        ({"bmc": faulty("nmi", errors.Rejected)}, ["bmc nmi", "ilo nmi"], "nmi_sent"),
        ({"bmc": faulty("nmi", errors.Busy, times=1)}, ["bmc nmi", "bmc nmi"], "nmi_sent"),
        ({"bmc": HANGS}, ["ilo nmi"], "nmi_sent"),
        ({"bmc": LOST}, ["bmc nmi"], "indeterminate"),
        ({"bmc": faulty("nmi", None)}, ["bmc nmi"], "indeterminate"),
        ({"bmc": NO_ENTRY, "ilo": NO_ENTRY}, [], "indeterminate"),
    ],
    ids=["first", "no entry", "dead", "rejected", "busy", "hangs at login", "answer lost", "hangs", "none"],
)
def test_nmi(how: dict[str, Behaviour], sent: list[str], outcome: str) -> None:
    world = World(host_of(feed("a", actions="on off nmi"), chassis(), chassis("ilo", 2)), how)
    _unused, result = run(world.host, world, action="nmi")
    assert (world.sent(), result["outcome"], result["failed"]) == (sent, outcome, outcome != "nmi_sent")
    assert (result["power"], result["fenced"], result["left_off"]) == ("unknown", False, [])
    assert result["changed"] is (outcome == "nmi_sent" or bool(sent))


def test_an_agent_that_cannot_is_left_out() -> None:
    world = World(host_of(chassis(actions="on off"), chassis("ilo", 2)))
    assert run(world.host, world, action="nmi")[1]["outcome"] == "nmi_sent"
    assert world.sent() == ["ilo nmi"]


def test_a_failure_names_the_agent() -> None:
    world = World(host_of(chassis()), {"bmc": faulty("nmi", errors.Rejected)})
    assert (
        "node7: pm_agents[0] 'bmc' (bmc.example): nmi: rejected"
        in run(world.host, world, action="nmi")[1]["msg"]
    )
