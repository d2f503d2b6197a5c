"""Every driver by the name that users write in pm_agents."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from .._fencing.driver import DriverType
from .ipmi import Ipmi

#: Explicit imports: AnsiballZ ships only what it sees imported.
DRIVERS: dict[str, DriverType] = {
    "ipmi": Ipmi,
}
