"""The program that arms a card with a password: run as the role runs it, and against a driver's side of its request."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ctypes
import importlib.util
import io
import struct
import subprocess
import sys
import typing as t

import pytest
from role_kit import ROLES

PROGRAM: t.Final = ROLES / "wake_on_lan" / "files" / "secureon.py"
PASSWORD: t.Final = "00:11:22:33:44:5f"


def run(password: str, interface: str = "lo") -> subprocess.CompletedProcess[str]:
    code = PROGRAM.read_text(encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-c", code, interface, "check"],
        input=password,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_interface_that_is_no_card_is_refused_by_the_kernel() -> None:
    ran = run(PASSWORD)
    assert ran.returncode == 1
    assert ran.stderr == "lo: its driver refuses: Operation not supported\n"


def test_an_interface_that_there_is_not_is_refused_by_the_kernel() -> None:
    assert run(PASSWORD, "nosuch0").stderr == "nosuch0: its driver refuses: No such device\n"


@pytest.mark.parametrize("password", ["", "00:11:22:33", "geheim", "00:11:22:33:44:5f:66"])
def test_what_is_no_password_is_refused_and_not_shown(password: str) -> None:
    ran = run(password)
    assert ran.returncode == 1
    assert ran.stderr == "lo: the password is not 6 bytes such as 00:11:22:33:44:55\n"


class Driver:
    """The kernel's side, by linux/ethtool.h: no card with SecureOn is in any machine of these tests."""

    def __init__(self, supported: int) -> None:
        self.supported, self.armed, self.password = supported, 0, b"\0" * 6
        self.asked: list[int] = []

    def ioctl(self, _channel: object, number: int, request: bytes) -> None:
        assert number == 0x8946, "not SIOCETHTOOL"
        assert request[:16].rstrip(b"\0") == b"eth0"
        (address,) = struct.unpack_from("P", request, 16)
        info = (ctypes.c_ubyte * 20).from_address(address)
        command, _supported, options, password = struct.unpack("=III6s", bytes(info)[:18])
        self.asked.append(command)
        if command == 6:
            self.armed, self.password = options, password
        answer = struct.pack("=III6s", command, self.supported, self.armed, self.password)
        ctypes.memmove(address, answer, len(answer))


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> t.Any:
    spec = importlib.util.spec_from_file_location("secureon", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD + "\n"))
    return module


def drive(program: t.Any, monkeypatch: pytest.MonkeyPatch, supported: int = 0x60) -> Driver:
    driver = Driver(supported)
    monkeypatch.setattr(program.fcntl, "ioctl", driver.ioctl)
    return driver


def test_the_card_gets_the_password_and_nothing_but_secureon(
    program: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = drive(program, monkeypatch)
    assert program.main("eth0", check=False) == "armed"
    assert (driver.armed, driver.password) == (0x40, bytes.fromhex("00112233445f"))


def test_a_card_that_has_it_is_left_alone(program: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = drive(program, monkeypatch)
    driver.armed, driver.password = 0x40, bytes.fromhex("00112233445f")
    assert program.main("eth0", check=False) == "armed already"
    assert driver.asked == [5]


def test_a_card_with_another_password_would_be_armed(program: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = drive(program, monkeypatch)
    driver.armed = 0x40
    assert program.main("eth0", check=True) == "would be armed"
    assert driver.asked == [5]


def test_a_card_without_secureon_is_refused(program: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    drive(program, monkeypatch, supported=0x20)
    with pytest.raises(SystemExit, match="eth0: its driver knows no SecureOn"):
        program.main("eth0", check=False)
