"""The magic packet: its bytes, and every way to write its addresses."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
import yaml
from ansible_collections.hostpm.power.plugins.module_utils._sleep import magic
from hypothesis import given
from hypothesis import strategies as st

MAC = bytes.fromhex("525400123456")


def test_the_packet_that_a_card_expects() -> None:
    """Byte for byte, as wakeonlan and etherwake send it."""
    expected = "ffffffffffff" + "525400123456" * 16
    assert magic.packet(MAC).hex() == expected
    assert len(magic.packet(MAC)) == 102
    assert magic.packet(MAC, b"\x01\x02\x03\x04").hex() == expected + "01020304"
    assert magic.packet(MAC, b"\x01\x02\x03\x04\x05\x06").hex() == expected + "010203040506"


@pytest.mark.parametrize(
    ("mac", "secureon"), [(b"", b""), (MAC[:5], b""), (MAC * 2, b""), (MAC, b"12345"), (MAC, b"1")]
)
def test_no_packet_of_another_length(mac: bytes, secureon: bytes) -> None:
    with pytest.raises(ValueError, match="are not possible"):
        magic.packet(mac, secureon)


@pytest.mark.parametrize(
    "text",
    [
        "52:54:00:12:34:56",
        "52-54-00-12-34-56",
        "5254.0012.3456",
        "525400123456",
        " 52:54:00:12:34:56\n",
    ],
)
def test_every_way_to_write_a_mac(text: str) -> None:
    assert magic.parse_mac(text) == MAC


def test_case_does_not_matter() -> None:
    assert (
        magic.parse_mac("AA:bb:Cc:dD:ee:Ff")
        == magic.parse_mac("AABB.CCDD.EEFF")
        == b"\xaa\xbb\xcc\xdd\xee\xff"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "52:54:00:12:34",
        "52:54:00:12:34:56:78",
        "52:54:00:12:34:5",
        "52:54-00:12-34:56",
        "52.54.00.12.34.56",
        "5254:0012:3456",
        "52:54:00:12:34:5g",
        "52 54 00 12 34 56",
        "5254001234567",
        "0x5254001234",
        "\uff15\uff12:54:00:12:34:56",
        "192.0.2.1",
        "node1",
    ],
)
def test_no_mac_at_all(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no MAC address\. Write 00:11:22:33:44:55, ") as caught:
        magic.parse_mac(text)
    assert f"'{text}'" in str(caught.value)


def test_a_mac_that_yaml_took_for_a_number() -> None:
    taken = yaml.safe_load("mac: 10:20:30:40:50:59")["mac"]
    assert isinstance(taken, int)
    with pytest.raises(ValueError, match=r"Put it in quotes: YAML takes one of digits for a number$"):
        magic.parse_mac(str(taken))


@pytest.mark.parametrize("text", ["ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "33:33:00:00:00:01"])
def test_an_address_of_a_group(text: str) -> None:
    with pytest.raises(ValueError, match="is the address of a group, not of one card"):
        magic.parse_mac(text)


def test_the_address_of_nobody() -> None:
    with pytest.raises(ValueError, match="is nobody's address"):
        magic.parse_mac("00:00:00:00:00:00")


single_hosts = st.binary(min_size=6, max_size=6).filter(lambda mac: any(mac) and not mac[0] & 1)


@given(single_hosts, st.sampled_from(["colon", "dash", "dots", "bare"]), st.booleans())
def test_what_is_written_is_read_back(mac: bytes, form: str, upper: bool) -> None:
    digits = mac.hex()
    text = {
        "colon": magic.format_mac(mac),
        "dash": mac.hex("-"),
        "dots": ".".join(digits[place : place + 4] for place in (0, 4, 8)),
        "bare": digits,
    }[form]
    assert magic.parse_mac(text.upper() if upper else text) == mac


@given(st.text(alphabet="0123456789abcdefABCDEF:-. ", max_size=20))
def test_nothing_else_is_read_as_a_mac(text: str) -> None:
    try:
        mac = magic.parse_mac(text)
    except ValueError:
        return
    assert text.strip().lower().translate(str.maketrans("", "", ":-.")) == mac.hex()


@given(single_hosts, st.sampled_from([b"", b"1234", b"123456"]))
def test_a_packet_has_the_address_sixteen_times(mac: bytes, secureon: bytes) -> None:
    made = magic.packet(mac, secureon)
    assert made[:6] == b"\xff" * 6
    assert [made[place : place + 6] for place in range(6, 102, 6)] == [mac] * 16
    assert made[102:] == secureon


@pytest.mark.parametrize(
    ("text", "password"),
    [
        ("01:02:03:04:05:06", b"\1\2\3\4\5\6"),
        ("01-02-03-04-05-06", b"\1\2\3\4\5\6"),
        ("0102.0304.0506", b"\1\2\3\4\5\6"),
        ("010203040506", b"\1\2\3\4\5\6"),
        ("00:00:00:00:00:00", b"\0" * 6),
        ("01:02:03:04", b"\1\2\3\4"),
        ("01020304", b"\1\2\3\4"),
        ("1.2.3.4", b"\1\2\3\4"),
        ("192.168.1.255", b"\xc0\xa8\x01\xff"),
    ],
)
def test_secureon_passwords(text: str, password: bytes) -> None:
    assert magic.parse_secureon(text) == password


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("01:02:03:04:05", "has 5 bytes. A SecureOn password has 4 or 6"),
        ("0102", "has 2 bytes"),
        ("01:02:03:04:05:06:07", "has 7 bytes"),
        ("secret", "is no SecureOn password"),
        ("1.2.3.400", "is no SecureOn password"),
        ("", "is no SecureOn password"),
    ],
)
def test_a_wrong_secureon_password_is_not_shown(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        magic.parse_secureon(text)
    error: BaseException | None = caught.value
    while error is not None:
        assert not text or text not in str(error)
        error = error.__context__
