"""The timeline: one JSON line for each thing that happens, with the machine's monotonic time."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import time
import typing as t


class Journal:
    """Writes to a stream. ``t`` is CLOCK_MONOTONIC in seconds, the same in every process of this machine."""

    def __init__(self, stream: t.TextIO, clock: t.Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock

    def write(self, guest: str, event: str, what: str, **more: t.Any) -> None:
        """Note that something happened to a guest, or with an empty name to the lab."""
        line = {"t": round(self._clock(), 3), "guest": guest, "event": event, "what": what, **more}
        self._stream.write(json.dumps(line) + "\n")
        self._stream.flush()


def of_guest(lines: t.Iterable[str], guest: str = "") -> list[dict[str, t.Any]]:
    """The events of one guest, and those of the whole lab; without a name all of them."""
    events = [json.loads(line) for line in lines if line.endswith("\n")]
    return [event for event in events if not guest or event["guest"] in (guest, "")]


def brief(event: t.Mapping[str, t.Any]) -> str:
    """An event without its time, as words: ``command bmc off``, ``power dark``."""
    return " ".join(str(event[key]) for key in ("event", "agent", "what") if key in event)
