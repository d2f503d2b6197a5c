"""Integration tests: a lab for each module that has a RACK, and consoles to run ansible from."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

import collection_path
import pytest
from play_kit import Console, Lab, MakeConsole, Variables

collection_path.install_finder()


@pytest.fixture(scope="module")
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Lab]:
    """The lab of the module's RACK; each test has hosts of its own in it."""
    running = Lab(tmp_path_factory.mktemp("lab"), request.module.RACK)
    yield running
    running.close()


@pytest.fixture
def console(tmp_path: Path) -> t.Iterator[MakeConsole]:
    """Make a console with these hosts: names of the lab's, or a mapping; nothing may be left running by it."""
    made: list[Console] = []

    def make(hosts: t.Mapping[str, Variables], **variables: t.Any) -> Console:
        assert not made, "one console a test"
        made.append(Console(tmp_path, hosts, variables))
        return made[0]

    yield make
    for one in made:
        assert one.leftovers() == []
