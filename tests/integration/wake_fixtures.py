"""Fixtures of the tests of pm_wake: sleeping hosts on networks of our own, and what is heard on loopback."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import typing as t
from pathlib import Path

import pytest
from play_kit import MakeConsole
from wake_desk import Desk
from wake_kit import Networks, Sleepers, need_network_namespaces


@pytest.fixture(scope="module")
def networks() -> t.Iterator[Networks]:
    need_network_namespaces()
    made = Networks()
    try:
        made.make()
        yield made
    finally:
        made.close()


@pytest.fixture
def desk(networks: Networks, console: MakeConsole, tmp_path: t.Any) -> t.Iterator[Desk]:
    made = Desk(networks, console, tmp_path)
    yield made
    if made.sleepers:
        made.sleepers.close()


@pytest.fixture
def port() -> t.Iterator[int]:
    """A port of loopback at which nobody listens yet."""
    with socket.socket() as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        yield kept.getsockname()[1]


@pytest.fixture
def heard(tmp_path: Path) -> t.Iterator[Sleepers]:
    """What is sent to loopback's broadcast; nobody is woken by it."""
    made = Sleepers(tmp_path, {"hosts": [], "udp": [0, 0]})
    yield made
    made.close()
