"""What is taken out of free texts, and what must never be."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._secrets import MASK, Secrets

SPEC = {"user": {"type": "str"}, "password": {"no_log": True}, "secrets": {"no_log": True}}


def knowing(**values: object) -> Secrets:
    secrets = Secrets()
    secrets.learn(SPEC, values)
    return secrets


def test_every_occurrence_is_masked() -> None:
    assert knowing(password="hunter2").scrub("hunter2, xhunter2x") == f"{MASK}, x{MASK}x"


def test_the_longer_of_two_secrets_goes_first() -> None:
    secrets = knowing(password="hunter", secrets={"token": "hunter2-long"})
    assert secrets.scrub("hunter2-long hunter") == f"{MASK} {MASK}"


def test_what_is_no_secret_stays() -> None:
    assert knowing(user="admin", password="hunter2").scrub("admin") == "admin"


def test_secrets_inside_of_dictionaries_and_lists_are_learned() -> None:
    secrets = knowing(secrets={"a": ["first-one", {"b": "second-one"}], "c": 987654})
    assert secrets.scrub("first-one second-one 987654") == f"{MASK} {MASK} {MASK}"


@pytest.mark.parametrize("word", ["on", "off", "1"])
def test_a_short_one_is_masked_only_as_a_word_of_its_own(word: str) -> None:
    text = f"it said {word}; x{word}x"
    assert knowing(password=word).scrub(text) == f"it said {MASK}; x{word}x"


@pytest.mark.parametrize("value", [None, ""])
def test_no_value_masks_nothing(value: object) -> None:
    assert knowing(password=value, secrets={"x": value}).scrub("as it is") == "as it is"


def test_a_secret_full_of_signs_is_taken_literally() -> None:
    assert knowing(password="a.c(*)[").scrub("abc(*)[ a.c(*)[") == f"abc(*)[ {MASK}"


def test_a_template_of_replacements_is_no_danger() -> None:
    assert knowing(password=r"\1\g<0>").scrub(r"say \1\g<0>") == f"say {MASK}"
