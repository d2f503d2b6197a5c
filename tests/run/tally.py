"""Count what the legs of ./test recorded.

`tally.py leg NAME STATUS SECONDS` after each leg, `tally.py table NAME ...` at the end. A leg leaves
records.tsv (passed, failed, skipped or pytest; name; detail; lines of the log) and a JUnit file for each
pytest run. Every check counts one; a pytest run counts its tests.
"""

from __future__ import annotations

import json
import os
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / ".cache"
TAIL = 60
CI = os.environ.get("CI", "").lower() in ("true", "1")
OUTCOMES = ("passed", "failed", "skipped")
NO_TESTS = 5  # what pytest returns when nothing was selected


@dataclass
class Leg:
    """What one leg came to."""

    seconds: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    skips: list[str] = field(default_factory=list)
    tails: list[tuple[str, int, int]] = field(default_factory=list)

    def fail(self, why: str, lines: tuple[int, int] | None = None) -> None:
        self.counts["failed"] += 1
        self.failures.append(why)
        if lines:
            self.tails.append((why, *lines))

    def skip(self, why: str) -> None:
        if CI:
            self.fail(f"may not be missing under CI: {why}")
        else:
            self.counts["skipped"] += 1
            self.skips.append(why)

    @property
    def result(self) -> str:
        if self.counts["failed"]:
            return "FAILED"
        return "ok" if self.counts["passed"] else "skipped"


def read_leg(name: str, status: int, seconds: int) -> Leg:
    leg = Leg(seconds=seconds)
    records = CACHE / "result" / name / "records.tsv"
    for line in records.read_text().splitlines() if records.exists() else []:
        kind, what, detail, start, end, report = (line.split("\t") + [""] * 5)[:6]
        lines = (int(start), int(end)) if start else None
        if kind == "passed":
            leg.counts["passed"] += 1
        elif kind == "skipped":
            leg.skip(f"{what}: {detail}")
        elif kind == "pytest":
            add_pytest(leg, what, int(detail), lines, Path(report))
        else:
            leg.fail(f"{what}: {detail}", lines)
    if status == 124:
        leg.fail(f"not done after {seconds} s", (0, sys.maxsize))
    elif status:
        leg.fail(f"the leg itself ended with status {status}", (0, sys.maxsize))
    elif not leg.counts:
        leg.fail("no check ran", (0, sys.maxsize))
    return leg


def add_pytest(leg: Leg, name: str, status: int, lines: tuple[int, int] | None, report: Path) -> None:
    failed = 0
    reasons: Counter[str] = Counter()
    for case in ET.parse(report).iter("testcase") if report.exists() else []:
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif (skipped := case.find("skipped")) is not None:
            reasons[skipped.get("message", "no reason given")] += 1
        else:
            leg.counts["passed"] += 1
    leg.counts["failed"] += failed
    leg.counts["skipped"] += reasons.total()
    leg.skips += [f"{name}: {count} x {why}" for why, count in reasons.items()]
    if failed:
        leg.failures.append(f"{name}: {failed} tests")
        leg.tails.append((name, *(lines or (0, sys.maxsize))))
    if not report.exists():  # a test that leaves by os._exit(0) looks like success
        leg.fail(f"{name}: pytest ended with status {status} and without a report", lines)
    elif status == NO_TESTS:
        leg.skip(f"{name}: no test was selected")
    elif status and not failed:
        leg.fail(f"{name}: pytest ended with status {status}", lines)
    if CI and reasons:
        leg.fail(f"{name}: {reasons.total()} tests skipped, none may be under CI")


def after_leg(name: str, status: str, seconds: str) -> None:
    leg = read_leg(name, int(status), int(seconds))
    why = leg.failures + leg.skips
    kept = {"result": leg.result, "seconds": leg.seconds, "counts": leg.counts, "why": why}
    (CACHE / "result" / name / "leg.json").write_text(json.dumps(kept))
    log = CACHE / "log" / f"{name}.log"
    output = log.read_text(errors="replace").splitlines() if leg.tails else []
    for what, start, end in leg.tails:
        print(f"---- {what}: the last lines in .cache/log/{name}.log")
        print("\n".join(output[start:end][-TAIL:]))
        print("----")
    print(f"{name}: {leg.result} after {leg.seconds} s")


def table(names: list[str]) -> int:
    sums: Counter[str] = Counter()
    print(f"{'leg':<12} {'result':<8} {'time':>6}  checks")
    for name in names:
        leg = json.loads((CACHE / "result" / name / "leg.json").read_text())
        sums.update(leg["counts"])
        counts = ", ".join(f"{leg['counts'][key]} {key}" for key in OUTCOMES if leg["counts"].get(key))
        print(f"{name:<12} {leg['result']:<8} {leg['seconds']:>4} s  {counts}")
        for why in leg["why"]:
            print(f"{'':<12}   {why}")
    print(", ".join(f"{sums[outcome]} {outcome}" for outcome in OUTCOMES))
    return int(sums["failed"] > 0)


if __name__ == "__main__":
    if sys.argv[1] == "leg":
        after_leg(*sys.argv[2:])
    else:
        sys.exit(table(sys.argv[2:]))
