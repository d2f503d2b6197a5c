"""A timeline as readable text: hosts and their agents as rows, time as columns, a chart for each mark."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import bisect
import textwrap
import typing as t

from .story import Event, Row, Section, Story, tell

LEGEND = """\
host:   █ runs  ▒ boots  z asleep  · dark
agents: ━ on, live  · off, dead  (blank) BMC without power
        ╂ read as on  ╎ read as off
        F off  N on  C cycle  R reset  S soft  D nmi (small: not done)
        X unplugged  P plugged in  B by hand  ! fault changed"""

# In the order in which they win a column, so that a short darkness is never hidden by what came after.
HOST_GLYPHS: t.Mapping[str, str] = {"dark": "·", "asleep": "z", "booting": "▒", "running": "█"}
AGENT_GLYPHS: t.Mapping[str, str] = {
    "dead off": " ",
    "dead on": " ",
    "dead": "·",
    "off": "·",
    "live off": "·",
    "live on": "━",
    "on": "━",
    "live": "━",
}
READ_GLYPHS: t.Mapping[str, str] = {"on": "╂", "off": "╎"}
COLUMNS_PER_TICK = 8


def render(events: t.Iterable[Event], width: int = 100, from_mark: str = "") -> str:
    """The chart of all sections, or of those from the first mark that contains a text on."""
    story = tell(events)
    sections = story.sections
    if from_mark:
        titles = [from_mark in section.title for section in sections]
        sections = sections[titles.index(True) :] if True in titles else []
    drawn = [_section(story, section, width) for section in sections if section.hosts or section.start]
    return "\n\n".join(["\n".join(lines) for lines in drawn] + [LEGEND]) if drawn else "nothing happened"


def _section(story: Story, section: Section, width: int) -> list[str]:
    length = section.end - section.start
    lines = [f"== {section.title} (at {section.start:.3f} s, {length:.3f} s long) "]
    lines[0] += "=" * (width - len(lines[0]))
    labels = {key: f"  {key[1]}" if key[1] else key[0] for key in story.rows if key[0] in section.hosts}
    if not labels:
        return [*lines, "nothing happened"]
    margin = max(map(len, labels.values())) + 1
    columns = max(width - margin, COLUMNS_PER_TICK)
    scale = _Scale(section.start, max(length, 0.001) * 1.02, columns)
    lines.append(" " * margin + scale.axis())
    host = None
    for key in sorted(labels, key=_host_first(story)):
        if key[0] != host:
            lines += [""] * (host is not None) + [key[0]] * bool(key[1])
        host = key[0]
        lines.append((labels[key].ljust(margin) + _row(story.rows[key], scale, bool(key[1]))).rstrip())
    return lines + _moments(section, width) + _quiet(story, section, width)


def _host_first(story: Story) -> t.Callable[[tuple[str, str]], tuple[int, int]]:
    """Hosts in the order in which they appeared, each before its agents."""
    hosts = list(dict.fromkeys(host for host, unused in story.rows))
    agents = list(dict.fromkeys(agent for unused, agent in story.rows))
    return lambda key: (hosts.index(key[0]), agents.index(key[1]) if key[1] else -1)


class _Scale:
    """Seconds to columns."""

    def __init__(self, start: float, length: float, columns: int) -> None:
        self.start = start
        self.columns = columns
        self.step = length / columns

    def column(self, time: float) -> int:
        return min(int((time - self.start) / self.step), self.columns - 1)

    def axis(self) -> str:
        tick, magnitude = self.step * COLUMNS_PER_TICK, 1e-3
        while magnitude * 10 < tick:
            magnitude *= 10
        tick = next(magnitude * each for each in (1, 2, 5, 10) if magnitude * each >= tick * 0.999)
        line, number = "", 0
        while int(number * tick / self.step) < self.columns - 6:
            line = line.ljust(int(number * tick / self.step)) + f"|{number * tick:g}"
            number += 1
        return line + " s"


def _row(row: Row, scale: _Scale, is_agent: bool) -> str:
    glyphs = AGENT_GLYPHS if is_agent else HOST_GLYPHS
    cells = [_cell(row.states, scale, column, glyphs) for column in range(scale.columns)]
    ends = scale.start + scale.step * scale.columns
    for time, what in _within(row.reads, scale.start, ends):
        cells[scale.column(time)] = READ_GLYPHS[what]
    free = 0
    for time, sign in _within(row.signs, scale.start, ends):
        column = min(max(scale.column(time), free), scale.columns - 1)
        cells[column] = sign
        free = column + 1
    return "".join(cells)


def _cell(
    states: t.Sequence[tuple[float, str]],
    scale: _Scale,
    column: int,
    glyphs: t.Mapping[str, str],
) -> str:
    """The strongest of the states that held during a column."""
    begin = scale.start + column * scale.step
    first = bisect.bisect_right(states, (begin, "~")) - 1
    last = bisect.bisect_left(states, (begin + scale.step, ""))
    held = {state for unused, state in states[max(first, 0) : last]}
    return next((glyph for state, glyph in glyphs.items() if state in held), " ")


def _within(moments: t.Sequence[tuple[float, str]], start: float, end: float) -> list[tuple[float, str]]:
    return [moment for moment in moments if start <= moment[0] < end]


def _moments(section: Section, width: int) -> list[str]:
    lines = [""] if section.moments else []
    for host, moments in section.moments.items():
        glued = (f"{time - section.start:.3f} {what}".replace(" ", "\0") for time, what in moments)
        text = f"{host}: " + ", ".join(glued)
        lines += [line.replace("\0", " ") for line in textwrap.wrap(text, width, subsequent_indent="  ")]
    return lines


def _quiet(story: Story, section: Section, width: int) -> list[str]:
    quiet = [host for host, agent in story.rows if not agent and host not in section.hosts]
    text = "nothing happened at: " + ", ".join(quiet)
    return textwrap.wrap(text, width, subsequent_indent="  ") if quiet else []
