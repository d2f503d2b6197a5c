"""What woke a machine: its alarm only when it was due and its kernel names nothing else."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._sleep.machine import RecordedMachine
from ansible_collections.hostpm.power.plugins.module_utils._sleep.proof import Snapshot, snapshot
from ansible_collections.hostpm.power.plugins.module_utils._sleep.waker import Waker, waker
from sleep_kit import NAMES, machine, recording

CARD, CLOCK, BUTTON = "0000:00:03.0", "00:04", "LNXPWRBN:00"
#: Each source of a guest, and how often it has woken it.
SOURCES = {CARD: 4, CLOCK: 2, BUTTON: 1, "alarmtimer.0.auto": 0, "eventpoll": 0, "[timerfd]": 3, "": 1}
INTERRUPTS = """\
            CPU0       CPU1
   1:          9          0   IO-APIC   1-edge      i8042
   8:          1          0   IO-APIC   8-edge      rtc0
   9:          5          0   IO-APIC   9-fasteoi   acpi
  16:          5          0   IO-APIC  16-fasteoi   PCIe PME, uhci_hcd:usb1
  20:          5          0   IO-APIC  20-fasteoi   i801_smbus, acpi
  58:          0          0   GICv3 58 Level     0-0068
"""
FILES = {
    "/sys/class/rtc/rtc0/name": f"rtc_cmos {CLOCK}\n",
    "/sys/class/rtc/rtc1/name": "rtc-ds1307 0-0068\n",
    "/proc/interrupts": INTERRUPTS,
}


def woken(*sources: str, irq: str = "", due: bool, files: t.Mapping[str, t.Any] | None = None) -> Waker:
    before = Snapshot("b1", 100.0, 90.0, SOURCES)
    after = Snapshot("b1", 200.0, 160.0, {**SOURCES, **{name: SOURCES.get(name, 0) + 1 for name in sources}})
    number = f"{irq}\n" if irq else {"error": "ENODATA"}
    host = RecordedMachine(
        {"files": {**(FILES if files is None else files), "/sys/power/pm_wakeup_irq": number}}
    )
    return waker(host, before, after, alarm_due=due, cards=[CARD])


@pytest.mark.parametrize(
    ("sources", "irq"),
    [
        ((), ""),
        ((CLOCK,), ""),
        ((CLOCK, "[timerfd]"), ""),
        (("0-0068",), ""),
        (("alarmtimer.0.auto", "eventpoll", "epollitem7:321.[timerfd]", ""), ""),
        ((), "8"),
        ((CLOCK,), "9"),
        ((), "20"),
        ((), "58"),
        ((), "77"),
    ],
)
def test_an_alarm_that_was_due_woke_it_when_nothing_else_is_named(sources: tuple[str, ...], irq: str) -> None:
    assert woken(*sources, irq=irq, due=True) == Waker("rtc")


@pytest.mark.parametrize(
    ("sources", "irq", "name", "named"),
    [
        ((BUTTON,), "", BUTTON, BUTTON),
        ((CLOCK, "[timerfd]", BUTTON), "9", BUTTON, BUTTON),
        ((CARD,), "", "wol", CARD),
        ((CLOCK, CARD, BUTTON), "", "wol", f"{CARD} and {BUTTON}"),
        ((BUTTON, "PNP0C0D:00"), "", "unknown", f"{BUTTON} and PNP0C0D:00"),
        ((), "1", "i8042", "i8042"),
        ((CLOCK,), "1", "i8042", "i8042"),
        ((), "16", "PCIe PME, uhci_hcd:usb1", "PCIe PME and uhci_hcd:usb1"),
        ((BUTTON,), "1", BUTTON, f"{BUTTON} and i8042"),
    ],
)
def test_an_alarm_that_was_due_is_in_doubt_beside_another_source(
    sources: tuple[str, ...], irq: str, name: str, named: str
) -> None:
    assert woken(*sources, irq=irq, due=True) == Waker(
        name,
        f"it woke when its alarm was due, but the kernel names {named}: what woke it is not certain, and it does not "
        "count as a way back",
    )


@pytest.mark.parametrize(
    ("sources", "irq", "name"),
    [
        ((CARD,), "", "wol"),
        ((CARD, CLOCK, BUTTON), "9", "wol"),
        ((BUTTON,), "", BUTTON),
        ((BUTTON, CLOCK), "", BUTTON),
        ((BUTTON,), "9", BUTTON),
        ((BUTTON, "PNP0C0D:00"), "", "unknown"),
        ((BUTTON, "PNP0C0D:00"), "9", "acpi"),
        ((), "9", "acpi"),
        ((), "20", "i801_smbus, acpi"),
        ((CLOCK, "[timerfd]"), "", CLOCK),
        (("",), "", "unknown"),
        ((), "", "unknown"),
    ],
)
def test_what_the_kernel_names_without_an_alarm_that_was_due(
    sources: tuple[str, ...], irq: str, name: str
) -> None:
    assert woken(*sources, irq=irq, due=False) == Waker(name)


def test_a_kernel_that_names_nothing() -> None:
    assert woken(due=True, files={}) == Waker("rtc")
    assert woken(due=False, files={}) == Waker("unknown")


def test_a_sleep_without_a_card_takes_no_pipe_for_one() -> None:
    before, after = (Snapshot("b1", 100.0, 90.0, {"": count}) for count in (0, 1))
    assert waker(RecordedMachine({}), before, after, alarm_due=False, cards=[""]) == Waker("unknown")


def test_a_clock_that_cannot_be_named_is_in_doubt() -> None:
    assert woken(CLOCK, due=True, files={}).doubt, "nothing tells it from a button"


@pytest.mark.parametrize("name", sorted({*NAMES} - {"container"}))
def test_the_clocks_of_recorded_machines_are_known_by_their_sources(name: str) -> None:
    data = recording(name)
    device = data["files"]["/sys/class/rtc/rtc0/name"].split()[-1]
    source = "/sys/class/wakeup/wakeup0"
    counts: list[Snapshot] = []
    for count in ("0", "1"):
        host = machine(data, files={f"{source}/name": device, f"{source}/wakeup_count": count})
        counts.append(snapshot(host))
    assert counts[1].sources == {device: 1}
    assert waker(host, *counts, alarm_due=True, cards=[]) == Waker("rtc")
