"""The command line of the lab."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import argparse
import asyncio
import json
import pathlib
import sys
import typing as t

import yaml

from . import chart, rack, story
from .control import ControlError, request
from .lab import LabError
from .serve import serve


def main(arguments: t.Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (rack.RackError, LabError, ControlError, OSError) as exc:
        print(exc, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lab", description="BMCs and switched outlets without hardware.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("serve", help="play a rack until SIGTERM")
    command.add_argument("rack", metavar="RACK.yml", type=pathlib.Path)
    command.add_argument(
        "--inventory", metavar="FILE", type=_inventory, help="write an Ansible inventory with the real ports"
    )
    command.add_argument("--timeline", metavar="FILE", help="write what happens, one JSON line each")
    command.add_argument("--control", metavar="SOCKET", help="listen there for ctl")
    command.add_argument("--exit-with-stdin", action="store_true", help="stop when standard input ends")
    command.set_defaults(run=_serve)
    command = commands.add_parser("timeline", help="draw a timeline")
    command.add_argument("file", metavar="FILE", type=pathlib.Path)
    command.add_argument("--width", type=int, default=100)
    command.add_argument(
        "--from-mark", metavar="TEXT", default="", help="begin at the first mark with this text"
    )
    command.set_defaults(run=_timeline)
    _add_ctl(commands.add_parser("ctl", help="change or ask a lab that is being served"))
    return parser


def _add_ctl(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("socket", metavar="SOCKET")
    requests = parser.add_subparsers(required=True, metavar="REQUEST", dest="do")
    ask = requests.add_parser("state", help="how everything stands, as JSON")
    ask.add_argument("host", nargs="?", metavar="HOST")
    ask = requests.add_parser("fault", help="set faults of an agent; key= clears one")
    ask.add_argument("host", metavar="HOST")
    ask.add_argument("agent", metavar="AGENT")
    ask.add_argument("faults", nargs="+", metavar="key=value", type=_fault)
    ask = requests.add_parser("plug", help="pull a feed's cord, or put it back")
    ask.add_argument("host", metavar="HOST")
    ask.add_argument("feed", metavar="FEED")
    ask.add_argument("plugged", metavar="on|off", choices=("on", "off"))
    ask = requests.add_parser("switch", help="press the button of a feed's outlet")
    ask.add_argument("host", metavar="HOST")
    ask.add_argument("feed", metavar="FEED")
    ask.add_argument("on", metavar="on|off", choices=("on", "off"))
    for name, about in (("sleep", "the host goes to sleep"), ("wake", "it wakes")):
        requests.add_parser(name, help=about).add_argument("host", metavar="HOST")
    requests.add_parser("mark", help="a mark in the timeline").add_argument("text", nargs="+", metavar="TEXT")
    requests.add_parser("stop", help="end the lab")
    parser.set_defaults(run=_ctl)


def _inventory(given: str) -> str:
    if not given.endswith((".yml", ".yaml")):
        raise argparse.ArgumentTypeError(
            f"'{given}': must end in .yml or .yaml, else Ansible does not read it"
        )
    return given


def _fault(given: str) -> tuple[str, t.Any]:
    name, equals, value = given.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"'{given}': must be key=value")
    try:
        return name, rack.parse_yaml(value)
    except yaml.YAMLError as exc:
        raise argparse.ArgumentTypeError(f"'{given}': {exc}") from exc


def _serve(options: argparse.Namespace) -> None:
    try:
        read = rack.load(options.rack.read_text(encoding="utf-8"))
    except rack.RackError as exc:
        raise rack.RackError("\n".join(f"{options.rack}: {line}" for line in str(exc).splitlines())) from exc
    asyncio.run(serve(read, options.inventory, options.timeline, options.control, options.exit_with_stdin))


def _timeline(options: argparse.Namespace) -> None:
    events = story.read(options.file.read_text(encoding="utf-8"))
    print(chart.render(events, options.width, options.from_mark))


def _ctl(options: argparse.Namespace) -> None:
    asked = {name: value for name, value in vars(options).items() if name not in ("run", "socket")}
    if options.do == "fault":
        asked["faults"] = dict(options.faults)
    elif options.do == "plug":
        asked["plugged"] = options.plugged == "on"
    elif options.do == "switch":
        asked["on"] = options.on == "on"
    elif options.do == "mark":
        asked["text"] = " ".join(options.text)
    answer = request(options.socket, asked)
    if options.do == "state":
        print(json.dumps(answer, indent=2))
