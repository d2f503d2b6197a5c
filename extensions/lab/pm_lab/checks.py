"""Checking of what users write: each mistake is named with its path and the nearest right word."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import difflib
import typing as t

Check = t.Callable[[t.Any], t.Any]


class Mistake(ValueError):
    """What is wrong with a value, without its path."""


def take(path: str, given: t.Any, known: t.Mapping[str, Check], problems: list[str]) -> dict[str, t.Any]:
    """The checked values of the keys that were given; mistakes are added to problems."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        problems.append(f"{path}: must be a mapping" if path else "must be a mapping")
        return {}
    taken = {}
    for key, value in given.items():
        try:
            if key not in known:
                raise Mistake(unknown("key", key, known))
            taken[key] = known[key](value)
        except Mistake as exc:
            problems.append(f"{path}.{key}: {exc}" if path else f"{key}: {exc}")
    return taken


def unknown(kind: str, word: t.Any, known: t.Iterable[str]) -> str:
    """The message for a word that is none of the known ones."""
    names = sorted(known)
    near = difflib.get_close_matches(str(word), names, n=1)
    if near:
        return f"unknown {kind}, did you mean '{near[0]}'?"
    return f"unknown {kind}, known: {', '.join(names) or 'none'}"


def number(value: t.Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
        raise Mistake("must be a number from 0")
    return float(value)


def share(value: t.Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise Mistake("must be a number from 0 to 1")
    return float(value)


def whole(value: t.Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Mistake("must be a whole number from 0")
    return value


def port(value: t.Any) -> int:
    if whole(value) > 65535:
        raise Mistake("must be a port number, 0 for any free one")
    return int(value)


def flag(value: t.Any) -> bool:
    if not isinstance(value, bool):
        raise Mistake("must be true or false")
    return value


def text(value: t.Any) -> str:
    if not isinstance(value, str):
        raise Mistake("must be a string (quote it)")
    return value


def switch(value: t.Any) -> bool:
    """on or off; a YAML boolean means the same."""
    if value in ("on", "off"):
        return bool(value == "on")
    if not isinstance(value, bool):
        raise Mistake("must be 'on' or 'off'")
    return value


def one_of(*words: str) -> Check:
    def check(value: t.Any) -> str:
        if value not in words:
            raise Mistake(f"must be one of {', '.join(words)}")
        return str(value)

    return check
