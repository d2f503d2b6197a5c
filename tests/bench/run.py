"""Measure pm_fence and its peers against BMCs of the lab, in turn: run.py [--quick | --rounds N]

Counts decide, times are printed. Ends with status 1 when pm_fence costs more request/reply pairs than it may,
when a measure is void (a host was not off after somebody said so), and under CI=true when a peer is missing.
"""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import argparse
import ctypes
import os
import platform
import signal
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[1:1] = [str(TESTS), str(TESTS / "run")]

import guard  # noqa: E402
from bmcs import Lab  # noqa: E402
from programs import Desk, Void  # noqa: E402
from table import LIMITS, Row, table  # noqa: E402
from ways import OFF, PLAY, POLL, PROGRAM, SCENES, SLOW, STATUS, all_ways, missing  # noqa: E402

CI = os.environ.get("CI", "").lower() in ("true", "1")
ROUNDS = 5


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures pm_fence and its peers; counts decide.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N", help=f"default {ROUNDS}")
    parser.add_argument("--quick", action="store_true", help="2 rounds, and 1 of the hosts that take seconds")
    options = parser.parse_args()
    rounds = dict.fromkeys(SCENES, options.rounds)
    if options.quick:
        rounds = {**dict.fromkeys(SCENES, 2), SLOW: 1}
    if min(rounds.values()) < 1:
        parser.error("--rounds: at least one")
    # What a killed program leaves behind comes back to this process, which ends it.
    ctypes.CDLL(None).prctl(guard.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, guard.stop)
    with tempfile.TemporaryDirectory(prefix="hostpm-bench-") as folder:
        try:
            return bench(Desk(Path(folder)), rounds)
        finally:
            guard.end_all("left running")


def bench(desk: Desk, rounds: dict[str, int]) -> int:
    begin = time.monotonic()
    ways = []
    absent = []
    for way in all_ways(desk):
        lacking = missing(desk, way)
        if lacking:
            absent.append(f"{way.name}: not measured, {' and '.join(lacking)} not found")
        else:
            ways.append(way)
    lab = Lab(desk.folder, SCENES, (max(rounds.values()) + 1) * len(ways))
    try:
        for way in ways:  # compiled and in the machine's memory; not counted
            measure(lab, Row(STATUS if STATUS in way.scenes else OFF, way))
        rows = [Row(scene, way) for scene in SCENES for way in ways if scene in way.scenes]
        turns = max(rounds.values())
        for turn in range(turns):
            first = turn * len(rows) // turns  # not always in the same order
            for row in rows[first:] + rows[:first]:
                if turn < rounds[row.scene]:
                    measure(lab, row)
    finally:
        lab.close()
    return report(rows, absent, rounds, time.monotonic() - begin)


def measure(lab: Lab, row: Row) -> None:
    """Once more, on a BMC that nobody has spoken to."""
    bmc = lab.take(row.scene)
    work = row.way.prepare(bmc, "status" if row.scene == STATUS else "off")
    begin = time.monotonic()
    try:
        inner = work()
    except Void as exc:
        row.void = str(exc)
        return
    seconds = time.monotonic() - begin
    row.add(seconds, inner, bmc.look(), bmc.settled())


def report(rows: list[Row], absent: list[str], rounds: dict[str, int], seconds: float) -> int:
    """Print it all; the exit status."""
    print(
        f"Medians of {rounds[OFF]} rounds in turn ({rounds[SLOW]} of the slow host), on loopback, "
        f"in {seconds:.0f} s;\n{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}.\n"
        f"'x ours' compares programs with '{PROGRAM}', plays with '{PLAY}': above 1 is slower.\n"
        f"pm_fence reads off twice, settle (1 s) apart. ipmitool: off, then status each {POLL} s. "
        "ipmipower: --wait-until-off."
    )
    for scene in SCENES:
        print(f"\n{table(scene, [row for row in rows if row.scene == scene])}")
    print()
    for row in rows:
        for remark in sorted(row.remarks):
            print(f"{row.way.name}, {row.scene}: {remark}")
    for line in absent:
        print(f"bench: {line}")
    mistakes = [line for row in rows for line in row.mistakes()] + (absent if CI else [])
    for line in mistakes:
        print(f"bench: FAILED: {line}")
    if mistakes:
        return 1
    offs = sum(len(row.pairs) for row in rows if row.scene != STATUS)
    print(
        f"bench: passed: pm_fence cost {most(rows, STATUS)} pairs for a status ({LIMITS[STATUS]} allowed), "
        f"{most(rows, OFF)} for an off + verify ({LIMITS[OFF]} allowed);\n"
        f"all {offs} hosts that were said to be off were off"
        + (f"; {len(absent)} peers missing" if absent else "")
    )
    return 0


def most(rows: list[Row], scene: str) -> int:
    return max(row.cost for row in rows if row.scene == scene and row.way.ours)


if __name__ == "__main__":
    sys.exit(main())
