"""The measures of a run: their medians, what they must hold to, and the tables in Markdown."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import statistics
import typing as t
from dataclasses import dataclass, field

from bmcs import Seen
from ways import OFF, SLOW, STATUS, Way

#: The most request/reply pairs that pm_fence may cost, by scene.
LIMITS: t.Final[dict[str, int]] = {STATUS: 7, OFF: 10}
TITLES: t.Final[dict[str, str]] = {
    STATUS: "Status",
    OFF: "Off + verify, the host is off at once",
    SLOW: "Off + verify, the host takes 3 s",
}


@dataclass
class Row:
    """All measures of one way in one scene; ``void`` says why one of them counts for nothing."""

    scene: str
    way: Way
    pairs: list[int] = field(default_factory=list)
    walls: list[float] = field(default_factory=list)
    inner: list[float] = field(default_factory=list)
    void: str = ""
    remarks: set[str] = field(default_factory=set)

    def add(self, seconds: float, inner: float | None, at_once: Seen, seen: Seen) -> None:
        """
        :param at_once: the lab's state when the program had ended; nothing may happen only afterwards.
        :param seen: the same when all packets were counted.
        """
        self.walls.append(seconds)
        self.pairs.append(seen.requests)
        if inner is not None:
            self.inner.append(inner)
        if self.scene != STATUS and not at_once.is_off:
            self.void = f"the host was {at_once.host} when it said off"
        if seen.requests != seen.replies:
            self.remarks.add(f"{seen.requests} requests had {seen.replies} replies")
        if seen.sessions:
            self.remarks.add(f"leaves {seen.sessions} session(s) open")

    @property
    def cost(self) -> int:
        """The pairs of the middle measure: on a busy machine a request may have to be repeated."""
        return statistics.median_low(self.pairs)

    def mistakes(self) -> list[str]:
        """What fails the run."""
        where = f"{self.way.name} ({TITLES[self.scene]})"
        if self.void:
            return [f"{where}: void: {self.void}"]
        limit = LIMITS.get(self.scene)
        if self.way.ours and limit and self.cost > limit:
            return [f"{where}: cost {self.cost} request/reply pairs, {limit} are allowed"]
        return []


def spread(values: t.Sequence[int]) -> str:
    """The median, and from where to where where they differ."""
    middle = f"{statistics.median(values):g}"
    return middle if min(values) == max(values) else f"{middle} ({min(values)}-{max(values)})"


def table(scene: str, rows: t.Sequence[Row]) -> str:
    """One scene as a Markdown table; times are compared with ours, program with program, play with play."""
    ours = {row.way.name: statistics.median(row.walls) for row in rows if row.way.ours and not row.void}
    bare = scene == OFF
    lines = [[TITLES[scene], "pairs", "median s", "x ours", *(["x ours, settle 0"] if bare else [])]]
    for row in rows:
        if row.void:
            lines.append([row.way.name, "void", "void", "void", *(["void"] if bare else [])])
            continue
        timed = [(row.way.inner, row.inner)] if row.inner else []
        for name, times in [*timed, (row.way.name, row.walls)]:
            wall = statistics.median(times)
            beside = [row.way.beside, *([f"{row.way.beside}, settle 0"] if bare else [])]
            ratios = [f"{wall / ours[one]:.2f}" if one in ours else "-" for one in beside]
            lines.append([name, spread(row.pairs), f"{wall:.3f}", *ratios])
    return _markdown(lines)


def _markdown(lines: t.Sequence[t.Sequence[str]]) -> str:
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]

    def draw(cells: t.Sequence[str]) -> str:
        first, *numbers = cells
        rest = [cell.rjust(width) for cell, width in zip(numbers, widths[1:])]
        return f"| {' | '.join([first.ljust(widths[0]), *rest])} |"

    rule = f"|{'-' * (widths[0] + 2)}|" + "".join(f"{'-' * (width + 1)}:|" for width in widths[1:])
    return "\n".join([draw(lines[0]), rule, *map(draw, lines[1:])])
