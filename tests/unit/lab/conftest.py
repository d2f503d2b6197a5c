"""The lab's package and the helpers of its tests are importable from here."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent

for folder in (HERE, HERE.parents[2] / "extensions" / "lab"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
