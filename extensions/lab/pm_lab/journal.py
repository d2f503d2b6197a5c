"""The timeline: one JSON line for each thing that happens."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

from .clock import Clock


class Journal:
    """Writes to a stream, or nowhere."""

    def __init__(self, clock: Clock, stream: t.TextIO | None = None) -> None:
        self._clock = clock
        self._stream = stream

    def write(self, host: str, agent: str, event: str, what: str, **more: t.Any) -> None:
        if self._stream is None:
            return
        line: dict[str, t.Any] = {"t": round(self._clock.now(), 3), "host": host}
        if agent:
            line["agent"] = agent
        line.update(event=event, what=what, **more)
        self._stream.write(json.dumps(line) + "\n")
        self._stream.flush()

    def mark(self, text: str) -> None:
        self.write("", "", "mark", text)
