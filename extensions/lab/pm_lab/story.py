"""A timeline's events told as rows and sections: which agent and host was in which state when."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import json
import typing as t

Event = t.Mapping[str, t.Any]
Key = tuple[str, str]  # (host, agent), agent "" for the host itself

UNTOLD = "?"  # a chassis of which nothing was told yet
LETTERS: t.Mapping[str, str] = {"off": "F", "on": "N", "cycle": "C", "reset": "R", "nmi": "D", "soft": "S"}


@dataclasses.dataclass
class Row:
    """One line of a chart: the states since a time each, and what happened at one moment."""

    states: list[tuple[float, str]] = dataclasses.field(default_factory=list)
    signs: list[tuple[float, str]] = dataclasses.field(default_factory=list)
    reads: list[tuple[float, str]] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Section:
    """What follows a mark, until the next one."""

    title: str
    start: float
    end: float
    moments: dict[str, list[tuple[float, str]]] = dataclasses.field(default_factory=dict)
    hosts: set[str] = dataclasses.field(default_factory=set)

    def has(self, host: str, time: float, text: str = "") -> None:
        self.end = max(self.end, time)
        self.hosts.add(host)
        if text:
            self.moments.setdefault(host, []).append((time, text))


@dataclasses.dataclass
class Story:
    rows: dict[Key, Row]
    sections: list[Section]


def read(text: str) -> list[Event]:
    """The events of a timeline file; a last line that is still being written is left out."""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def tell(events: t.Iterable[Event]) -> Story:
    rows: dict[Key, Row] = {}
    sections = [Section("from the start", 0.0, 0.0)]
    for event in events:
        if event["event"] == "mark":
            sections.append(Section(str(event["what"]), event["t"], event["t"]))
        else:
            key = (event["host"], event.get("agent", ""))
            _add(rows.setdefault(key, Row()), sections[-1], event)
    return Story(rows, sections)


def _add(row: Row, section: Section, event: Event) -> None:
    time, host, agent, kind, what = (
        event["t"],
        event["host"],
        event.get("agent", ""),
        event["event"],
        event["what"],
    )
    if kind in ("host", "agent"):
        _change(row, section, time, host, agent, what)
    elif kind == "read":
        row.reads.append((time, what))
        section.has(host, time)
    elif kind == "command":
        letter = LETTERS[what]
        row.signs.append((time, letter if event["executed"] else letter.lower()))
        failed = "" if event["executed"] else " ({})".format(event.get("code", "not done"))
        section.has(host, time, f"{agent} {what}{failed}")
    elif kind == "plug":
        row.signs.append((time, "P" if what == "on" else "X"))
        section.has(host, time, f"{agent} {'plugged in' if what == 'on' else 'unplugged'}")
    elif kind == "switch":
        row.signs.append((time, "B"))
        section.has(host, time, f"{agent} switched {what} by hand")
    elif kind == "fault":
        row.signs.append((time, "!"))
        section.has(host, time, f"{agent} fault {what}")


def _change(row: Row, section: Section, time: float, host: str, agent: str, what: str) -> None:
    """A BMC has two states in one: its own life, and the chassis as it sees it."""
    before = row.states[-1][1] if row.states else ""
    state = what
    if agent == "bmc":
        lives, chassis = (before or f"live {UNTOLD}").split()
        state = f"{lives} {what}" if what in ("on", "off") else f"{what} {chassis}"
    row.states.append((time, state))
    if before and not before.endswith(UNTOLD):
        section.has(host, time, "" if agent else what)
