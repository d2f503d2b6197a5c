"""Whether a machine, as it is now, can sleep in a mode, and what would wake it."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from . import rtc
from .answer import SUPPORTED
from .machine import Machine
from .states import sleep_modes
from .wol import Card, wake_on_lan


class Refused(Exception):
    """The machine stays as it is.

    :param outcome: refused, refused_busy or refused_no_wake.
    """

    def __init__(self, outcome: str, why: str) -> None:
        super().__init__(why)
        self.outcome = outcome


def able(machine: Machine, mode: str, backend: str, allow: t.Collection[str]) -> str:
    """The backend that would carry it out.

    :raises Refused: it cannot.
    """
    answer = sleep_modes(machine, backend, image="swap" not in allow).modes[mode]
    if answer.state != SUPPORTED:
        by = f" ({answer.backend})" if answer.backend else ""
        why = f"it cannot sleep by {mode}{by}: {answer.why or answer.state}"
        if mode in ("disk", "hybrid") and "swap" not in allow:
            why += ". Where it is only the swap or the boot that was judged wrongly, say allow: [swap]"
        raise Refused("refused", why)
    return answer.backend


def ways_back(
    machine: Machine, ways: t.Collection[str], interface: str
) -> tuple[rtc.Rtc | None, Card | None]:
    """What is to wake it, able and, for a card, armed.

    :raises Refused: one of the ways is not.
    """
    clock = _clock(machine) if "rtc" in ways else None
    return clock, _card(machine, interface) if "wol" in ways else None


def _clock(machine: Machine) -> rtc.Rtc:
    clock = rtc.find_rtc(machine)
    if isinstance(clock, rtc.NoRtc):
        raise Refused("refused_no_wake", f"it has no clock that could wake it: {clock}")
    if not clock.has_alarm or clock.wakeup != "enabled":
        no_wakeup = f"may not wake the machine (power/wakeup is {clock.wakeup})"
        raise Refused(
            "refused_no_wake",
            f"{clock.name} {no_wakeup if clock.has_alarm else 'has no alarm'}: look at {clock.folder}, or use the role "
            "hostpm.power.rtc_wake",
        )
    return clock


def _card(machine: Machine, interface: str) -> Card:
    if not interface:
        raise Refused("refused_no_wake", "wake: wol needs an interface, the card that is to hear the packet")
    card = wake_on_lan(machine, [interface])[interface]
    if not card.ready:
        raise Refused(
            "refused_no_wake",
            f"{interface} would not wake it by a magic packet: {card.why}. Arm it with the role "
            "hostpm.power.wake_on_lan",
        )
    return card


def armed_cards(machine: Machine) -> tuple[str, ...]:
    """Each card that is armed, as NAME=LETTERS."""
    cards = wake_on_lan(machine)
    return tuple(f"{name}={card.armed}" for name, card in cards.items() if card.armed not in ("", "d"))
