"""The faults of an agent: their names, values and defaults."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import typing as t

from . import checks

ACTIONS = ("off", "on", "cycle", "reset", "nmi", "soft")


@dataclasses.dataclass
class Faults:
    """What is wrong with an agent. The counters busy and ack_lost run down as they are used up."""

    delay: float = 0.0
    lag: float = 0.0
    read_lag: float = 0.0
    lie: tuple[str, ...] = ()
    flap: float = 0.0
    loss: float = 0.0
    seed: int = 0
    drop_session_after: int | None = None
    mute_after_login: bool = False
    vanish_after: str | None = None
    refuse_login: str | None = None
    sessions: int | None = None
    reject: tuple[str, ...] = ()
    busy: int = 0
    ack_lost: int = 0
    dead: bool | str = False
    closed: bool = False

    def given(self) -> dict[str, t.Any]:
        """Those that are not at their default."""
        return {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != field.default
        }


DEFAULTS = Faults()


def actions(value: t.Any) -> tuple[str, ...]:
    """One action or a list of them."""
    given = value if isinstance(value, (list, tuple)) else [value]
    for action in given:
        if action not in ACTIONS:
            raise checks.Mistake(checks.unknown("action", action, ACTIONS))
    return tuple(given)


def lies(value: t.Any) -> tuple[str, ...]:
    """true: on and off; else the actions that are only acknowledged."""
    if isinstance(value, bool):
        return ("off", "on") if value else ()
    return actions(value)


def dead(value: t.Any) -> bool | str:
    if value == "until_power_cycle":
        return "until_power_cycle"
    if not isinstance(value, bool):
        raise checks.Mistake("must be true, false or until_power_cycle")
    return value


CHECKS: t.Mapping[str, checks.Check] = {
    "delay": checks.number,
    "lag": checks.number,
    "read_lag": checks.number,
    "flap": checks.number,
    "loss": checks.share,
    "seed": checks.whole,
    "drop_session_after": checks.whole,
    "sessions": checks.whole,
    "busy": checks.whole,
    "ack_lost": checks.whole,
    "mute_after_login": checks.flag,
    "closed": checks.flag,
    "dead": dead,
    "vanish_after": checks.one_of("off", "on"),
    "refuse_login": checks.one_of("user", "password"),
    "reject": actions,
    "lie": lies,
}


# The agent of an outlet has no feeds, so no power cycle brings it back.
OUTLET_CHECKS: t.Mapping[str, checks.Check] = {**CHECKS, "dead": checks.flag}


def parse(path: str, given: t.Any, problems: list[str], outlet: bool = False) -> dict[str, t.Any]:
    """The checked faults that were given; mistakes are added to problems."""
    return checks.take(path, given, OUTLET_CHECKS if outlet else CHECKS, problems)
