"""The command line of the guests' lab."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import argparse
import asyncio
import json
import os
import pathlib
import subprocess
import sys
import typing as t

from . import ctl, inventory, playing
from .control import request
from .lab import Lab
from .layout import MOST_GUESTS, GuestPlace, Layout
from .programs import LabError, check_machine, inside
from .records import Records
from .supervisor import supervise


def main(arguments: t.Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        if options.run is _supervise:
            _supervise(options)
            return 0
        layout = Layout(name=os.environ.get("PM_GUESTS_LAB", "default"))
        kept = Records(layout.run / "state.json").read().get("layout")
        count = getattr(options, "count", None)
        if kept is not None and count in (None, kept["count"]):
            layout = Layout.from_json(kept)
        elif count is not None:
            layout = Layout(name=layout.name, count=count)
        lab = Lab(layout, lambda text: print(f"guests: {text}", file=sys.stderr, flush=True))
        return int(options.run(lab, options) or 0)
    except LabError as exc:
        print(f"guests: {exc}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("guests: interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="guests", description="Real Linux guests that sleep, wake and are fenced. Needs root."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, about: str, work: t.Callable[..., t.Any]) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=about, description=about)
        command.set_defaults(run=work)
        return command

    command = add("up", "bring the lab up and wait until each guest takes a login", _up)
    command.add_argument(
        "--count", type=int, choices=range(1, MOST_GUESTS + 1), help="how many guests (default: 2)"
    )
    command.add_argument("--no-wait", action="store_true", help="do not wait for the guests to boot")
    add("restore", "plug in, switch on and wake all guests, and wait until each takes a login", _restore)
    add("down", "take it down; nothing of it is left", _down)
    add("status", "what runs, and how to reach it", _status)
    command = add(
        "inventory", "print the Ansible inventory, as a file ending in .json may hold it", _inventory
    )
    command.add_argument("--list", action="store_true", help="as an inventory script prints it")
    add("ident", "print what is in the names of all that belongs to this lab", _ident)
    command = add("ssh", "log in to a guest, or run a command there", _ssh)
    command.add_argument("name", metavar="NAME")
    command.add_argument("words", metavar="CMD", nargs=argparse.REMAINDER)
    command = add("exec", "run a command on the controller, from where guests and BMCs are reached", _exec)
    command.add_argument("words", metavar="CMD", nargs=argparse.REMAINDER)
    command = add("molecule", "run molecule with its playbooks on the controller", _molecule)
    command.add_argument("words", metavar="ARGUMENT", nargs=argparse.REMAINDER)
    command = add("console", "the end of what a guest printed on its console", _console)
    command.add_argument("name", metavar="NAME")
    command.add_argument("--lines", type=int, default=40)
    ctl.add_to(add("ctl", "ask or change a running lab", _ctl))
    command = add("supervise", argparse.SUPPRESS, _supervise)
    command.add_argument("run_folder", type=pathlib.Path)
    return parser


def _up(lab: Lab, options: argparse.Namespace) -> None:
    changed = lab.up(wait=not options.no_wait)
    if not changed:
        print("guests: already up, nothing changed")
        if options.count not in (None, lab.layout.count):
            raise LabError(f"it has {lab.layout.count} guests: take it down to start it with {options.count}")
    _show(lab)


def _down(lab: Lab, _options: argparse.Namespace) -> None:
    print("guests: down" if lab.down() else "guests: already down, nothing changed")


def _restore(lab: Lab, _options: argparse.Namespace) -> None:
    _need_up(lab)
    lab.restore()
    print("guests: all plugged in, on, awake and reached")


def _status(lab: Lab, _options: argparse.Namespace) -> int:
    check_machine()
    if not lab.is_up():
        left = lab.layout.run.exists()
        print(
            "guests: not up" + (", but not taken down either: guests down removes the rest" if left else "")
        )
        return 3
    _show(lab)
    return 0


def _show(lab: Lab) -> None:
    states = request(lab.layout.control, do="state")
    print(f"accelerator {lab.records.read()['accelerator']}, timeline {lab.layout.timeline}")
    for guest in lab.layout.guests:
        agents = ", ".join(f"{name} {address}" for name, address in guest.agents.items())
        print(f"{guest.name}: {states[guest.name]['state']}, ssh root@{guest.address}, {guest.mac}; {agents}")
    print("log in with: guests ssh NAME; run a command that reaches the BMCs with: guests exec CMD")


def _inventory(lab: Lab, options: argparse.Namespace) -> None:
    variables = inventory.hosts(lab.layout, lab.key)
    print(json.dumps((inventory.as_script if options.list else inventory.as_file)(variables), indent=2))


def _ident(lab: Lab, _options: argparse.Namespace) -> None:
    print(lab.layout.ident)


def _guest(lab: Lab, name: str) -> GuestPlace:
    for guest in lab.layout.guests:
        if guest.name == name:
            return guest
    raise LabError(f"there is no guest '{name}': {', '.join(one.name for one in lab.layout.guests)}")


def _need_up(lab: Lab) -> None:
    check_machine()
    if not lab.is_up():
        raise LabError("the lab is not up: guests up")


def _ssh(lab: Lab, options: argparse.Namespace) -> int:
    _need_up(lab)
    return subprocess.run(lab.ssh(_guest(lab, options.name), *options.words), check=False).returncode


def _exec(lab: Lab, options: argparse.Namespace) -> int:
    _need_up(lab)
    words = options.words or [os.environ.get("SHELL", "/bin/sh")]
    command = inside(lab.network.controller, *words)
    return subprocess.run(command, env=playing.environment(lab.layout), check=False).returncode


def _molecule(lab: Lab, options: argparse.Namespace) -> int:
    check_machine()
    return playing.molecule(lab.layout, options.words)


def _console(lab: Lab, options: argparse.Namespace) -> None:
    print(lab.console(_guest(lab, options.name), options.lines))


def _ctl(lab: Lab, options: argparse.Namespace) -> None:
    ctl.run(lab.layout, options)


def _supervise(options: argparse.Namespace) -> None:
    kept = Records(options.run_folder / "state.json").read()
    asyncio.run(supervise(Layout.from_json(kept["layout"])))
