"""The secrets of a task, and how they are kept out of texts that libraries wrote. Private to hostpm.power."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import typing as t

#: What stands in the place of a secret.
MASK: t.Final = "********"


class Secrets:
    """The secret values of the agents.

    Only free text is scrubbed, never a whole result: a password ``off`` must not eat the word in ``power: off``.
    """

    def __init__(self) -> None:
        self._values: set[str] = set()

    def learn(self, spec: t.Mapping[str, t.Mapping[str, t.Any]], values: t.Mapping[str, t.Any]) -> None:
        """Remember the values of the options that the spec marks with no_log."""
        for name, option in spec.items():
            if option.get("no_log") and values.get(name) is not None:
                self._add(values[name])

    def _add(self, value: t.Any) -> None:
        if isinstance(value, t.Mapping):
            for inner in value.values():
                self._add(inner)
        elif isinstance(value, (list, tuple)):
            for inner in value:
                self._add(inner)
        elif str(value):
            self._values.add(str(value))

    def scrub(self, text: str) -> str:
        """Return the text without any secret; a short one only where it stands as a word of its own."""
        for value in sorted(self._values, key=len, reverse=True):
            pattern = re.escape(value)
            if len(value) < 4:
                pattern = rf"(?<!\w){pattern}(?!\w)"
            text = re.sub(pattern, MASK, text)
        return text
