"""All that pm_capabilities tells of a machine: each thing with one of four states, and why."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from dataclasses import asdict

from .alarm import NO_ALARM_CLOCK
from .answer import NONE, NOT_PROBED, PROBE_FAILED, SUPPORTED
from .backends import Kernel
from .cpu import cpufreq, cpuidle, performance_bias
from .host import bmc_in_band, boot_id, container_kind, kernel_release, virtualization
from .machine import Machine
from .rtc import Rtc, RtcError, find_rtc, longest_alarm
from .states import sleep_modes
from .wol import wake_on_lan

NOT_ASKED: t.Final = "not asked for: set probe_alarm"


def probe(
    machine: Machine,
    *,
    backend: str = "auto",
    interfaces: t.Sequence[str] | None = None,
    alarm_not_tried: str = NOT_ASKED,
) -> dict[str, t.Any]:
    """Look at everything; nothing is changed.

    :param backend: auto, systemd, pm_utils or sysfs.
    :param interfaces: these cards, instead of all.
    :param alarm_not_tried: why the longest alarm is not tried out; empty to try it, which arms and disarms the clock.
    """
    container = container_kind(machine)
    if container not in ("none", "unknown") and not alarm_not_tried:
        alarm_not_tried = f"not tried in a container ({container}): the clock belongs to its host"
    sleep = sleep_modes(machine, backend, container)
    return {
        "sleep": {name: asdict(mode) for name, mode in sleep.modes.items()},
        "mem_sleep": _mem_sleep(sleep.kernel),
        "swap": asdict(sleep.swap),
        "resume": asdict(sleep.resume),
        "rtc": _rtc(machine, alarm_not_tried),
        "wake_on_lan": {name: _plain(card) for name, card in wake_on_lan(machine, interfaces).items()},
        "cpufreq": _plain(cpufreq(machine)),
        "cpuidle": _plain(cpuidle(machine)),
        "performance_bias": _plain(performance_bias(machine)),
        "bmc_in_band": asdict(bmc_in_band(machine)),
        "container": container,
        "virtualization": virtualization(machine),
        "kernel": kernel_release(machine),
        "boot_id": boot_id(machine),
    }


def _mem_sleep(kernel: Kernel | None) -> dict[str, t.Any]:
    """What the word mem of /sys/power/state means: the kinds that can be chosen, and the chosen one."""
    if kernel is None:
        return {"available": [], "current": ""}
    return {"available": list(kernel.mem_sleep), "current": kernel.mem_now}


def _rtc(machine: Machine, alarm_not_tried: str) -> dict[str, t.Any]:
    found = find_rtc(machine)
    longest = {"state": NOT_PROBED, "why": alarm_not_tried, "seconds": None, "at_least": False}
    if not isinstance(found, Rtc):
        empty = {**asdict(Rtc("", "", False, "absent", 0, None, "unknown")), "since_epoch": None}
        longest["why"] = "there is no clock to try it on"
        return {"state": found.state, "why": str(found), "ready": False, **empty, "longest_alarm": longest}
    if not found.has_alarm:
        why = f"{found.name} takes no alarm that can wake the machine (it has no wakealarm)"
        longest["why"] = why
        return {"state": NONE, "why": why, "ready": False, **asdict(found), "longest_alarm": longest}
    if not alarm_not_tried:
        longest = _longest(machine, found)
    why = _not_ready(machine, found)
    ready = not why
    return {"state": SUPPORTED, "why": why, "ready": ready, **asdict(found), "longest_alarm": longest}


def _not_ready(machine: Machine, rtc: Rtc) -> str:
    """What keeps the clock from ending a sleep; empty when nothing does."""
    if rtc.wakeup == "disabled":
        return f"{rtc.name} may not wake the machine: echo enabled > {rtc.folder}/device/power/wakeup"
    if rtc.wakeup != "enabled":
        return f"{rtc.name} has no power/wakeup: it may not be able to wake the machine"
    return "" if machine.has_alarm_clock else f"it cannot end a sleep by mem or freeze: {NO_ALARM_CLOCK}"


def _longest(machine: Machine, rtc: Rtc) -> dict[str, t.Any]:
    try:
        found = longest_alarm(machine, rtc)
    except RtcError as exc:
        return {"state": PROBE_FAILED, "why": str(exc), "seconds": None, "at_least": False}
    return {"state": SUPPORTED, "why": "", "seconds": found.seconds, "at_least": found.at_least}


def _plain(one: t.Any) -> dict[str, t.Any]:
    """A dataclass as results have it: sequences are lists."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(one).items()}
