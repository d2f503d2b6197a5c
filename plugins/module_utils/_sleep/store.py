"""What outlives a boot on the machine's disk: which ways back have worked, and which alarm of the RTC is ours."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import json
import os
import typing as t
from dataclasses import asdict, dataclass, fields

#: Survives a boot: a way back stays proven until the kernel changes.
PLACE: t.Final = "/var/lib/hostpm.power/ways_back.json"


#: The alarm of the RTC that is ours, while it is armed.
ALARM: t.Final = "/var/lib/hostpm.power/alarm.json"


@dataclass(frozen=True)
class WayBack:
    """One way back that was seen to work.

    ``entry`` is the seconds from the request to the sleep by ``backend``, ``asleep`` those of the sleep; ``at`` is
    seconds since the epoch. ``machine_id`` is what tells this machine from others, also from those that were cloned
    from it, ``card`` the interface that heard a magic packet and its address: another card has proven nothing.
    """

    mode: str
    way: str
    kernel: str
    machine_id: str
    at: float
    asleep: float
    entry: float
    card: str = ""
    backend: str = ""

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        return (self.mode, self.way, self.kernel, self.machine_id, self.card)


def named_card(interface: str, mac: str) -> str:
    """The card by which a magic packet woke the machine."""
    return f"{interface} {mac}"


def load(place: str = PLACE) -> list[WayBack]:
    """All that are known; none when the file is missing or cannot be understood: then nothing is proven."""
    names = {field.name for field in fields(WayBack)}
    try:
        with open(place, encoding="utf-8") as stream:
            entries = json.load(stream)
        return [WayBack(**{name: entry[name] for name in names}) for entry in entries]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def keep(way: WayBack, place: str = PLACE) -> None:
    """Add one, or replace the same one; atomic.

    :raises OSError: it could not be written.
    """
    kept = [known for known in load(place) if known.key != way.key] + [way]
    write_json(place, [asdict(known) for known in kept])


def drop(mode: str, way: str, kernel: str, machine_id: str, place: str = PLACE) -> bool:
    """Forget one that failed, whichever card or backend it was seen with; whether it was there.

    :raises OSError: it could not be written.
    """
    known = load(place)
    left = [one for one in known if one.key[:4] != (mode, way, kernel, machine_id)]
    if len(left) < len(known):
        write_json(place, [asdict(one) for one in left])
    return len(left) < len(known)


def note_alarm(clock: str, moment: int, place: str = ALARM) -> None:
    """Note that this alarm of the RTC is ours; ``moment`` is in the clock's own seconds since the epoch.

    :raises OSError: it could not be written.
    """
    write_json(place, {"rtc": clock, "moment": moment})


def noted_alarm(place: str = ALARM) -> tuple[str, int] | None:
    """Clock and moment of the alarm that was noted last and not forgotten."""
    try:
        with open(place, encoding="utf-8") as stream:
            noted = json.load(stream)
        return str(noted["rtc"]), int(noted["moment"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def forget_alarm(place: str = ALARM) -> None:
    """It is armed no more."""
    with contextlib.suppress(OSError):
        os.unlink(place)


def write_json(place: str, content: t.Any) -> None:
    """Write a file that is there whole or not at all, also after a power cut.

    :raises OSError: it could not be written.
    """
    os.makedirs(os.path.dirname(place), mode=0o755, exist_ok=True)
    new = f"{place}.new"
    with open(new, "w", encoding="utf-8") as stream:
        json.dump(content, stream, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(new, place)


def find(
    ways: t.Iterable[WayBack], mode: str, way: str, kernel: str, machine_id: str, card: str = ""
) -> WayBack | None:
    """The one that proves this way on this machine and kernel."""
    key = (mode, way, kernel, machine_id, card)
    return next((known for known in ways if known.key == key), None)
