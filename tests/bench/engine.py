"""The engine and its ipmi driver on one BMC, in a process without Ansible: prints its time as JSON.

Standard input: {"action": ..., "settle": ..., "options": the driver's options}.
"""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from plugins.module_utils._drivers import ipmi
from plugins.module_utils._fencing.engine import Engine
from plugins.module_utils._fencing.model import Agent, Host, Request, Role
from plugins.module_utils._fencing.waiting import MonotonicClock


def main() -> None:
    given = json.load(sys.stdin)
    ipmi._pyghmi()  # an import too: the first login would do it
    options = given["options"]
    agent = Agent(
        index=0,
        name="bmc",
        role=Role.CHASSIS,
        order=1,
        driver="ipmi",
        device=ipmi.Ipmi.device(options),
        address=ipmi.Ipmi.address(options),
        actions=ipmi.Ipmi.ACTIONS,
        options=options,
    )
    request = Request(given["action"], settle=given["settle"])
    begin = time.monotonic()
    engine = Engine(
        Host("node", (agent,)),
        request,
        lambda agent, deadline: ipmi.Ipmi(agent.options, deadline=deadline),
        MonotonicClock(),
    )
    outcome = asyncio.run(engine.run())
    seconds = time.monotonic() - begin
    if "ansible" in sys.modules:
        sys.exit("the engine imported ansible: this is no measure of it alone")
    json.dump({"seconds": seconds, "outcome": outcome.word, "power": outcome.verdict.power.value}, sys.stdout)


if __name__ == "__main__":
    main()
