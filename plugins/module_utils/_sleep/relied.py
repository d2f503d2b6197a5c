"""The alarm that a sleep relies on, noted on disk: one that a boot came in place of is no way back any more."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import json
import os
import time
import typing as t

from .alarm import remove_left_behind
from .job import Plan
from .machine import Machine
from .proof import boot_id
from .store import PLACE, WayBack, drop, load, write_json

RELIED: t.Final = "/var/lib/hostpm.power/relied.json"

#: How far the time of day may be off after a boot (s).
_SLACK: t.Final = 2.0


def note(plan: Plan, due: float, place: str = RELIED) -> None:
    """Note before the sleep that an alarm is to end it, at ``due`` (seconds since the epoch).

    A disk that takes no note keeps no proof either, so that is no reason to stay awake.
    """
    key = [plan.mode, "rtc", plan.kernel, plan.machine_id]
    with contextlib.suppress(OSError):
        write_json(place, {"boot_id": plan.boot_id, "due": due, "key": key})


def forget(place: str = RELIED) -> None:
    """The sleep is over, in the boot in which it began."""
    with contextlib.suppress(OSError):
        os.unlink(place)


def failed(boot: str, place: str = RELIED) -> list[str]:
    """Mode, way, kernel and machine of the way back that did not work: this boot came after its alarm was due."""
    try:
        with open(place, encoding="utf-8") as stream:
            noted = json.load(stream)
        booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
        over = noted["boot_id"] != boot and booted > float(noted["due"]) - _SLACK
        return [str(word) for word in noted["key"]] if over else []
    except (OSError, ValueError, TypeError, KeyError):
        return []


def proven(boot: str, place: str = RELIED, ways: str = PLACE) -> list[WayBack]:
    """The ways back that have worked, without that one."""
    key = failed(boot, place)
    return [way for way in load(ways) if list(way.key[:4]) != key]


def settle(boot: str, place: str = RELIED, ways: str = PLACE) -> None:
    """Forget that one for good; where that cannot be written, the note stays."""
    key = failed(boot, place)
    if key:
        with contextlib.suppress(OSError):
            mode, way, kernel, machine = key
            drop(mode, way, kernel, machine, ways)
            forget(place)


def tidy_up(machine: Machine) -> None:
    """After a sleep that did not end in order: its alarm is disarmed, and no way back where it failed."""
    remove_left_behind(machine)
    settle(boot_id(machine))
