"""Which frames are magic packets, and which armed card wakes by them."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pm_guests.magic import Card, Magic, find

MAC = bytes.fromhex("525400770001")
SENDER = bytes.fromhex("525400770002")
ALL = b"\xff" * 6
PASSWORD = bytes.fromhex("00112233aabb")


def frame(payload: bytes, to: bytes = ALL, kind: bytes = b"\x08\x42") -> bytes:
    return to + SENDER + kind + payload


@pytest.mark.parametrize("to", [ALL, MAC, bytes.fromhex("01005e000001")])
@pytest.mark.parametrize("kind", [b"\x08\x42", b"\x08\x00"])
def test_a_frame_to_the_card_or_to_a_group(to: bytes, kind: bytes) -> None:
    found = find(frame(bytes(28) + ALL + MAC * 16, to, kind))
    assert found == Magic("52:54:00:77:00:01", "", "52:54:00:77:00:02")


def test_the_password_stands_behind_it() -> None:
    found = find(frame(ALL + MAC * 16 + PASSWORD))
    assert found is not None
    assert found.password == "00:11:22:33:aa:bb"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        ALL,
        ALL + MAC * 15,
        ALL + MAC * 15 + SENDER,
        ALL[:5] + MAC * 16,
        ALL + MAC[:3],
        b"\xff" * 200,
    ],
)
def test_what_is_none(payload: bytes) -> None:
    assert find(frame(payload)) is None


def test_a_frame_to_another_card_wakes_nobody() -> None:
    assert find(frame(ALL + MAC * 16, to=SENDER)) is None


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_it_may_stand_anywhere(before: bytes, behind: bytes) -> None:
    found = find(frame(before + b"\x00" + ALL + MAC * 16 + behind))
    assert found is not None
    assert found.mac == "52:54:00:77:00:01"


def test_more_ff_before_it_do_no_harm() -> None:
    assert find(frame(b"\xff" * 9 + MAC * 16)) is not None


def packet(password: str = "") -> Magic:
    return Magic("52:54:00:77:00:01", password, "")


@pytest.mark.parametrize(
    ("card", "password", "refusal"),
    [
        (Card("g", "enabled"), "", ""),
        (Card("pumbg", "enabled"), "00:00:00:00:00:01", ""),
        (Card("d", "enabled"), "", "not armed (wol d)"),
        (Card("pu", "enabled"), "", "not armed (wol pu)"),
        (Card("g", "disabled"), "", "power/wakeup is disabled"),
        (Card("g", ""), "", "power/wakeup is missing"),
        (Card("s", "enabled", "00:11:22:33:AA:bb"), "00:11:22:33:aa:bb", ""),
        (Card("s", "enabled", "00:11:22:33:aa:bb"), "00:11:22:33:aa:bc", "wrong SecureOn password"),
        (Card("s", "enabled", "00:11:22:33:aa:bb"), "", "no SecureOn password"),
    ],
)
def test_what_an_armed_card_accepts(card: Card, password: str, refusal: str) -> None:
    assert card.refusal(packet(password)) == refusal


def test_a_pretended_password_arms_no_card() -> None:
    assert Card("d", "enabled").secured("00:11:22:33:aa:bb").refusal(packet()) == "not armed (wol d)"
    assert Card("g", "enabled").secured("00:11:22:33:aa:bb").refusal(packet()) == "no SecureOn password"
    assert Card("g", "enabled").secured("") == Card("g", "enabled")


def test_what_the_guest_reports() -> None:
    assert Card.from_report({"wol": "g", "wakeup": "enabled", "sopass": ""}) == Card("g", "enabled")
