"""What woke a machine, by what its kernel names: its alarm only when nothing else is named."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass

from .host import virtualization
from .machine import Machine
from .proof import Snapshot

_WAKE_IRQ: t.Final = "/sys/power/pm_wakeup_irq"
#: Power button, sleep button and lid.
_BY_HAND: t.Final = ("LNXPWRBN", "LNXSLPBN", "PNP0C0C", "PNP0C0D", "PNP0C0E")
_CLOCKS: t.Final = "/sys/class/rtc"


@dataclass(frozen=True)
class Waker:
    """What woke it: rtc, wol, the kernel's own name of another source, or unknown.

    ``doubt`` says why that is no proof of a way back; empty when it is certain.
    """

    name: str
    doubt: str = ""


def waker(
    machine: Machine, before: Snapshot, after: Snapshot, *, alarm_due: bool, cards: t.Sequence[str]
) -> Waker:
    """Ask the kernel for what woke it, and take it for the alarm only where it names nothing else.

    A source counts a wakeup from the writing of wakeup_count until the machine has resumed (PM core,
    events_check_enabled). An image does not remember what woke the machine, so after S4 nothing is named.

    :param alarm_due: our own alarm was due when it woke.
    :param cards: the PCI names of the cards that are armed for Wake-on-LAN.
    """
    counts = before.sources
    woke = [name for name, count in after.sources.items() if count > counts.get(name, 0) and _is_device(name)]
    clocks = _clocks(machine)
    others = [name for name in woke if name not in clocks]
    handlers = _wake_handlers(machine)
    if not alarm_due:
        return Waker(_best(others or woke, handlers, cards))
    # the clock's wake may come by the interrupt that ACPI has for all of its events
    shared = any(name == "acpi" or name.startswith("rtc") or name in clocks for name in handlers)
    unlike = [] if shared else handlers
    if not others and not unlike:
        return Waker("rtc")
    named = " and ".join(dict.fromkeys([*others, *unlike]))
    return Waker(
        _best(others, unlike, cards),
        f"it woke when its alarm was due, but the kernel names {named}: what woke it is not certain, and it does not "
        "count as a way back",
    )


def by_hand(machine: Machine, source: str) -> str:
    """Why somebody may have woken it, by the source that the kernel names; empty when nothing says so.

    In a virtual machine every wake that is not the clock's looks like its power button (QEMU, hw/acpi/core.c).
    """
    if not source.startswith(_BY_HAND) or virtualization(machine) not in ("none", "unknown"):
        return ""
    return f"the kernel says that {source}, a button or a lid, woke it"


def _best(sources: t.Sequence[str], handlers: t.Sequence[str], cards: t.Sequence[str]) -> str:
    if set(sources) & set(cards):
        return "wol"
    return sources[0] if len(sources) == 1 else ", ".join(handlers) or "unknown"


def _is_device(source: str) -> bool:
    """Not a timer, or a file that a process polls (fs/eventpoll.c): these count when something else woke it.

    A pipe that is polled has no name at all.
    """
    return bool(source) and not source.startswith(("alarmtimer", "epoll", "eventpoll", "["))


def _clocks(machine: Machine) -> set[str]:
    """The devices of all clocks, by which their wakeup sources are named: the last word of a clock's name."""
    found: set[str] = set()
    with contextlib.suppress(OSError):
        for clock in machine.listdir(_CLOCKS):
            found.update(machine.read(f"{_CLOCKS}/{clock}/name").split()[-1:])
    return found


def _wake_handlers(machine: Machine) -> list[str]:
    """The handlers of the interrupt that ended the last sleep, where the kernel tells (ENODATA: none)."""
    try:
        number = machine.read(_WAKE_IRQ).strip()
        lines = machine.read("/proc/interrupts").splitlines()
    except OSError:
        return []
    for line in lines:
        label, _colon, rest = line.partition(":")
        if label.strip() == number:
            # two blanks come before the handlers (kernel/irq/proc.c); those that share the interrupt are a list
            return [name for name in rest.strip().rpartition("  ")[2].split(", ") if name]
    return []
