"""A timeline drawn as text."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

from pm_lab import chart, story


def event(time, where, kind, what, **more):
    host, _slash, agent = where.partition("/")
    return {
        "t": time,
        "host": host,
        **({"agent": agent} if agent else {}),
        "event": kind,
        "what": what,
        **more,
    }


START = [
    event(0.0, "node1", "host", "running"),
    event(0.0, "node1/bmc", "agent", "live"),
    event(0.0, "node1/bmc", "agent", "on"),
    event(0.0, "node1/feed-a", "agent", "live"),
    event(0.0, "node1/feed-b", "agent", "live"),
    event(0.0, "node2", "host", "dark"),
    event(0.0, "node2/bmc", "agent", "live"),
    event(0.0, "node2/bmc", "agent", "off"),
]
FENCED = [
    *START,
    event(10.0, "", "mark", "both feeds"),
    event(12.0, "node1/feed-a", "command", "off", executed=True),
    event(12.0, "node1/feed-a", "agent", "dead"),
    event(12.0, "node1/feed-b", "command", "off", executed=True),
    event(12.0, "node1/feed-b", "agent", "dead"),
    event(12.0, "node1", "host", "dark"),
    event(12.0, "node1/bmc", "agent", "off"),
    event(12.0, "node1/bmc", "agent", "dead"),
    event(14.0, "node1/feed-a", "read", "off"),
    event(14.0, "node1/feed-b", "read", "off"),
    event(16.0, "node1/feed-a", "command", "on", executed=True),
    event(16.0, "node1/feed-a", "agent", "live"),
    event(16.0, "node1", "host", "booting"),
    event(16.0, "node1/bmc", "agent", "on"),
    event(18.0, "node1/bmc", "agent", "live"),
    event(18.0, "node1", "host", "running"),
    event(20.0, "node1/feed-b", "command", "on", executed=False, code="0xd5"),
]


def drawn(events, width=60, from_mark=""):
    return chart.render(events, width, from_mark).replace(chart.LEGEND, "").splitlines()


def test_a_fencing_is_drawn():
    assert drawn(FENCED) == [
        "== both feeds (at 10.000 s, 10.000 s long) =================",
        "         |0        |2        |4        |6        |8 s",
        "node1    ██████████····················▒▒▒▒▒▒▒▒▒▒███████████",
        "  bmc    ━━━━━━━━━━                              ━━━━━━━━━━━",
        "  feed-a ━━━━━━━━━━F·········╎·········N━━━━━━━━━━━━━━━━━━━━",
        "  feed-b ━━━━━━━━━━F·········╎·····························n",
        "",
        "node1: 2.000 feed-a off, 2.000 feed-b off, 2.000 dark,",
        "  6.000 feed-a on, 6.000 booting, 8.000 running,",
        "  10.000 feed-b on (0xd5)",
        "nothing happened at: node2",
        "",
    ]


def test_no_line_is_wider_than_asked():
    many = [
        {**each, "host": f"{each['host']}-{number}"} for number in range(6) for each in FENCED if each["host"]
    ]
    for width in (80, 100):
        assert max(map(len, chart.render(many, width).splitlines())) == width


def test_a_darkness_shorter_than_a_column_is_shown():
    lines = drawn(
        [
            *START,
            event(1.0, "", "mark", "blink"),
            event(50.0, "node2", "host", "running"),
            event(50.001, "node2", "host", "dark"),
            event(50.002, "node2", "host", "running"),
            event(100.0, "node2", "host", "asleep"),
        ]
    )
    assert lines[2].count("·") == lines[2].index("█") - lines[2].index("·")
    lines = drawn(
        [
            *START,
            event(1.0, "", "mark", "blink"),
            event(50.0, "node1", "host", "dark"),
            event(50.001, "node1", "host", "running"),
            event(100.0, "node1", "host", "asleep"),
        ]
    )
    assert lines[2].count("·") == 1
    assert lines[2].endswith("z")


def test_two_commands_in_one_column_stand_side_by_side():
    lines = drawn(
        [
            *START,
            event(1.0, "", "mark", "twice"),
            event(2.0, "node2/bmc", "command", "on", executed=True),
            event(2.001, "node2/bmc", "command", "off", executed=False),
            event(9.0, "node2", "host", "running"),
        ]
    )
    assert "Nf" in lines[3]
    assert lines[5].startswith("node2: 1.000 bmc on, 1.001 bmc off (not done)")


def test_plugs_and_faults_are_drawn():
    lines = drawn(
        [
            *START,
            event(1.0, "", "mark", "hands"),
            event(2.0, "node1/feed-a", "plug", "off"),
            event(3.0, "node1/feed-a", "plug", "on"),
            event(4.0, "node1/bmc", "fault", "dead=true"),
            event(5.0, "node1/bmc", "read", "on"),
            event(6.0, "node1/feed-a", "switch", "off"),
        ],
        100,
    )
    assert "B" in lines[4]
    assert "!" in lines[3]
    assert "╂" in lines[3]
    assert "X" in lines[4]
    assert "P" in lines[4]
    text = " ".join(line.strip() for line in lines)
    assert "1.000 feed-a unplugged, 2.000 feed-a plugged in, 3.000 bmc fault dead=true" in text
    assert "feed-a switched off by hand" in text


def test_a_shared_outlet_has_a_heading():
    lines = drawn(
        [
            event(0.0, "outlets/pdu1-3", "agent", "on"),
            *START,
            event(1.0, "", "mark", "shared"),
            event(2.0, "outlets/pdu1-3", "command", "off", executed=True),
            event(2.0, "outlets/pdu1-3", "agent", "off"),
        ]
    )
    assert lines[2] == "outlets"
    assert lines[3].startswith("  pdu1-3 ━")
    assert lines[3].endswith("F")


def test_each_mark_has_a_scale_of_its_own_and_states_go_on():
    lines = drawn(
        [
            *FENCED,
            event(100.0, "", "mark", "nothing"),
            event(200.0, "", "mark", "again"),
            event(200.5, "node1/bmc", "command", "off", executed=True),
            event(200.5, "node1/bmc", "agent", "off"),
            event(200.5, "node1", "host", "dark"),
        ]
    )
    headings = [line for line in lines if line.startswith("==")]
    assert [line.strip("= ") for line in headings] == [
        "both feeds (at 10.000 s, 10.000 s long)",
        "nothing (at 100.000 s, 0.000 s long)",
        "again (at 200.000 s, 0.500 s long)",
    ]
    assert lines[lines.index(headings[1]) + 1] == "nothing happened"
    assert lines[lines.index(headings[2]) + 2].startswith("node1    █████")


def test_only_from_a_mark_on():
    events = [*FENCED, event(30.0, "", "mark", "second chapter"), event(31.0, "node2", "host", "running")]
    assert drawn(events, from_mark="second")[0].startswith("== second chapter (at 30.000 s")
    assert drawn(events, from_mark="third") == ["nothing happened"]


def test_a_line_that_is_still_being_written_is_left_out():
    text = "".join(json.dumps(each) + "\n" for each in START)
    assert story.read(text + '{"t": 1') == START
    assert drawn(story.read(text)) == ["nothing happened"]
