"""Contract tests: the collection can be imported, the peers are fixtures, and no test leaves anything."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pathlib
import typing as t

import collection_path
import pytest

collection_path.install_finder()


def _children() -> set[int]:
    return {int(pid) for pid in pathlib.Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


@pytest.fixture
def nothing_is_left() -> t.Iterator[None]:
    """Asked for after the peers: no process and no open file more than before the test."""
    before = _children(), set(os.listdir("/proc/self/fd"))
    yield
    assert (_children() - before[0], set(os.listdir("/proc/self/fd")) - before[1]) == (set(), set())
