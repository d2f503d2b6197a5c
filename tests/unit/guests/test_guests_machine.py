"""The power of a guest: what each event makes of it, and what has to be done to its process and its BMC."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pm_guests.machine import Effect, Machine, Refused, State
from pm_guests.magic import Card, Magic

ARMED = Card("g", "enabled")
PACKET = Magic("52:54:00:77:00:01", "", "52:54:00:77:00:02")


def running(**given_: t.Any) -> Machine:
    machine = Machine("ab", **given_)
    assert machine.chassis("on") == [Effect.START]
    return machine


def asleep() -> Machine:
    machine = running()
    machine.card = ARMED
    assert machine.went("SUSPEND") == []
    return machine


def down(to_disk: bool = False) -> Machine:
    machine = running()
    machine.card = ARMED
    if to_disk:
        machine.went("SUSPEND_DISK")
    assert machine.went("SHUTDOWN") == [Effect.QUIT]
    return machine


def dark() -> Machine:
    machine = running()
    machine.feed("a", False, "")
    machine.feed("b", False, "")
    return machine


MAKERS: dict[State, t.Callable[[], Machine]] = {
    State.RUNNING: running,
    State.ASLEEP: asleep,
    State.HIBERNATED: lambda: down(to_disk=True),
    State.OFF: down,
    State.DARK: dark,
}


@pytest.mark.parametrize("state", State)
def test_they_are_made_as_named(state: State) -> None:
    assert MAKERS[state]().state is state


REFUSED = "refused"


@pytest.mark.parametrize(
    ("state", "action", "effects", "after"),
    [
        (State.RUNNING, "on", [], State.RUNNING),
        (State.RUNNING, "off", [Effect.KILL], State.OFF),
        (State.RUNNING, "soft", [Effect.POWER_BUTTON], State.RUNNING),
        (State.RUNNING, "reset", [Effect.RESET], State.RUNNING),
        (State.RUNNING, "nmi", [Effect.NMI], State.RUNNING),
        (State.ASLEEP, "on", [Effect.WAKE], State.ASLEEP),
        (State.ASLEEP, "off", [Effect.KILL], State.OFF),
        (State.ASLEEP, "soft", [Effect.WAKE], State.ASLEEP),
        (State.ASLEEP, "reset", REFUSED, State.ASLEEP),
        (State.HIBERNATED, "on", [Effect.START], State.RUNNING),
        (State.HIBERNATED, "off", [], State.HIBERNATED),
        (State.HIBERNATED, "soft", REFUSED, State.HIBERNATED),
        (State.OFF, "on", [Effect.START], State.RUNNING),
        (State.OFF, "off", [], State.OFF),
        (State.OFF, "nmi", REFUSED, State.OFF),
        (State.DARK, "on", REFUSED, State.DARK),
        (State.DARK, "off", REFUSED, State.DARK),
    ],
)
def test_a_command_of_the_chassis(state: State, action: str, effects: t.Any, after: State) -> None:
    machine = MAKERS[state]()
    if effects == REFUSED:
        with pytest.raises(Refused):
            machine.chassis(action)
    else:
        assert machine.chassis(action) == effects
    assert machine.state is after


def test_one_feed_after_the_other_never_takes_it_down() -> None:
    machine = running()
    for feed in "ab":
        assert machine.feed(feed, False, "") == []
        assert machine.feed(feed, True, "") == []
    assert machine.state is State.RUNNING


@pytest.mark.parametrize(
    ("state", "at_once", "restored", "effects"),
    [
        (State.RUNNING, [Effect.KILL, Effect.BMC_DIES], State.RUNNING, [Effect.BMC_BOOTS, Effect.START]),
        (State.ASLEEP, [Effect.KILL, Effect.BMC_DIES], State.RUNNING, [Effect.BMC_BOOTS, Effect.START]),
        (State.HIBERNATED, [Effect.BMC_DIES], State.HIBERNATED, [Effect.BMC_BOOTS]),
        (State.OFF, [Effect.BMC_DIES], State.OFF, [Effect.BMC_BOOTS]),
    ],
)
def test_the_last_feed_takes_all_with_it_and_the_first_restores_it(
    state: State, at_once: list[Effect], restored: State, effects: list[Effect]
) -> None:
    machine = MAKERS[state]()
    assert machine.feed("b", False, "") == []
    assert machine.feed("a", False, "") == at_once
    assert machine.state is State.DARK
    assert machine.power == "off"
    assert machine.feed("b", True, "") == effects
    assert machine.feed("a", True, "") == []
    assert machine.state is restored


def test_a_bmc_with_a_supply_of_its_own_outlives_the_feeds() -> None:
    machine = running(standby=True)
    machine.feed("a", False, "")
    assert machine.feed("b", False, "") == [Effect.KILL]
    assert machine.feed("b", True, "") == [Effect.START]


@pytest.mark.parametrize(
    ("state", "effects"),
    [(State.ASLEEP, [Effect.WAKE]), (State.HIBERNATED, [Effect.START]), (State.OFF, [Effect.START])],
)
def test_a_magic_packet_wakes_who_went_down_armed(state: State, effects: list[Effect]) -> None:
    machine = MAKERS[state]()
    assert machine.refusal(PACKET) == ""
    assert machine.wake("magic packet") == effects


def test_the_card_counts_as_it_was_when_the_guest_went_down() -> None:
    machine = running()
    machine.card = ARMED
    machine.card = Card("d", "enabled")
    machine.went("SUSPEND")
    assert machine.refusal(PACKET) == "not armed (wol d)"


@pytest.mark.parametrize("cut", ["off", "feeds"])
@pytest.mark.parametrize("state", [State.RUNNING, State.ASLEEP])
def test_what_goes_down_hard_has_armed_nothing(state: State, cut: str) -> None:
    machine = MAKERS[state]()
    if cut == "off":
        machine.chassis("off")
        assert machine.refusal(PACKET) == "went down without arming its card"
    else:
        machine.feed("a", False, "")
        machine.feed("b", False, "")
        assert machine.refusal(PACKET) == "it is dark"
        machine.feed("a", True, "")
        assert machine.refusal(PACKET) == "it is running"


def test_a_packet_for_a_card_without_a_cable_does_nothing() -> None:
    machine = asleep()
    machine.link = False
    assert machine.refusal(PACKET) == "link down"


def test_a_resumed_guest_tells_its_card_only_when_it_changes() -> None:
    hibernated = down(to_disk=True)
    hibernated.wake("rtc alarm")
    assert hibernated.card == ARMED
    booted = down()
    booted.wake("rtc alarm")
    assert booted.card == Card()


def test_a_sleep_to_disk_is_forgotten_by_the_next_boot() -> None:
    machine = down(to_disk=True)
    machine.chassis("on")
    machine.went("SHUTDOWN")
    assert machine.state is State.OFF


def test_fresh_disks_hold_no_sleep() -> None:
    machine = down(to_disk=True)
    machine.forget_sleep()
    assert machine.state is State.OFF
    assert machine.refusal(PACKET) == "went down without arming its card"


def test_what_a_killed_process_still_says_changes_nothing() -> None:
    machine = running()
    machine.chassis("off")
    for event in ("SUSPEND", "WAKEUP", "SHUTDOWN"):
        assert machine.went(event) == []
    machine.exited("crash")
    assert machine.state is State.OFF


def test_the_end_that_qemu_was_asked_for_is_no_shutdown_of_the_guest() -> None:
    machine = running()
    assert machine.went("SHUTDOWN", by_guest=False) == []
    assert machine.state is State.RUNNING


def test_a_crash_is_an_off() -> None:
    machine = running()
    machine.exited("crash")
    assert machine.state is State.OFF


def test_it_tells_each_change_and_why() -> None:
    told: list[tuple[State, str]] = []
    machine = Machine("ab", note=lambda state, why: told.append((state, why)))
    machine.chassis("on", "up")
    machine.feed("a", False, "feed a off")
    machine.feed("b", False, "feed b off")
    machine.feed("a", True, "feed a on")
    assert told == [
        (State.RUNNING, "up on"),
        (State.DARK, "feed b off"),
        (State.RUNNING, "feed a on, restore policy last"),
    ]


STEPS = st.lists(
    st.sampled_from(
        [("chassis", action) for action in ("on", "off", "soft", "reset", "nmi")]
        + [("feed", feed + word) for feed in "ab" for word in ("+", "-")]
        + [("event", event) for event in ("SUSPEND", "WAKEUP", "SUSPEND_DISK", "SHUTDOWN", "exit")]
        + [("wake", "")]
    ),
    max_size=30,
)


def step(machine: Machine, kind: str, what: str) -> list[Effect]:
    if kind == "chassis":
        try:
            return machine.chassis(what)
        except Refused:
            return []
    if kind == "feed":
        return machine.feed(what[0], what[1] == "+", "")
    if kind == "wake":
        return machine.wake("")
    if what == "exit":
        machine.exited("")
        return []
    return machine.went(what)


@given(STEPS)
def test_a_process_runs_exactly_while_the_guest_is_running_or_asleep(steps: list[tuple[str, str]]) -> None:
    """A start only where none runs, a kill only where one does, and none without a live feed."""
    machine, alive, bmc = Machine("ab"), False, True
    for kind, what in steps:
        effects = step(machine, kind, what)
        if (kind, what) == ("event", "exit"):
            alive = False
        for effect in effects:
            if effect is Effect.START:
                assert not alive
                alive = True
            elif effect in (Effect.KILL, Effect.QUIT):
                assert alive
                alive = False
            elif effect in (Effect.BMC_DIES, Effect.BMC_BOOTS):
                assert bmc is (effect is Effect.BMC_DIES)
                bmc = effect is Effect.BMC_BOOTS
            else:
                assert alive
        assert alive is (machine.state in (State.RUNNING, State.ASLEEP))
        assert bmc is machine.live
        assert machine.live is (machine.state is not State.DARK)
        assert (machine.power == "on") is (machine.state is State.RUNNING)
