"""Measure what pm_suspend costs beyond its delay and the time asleep, on a guest: sleep.py [--quick | --rounds N] HOST

Runs where the inventory's hosts can be reached (extensions/guests/guests exec), in turn with rtcwake over ssh. Times
are printed; it ends with status 1 when a measure is void: a host that did not sleep, or was not woken by its clock.
"""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
import typing as t

ROUNDS: t.Final = 3
DURATION: t.Final = 25.0
DELAY: t.Final = 5.0
#: Both clocks, which differ by the time asleep.
CLOCKS: t.Final = (
    "import time; print(time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC))"
)


class Void(Exception):
    """A measure that says nothing; the text says why."""


class Banner:
    """Looks for ssh's banner all the time; ``back`` is when it last came again after it had been away (monotonic)."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._over = threading.Event()
        self.back = 0.0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Banner:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        away = False
        # each look at a host that is awake costs it a process
        while not self._over.wait(0.05 if away else 1.0):
            seen = self._look()
            if seen and away:
                self.back = time.monotonic()
            away = not seen

    def _look(self) -> bool:
        try:
            with socket.create_connection((self._address, 22), 1.0) as link:
                return link.recv(4) == b"SSH-"
        except OSError:
            return False


def ansible(host: str, module: str, args: str) -> tuple[str, float]:
    """What an ad-hoc command says, and its seconds."""
    begin = time.monotonic()
    command = ["ansible", host, "-b", "-m", module, "-a", args]
    ran = subprocess.run(
        command, env={**os.environ, "ANSIBLE_NOCOLOR": "1"}, capture_output=True, text=True, check=False
    )
    taken = time.monotonic() - begin
    if ran.returncode:
        raise Void(f"{' '.join(command)}: {ran.stdout}{ran.stderr}")
    return ran.stdout, taken


def by_pm_suspend(host: str, address: str) -> dict[str, float]:
    args = f"mode=mem duration={DURATION:g} delay={DELAY:g} wake_proof=armed"
    with Banner(address) as banner:
        said, taken = ansible(host, "hostpm.power.pm_suspend", args)
        end = time.monotonic()
    result = json.loads(said[said.index("{") :])
    if result.get("outcome") != "slept" or result["woken_by"] != "rtc" or not banner.back:
        raise Void(str(result.get("msg")))
    parts = {name: float(result[name]) for name in ("entry", "resume", "reconnect")}
    overhead = taken - DELAY - result["asleep"]
    return {
        "asleep": result["asleep"],
        "overhead": overhead,
        **parts,
        "before and after": overhead - sum(parts.values()),
        "after the banner": end - banner.back,
    }


def by_rtcwake(host: str, _address: str) -> dict[str, float]:
    """The same sleep by hand, as lean as can be: one connection that stays open."""
    script = f"python3 -c '{CLOCKS}'; rtcwake -m mem -s {DURATION:.0f} >&2; python3 -c '{CLOCKS}'"
    said, taken = ansible(host, "ansible.builtin.shell", script)
    before, after = (float(line) for line in re.findall(r"(?m)^[0-9]+\.[0-9]+", said))
    if after - before < 1.0:
        raise Void(f"rtcwake: {said}")
    return {"asleep": after - before, "overhead": taken - (after - before)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("host", help="a host of the inventory that may sleep")
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N", help=f"default {ROUNDS}")
    parser.add_argument("--quick", action="store_true", help="1 round")
    options = parser.parse_args()
    listed = subprocess.run(
        ["ansible-inventory", "--host", options.host], capture_output=True, text=True, check=True
    )
    address = json.loads(listed.stdout)["ansible_host"]
    measured: dict[str, list[dict[str, float]]] = {"pm_suspend": [], "rtcwake over ssh": []}
    try:
        for _round in range(1 if options.quick else options.rounds):
            measured["pm_suspend"].append(by_pm_suspend(options.host, address))
            measured["rtcwake over ssh"].append(by_rtcwake(options.host, address))
        nothing = [ansible(options.host, "ansible.builtin.ping", "")[1] for _unused in range(3)]
    except Void as exc:
        print(f"void: {exc}", file=sys.stderr)
        return 1
    report({name: median(rows) for name, rows in measured.items()}, statistics.median(nothing))
    return 0


def median(rows: t.Sequence[t.Mapping[str, float]]) -> dict[str, float]:
    return {name: statistics.median(row[name] for row in rows) for name in rows[0]}


def report(rows: t.Mapping[str, t.Mapping[str, float]], nothing: float) -> None:
    """A table of medians; ``nothing`` is what an ansible that does nothing takes (s)."""
    ours = rows["pm_suspend"]
    parts = ["entry", "resume", "reconnect", "before and after"]
    print("Seconds beyond the delay and the time asleep, medians; mode mem, woken by the RTC\n")
    print(f"| way | asleep | overhead | {' | '.join(parts)} |")
    print(f"|---|{'---|' * (2 + len(parts))}")
    for name, row in rows.items():
        cells = [row.get(part) for part in ("asleep", "overhead", *parts)]
        print(f"| {name} | {' | '.join('' if cell is None else f'{cell:.2f}' for cell in cells)} |")
    peer = rows["rtcwake over ssh"]["overhead"]
    print(f"\noverhead: {ours['overhead'] / peer:.1f} times that of rtcwake, which proves nothing")
    after = ours["after the banner"]
    print(
        f"from ssh's banner to the result: {after:.2f} s, {after / nothing:.1f} times an ansible that does nothing"
    )


if __name__ == "__main__":
    sys.exit(main())
