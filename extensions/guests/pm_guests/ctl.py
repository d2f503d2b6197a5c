"""The commands for tests: what a running lab is asked, and what is done to it."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import argparse
import json
import typing as t

from . import journal
from .control import request
from .layout import FEEDS, Layout
from .machine import State
from .programs import LabError

SWITCHES = {"on": True, "off": False, "up": True, "down": False}
#: How much longer than a wait may take its answer may.
MARGIN = 30.0


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the commands below ctl."""
    commands = parser.add_subparsers(required=True, metavar="REQUEST", dest="do")

    def add(name: str, about: str, guest: bool = True) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=about, description=about)
        if guest:
            command.add_argument("guest", metavar="NAME")
        return command

    command = add("state", "what a guest's power is; without a name all that is known, as JSON", guest=False)
    command.add_argument("guest", metavar="NAME", nargs="?")
    command = add("wait", "wait until a guest is in a state")
    command.add_argument("state", choices=[state.value for state in State])
    command.add_argument("--timeout", type=float, default=120.0, help="seconds (default: 120)")
    command = add("timeline", "what happened, one JSON line each; without a name of all guests", guest=False)
    command.add_argument("guest", metavar="NAME", nargs="?", default="")
    command.add_argument(
        "--from-mark", metavar="TEXT", default="", help="begin behind the last mark with this text"
    )
    command.add_argument(
        "--only", metavar="EVENT", action="append", default=[], help="only this kind; can be repeated"
    )
    command.add_argument("--brief", action="store_true", help="as words: the event, the agent if any, what")
    add("mark", "write a mark into the timeline", guest=False).add_argument("text")
    add("feed", "switch an outlet, as at its button").add_argument("feed", choices=FEEDS)
    commands.choices["feed"].add_argument("on", metavar="on|off", choices=("on", "off"))
    add("link", "plug a guest's network cable in, or pull it").add_argument("up", choices=("up", "down"))
    add("bmc-net", "take the network of all BMCs and outlets up or down", guest=False).add_argument(
        "up", choices=("up", "down")
    )
    add("renew", "switch a guest off and boot it with fresh disks")
    add("kill", "end a guest's QEMU, as a crash of the whole machine would")
    add("hang", "stop a guest's processor with its chassis on, or go on").add_argument(
        "on", choices=("on", "off")
    )
    add("nmi", "send a diagnostic interrupt")
    add(
        "secureon", "pretend that the card, when armed, was armed with this password; '' ends it"
    ).add_argument("password", metavar="aa:bb:cc:dd:ee:ff")


def run(layout: Layout, options: argparse.Namespace) -> None:
    """Do one of them.

    :raises LabError: the lab refuses it
    """
    asked = {name: value for name, value in vars(options).items() if name not in ("run",)}
    for name in ("on", "up"):
        if name in asked:
            asked[name] = SWITCHES[asked[name]]
    if options.do == "timeline":
        for event in events(layout, options.guest, options.from_mark):
            if not options.only or event["event"] in options.only:
                print(journal.brief(event) if options.brief else json.dumps(event))
    elif options.do == "state":
        states = request(layout.control, do="state")
        print(json.dumps(states, indent=2) if options.guest is None else _state_of(states, options.guest))
    else:
        request(layout.control, patience=getattr(options, "timeout", 0.0) + MARGIN, **asked)


def _state_of(states: dict[str, t.Any], guest: str) -> str:
    if guest not in states:
        raise LabError(f"there is no guest '{guest}': {', '.join(states)}")
    return str(states[guest]["state"])


def events(layout: Layout, guest: str, mark: str = "") -> list[dict[str, t.Any]]:
    """The timeline of the lab that is up, or was up last."""
    with open(layout.timeline, encoding="utf-8") as stream:
        found = journal.of_guest(stream, guest)
    marks = [place for place, event in enumerate(found) if event["event"] == "mark" and event["what"] == mark]
    return found[marks[-1] + 1 :] if mark and marks else found
