"""The least duration of a sleep: its alarm must lie well behind the moment at which the machine is asleep."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
import typing as t

from .hibernation import image_seconds
from .machine import Machine
from .store import WayBack
from .ways import Refused

#: What an entry is taken to need on a machine that never slept in this way (s).
ENTRY_GUESS: t.Final = 5.0

#: The same with an image to write, without the writing: the kernel gives processes so long to stand still
#: (/sys/power/pm_freeze_timeout). It cannot be measured, as nothing of the machine remembers it.
ENTRY_WITH_IMAGE: t.Final = 20.0

#: An alarm must lie this many entries ahead: one that is due before the machine is asleep never wakes it.
MARGIN: t.Final = 2.0


def check_duration(
    machine: Machine, mode: str, backend: str, duration: float, worked: WayBack | None
) -> None:
    """Refuse a duration (s) that may be over before the machine is asleep.

    :param worked: the alarm's own way back from this mode, where it worked before.
    :raises Refused: with the least that would do.
    """
    with_image = mode in ("disk", "hybrid")
    entry = ENTRY_GUESS if worked is None else worked.entry
    # another backend tells little: the hooks of pm-utils may take many times what sysfs alone does
    measured = worked is not None and worked.backend == backend and not with_image
    if with_image:
        entry = max(ENTRY_WITH_IMAGE, entry) + image_seconds(machine)
    elif not measured:
        entry = max(ENTRY_GUESS, entry)
    least = math.ceil(MARGIN * max(entry, 1.0))
    if duration < least:
        how = "took" if measured else "is taken to need"
        raise Refused(
            "refused_no_wake",
            f"a duration of {duration:g} s is too short: falling asleep by {mode} {how} {entry:.1f} s "
            f"here, and an alarm that is due before it sleeps never wakes it. Ask for {least:.0f} s or more",
        )
