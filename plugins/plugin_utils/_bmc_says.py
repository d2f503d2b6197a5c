"""What a host's power-management agents say of its power, as a sentence for messages. Private."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ..module_utils._options import Mistakes
from ..module_utils._secrets import Secrets
from ..module_utils._task import prepare
from ._variables import BadVariable, Template, resolve

#: How long they may take (s).
_TIMEOUT: t.Final = 20.0


def bmc_says(host: str, variables: t.Mapping[str, t.Any], template: Template) -> str:
    """Read its status, and say it; why it cannot be read, where it cannot; empty when it has no agents."""
    if not variables.get("pm_agents"):
        return ""
    try:
        agents = resolve(variables["pm_agents"], f"{host}: pm_agents", template)
        task = prepare({"action": "status", "agents": agents, "host": host, "timeout": _TIMEOUT}, Secrets())
        told = task.run(check=False, diff=False, interrupted=lambda _text: None)
        # that an off may be a sleep is a warning
        return " ".join([told["msg"], *told.get("warnings", [])])
    except (BadVariable, Mistakes) as exc:
        return f"Its power cannot be read: {exc}"
