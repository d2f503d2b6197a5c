"""The sentence of each outcome of a pm_wake, as an operator reads it, and the warnings beside it. Private."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from .._sleep.magic import format_mac
from .ladder import Ladder
from .model import Packets, Step, Wake


def sentence(word: str, ladder: Ladder, proxy: str, verified_from: str) -> str:
    """Say how it ended: what was seen, what was sent before that; where it failed, what to look at."""
    wake = ladder.wake
    if word == "already_awake":
        if ladder.was_down:
            return f"{wake.host} came up by itself: {_answer(ladder)} {_at(ladder)}; nothing was sent."
        return f"{wake.host} is awake: {_answer(ladder)}; nothing was sent."
    if word == "planned":
        rungs = ", ".join(wake.rungs)
        looked = f": {wake.target}: {ladder.seen}" if wake.target else "; nobody looked"
        state = "was not reached" if wake.target else "would be woken"
        return f"{wake.host} {state}{looked}. Nothing was sent. It would be tried: {rungs}."
    if word == "refused":
        return (
            f"{wake.host}: nothing was sent. {wake.host} was not reached, and its turn comes {wake.turn:g} s after the "
            f"start (its place in the batch by a stagger of {wake.stagger:g} s), while timeout is {wake.timeout:g} s. "
            "Give a greater timeout or a smaller stagger, or wake fewer hosts at once (serial)."
        )
    if word == "woken":
        return f"{wake.host} was reached: {_answer(ladder)} {_when(ladder, proxy)}{_others(ladder)}."
    if word == "unverified":
        did = _did(ladder, proxy)
        return f"{wake.host} may have been woken: {did}. Nobody looked whether it woke up (reach: none)."
    return _not_reached(ladder, proxy, verified_from)


def warnings(word: str, ladder: Ladder, proxy: str) -> list[str]:
    """What an operator has to know although the task did not fail."""
    host = ladder.wake.host
    found = []
    if word == "unverified":
        found.append(
            f"{host}: it was not seen whether the host woke up. Use reach: ssh or reach: tcp where it can be."
        )
    if word in ("woken", "unverified"):
        found += [
            f"{host}: {step.rung} from {proxy} did not work: {step.message}"
            for step in ladder.steps
            if step.state == "failed" or (step.rung == "magic" and step.message)
        ]
    return found


def destination(wake: Wake, rung: str) -> str:
    """What a rung does, and to whom."""
    if rung == "rtc":
        return f"waits for the host's own alarm, due {_from_start(wake.due or 0.0)}"
    if rung == "agent":
        return f"switches the host on by {' and '.join(wake.agents)}"
    packets = wake.packets or Packets(())
    ports = " and ".join(str(port) for port in packets.ports)
    through = f" and as frames, through {packets.interface}" if packets.interface else ""
    secureon = " with its SecureOn password" if packets.secureon else ""
    macs = ", ".join(format_mac(mac) for mac in packets.macs)
    port = "port" if len(packets.ports) == 1 else "ports"
    return (
        f"sends magic packets for {macs}{secureon} to {packets.broadcast} (UDP {port} {ports}){through}, "
        f"every {wake.interval:g} s"
    )


def _from_start(seconds: float) -> str:
    return f"{seconds:.1f} s after the start" if seconds >= 0 else f"{-seconds:.1f} s before the start"


def _answer(ladder: Ladder) -> str:
    target = ladder.wake.target
    if target is None:
        return "nobody looked"
    verb = "ssh answered" if target.how == "ssh" else "a connection was accepted"
    return f"{verb} at {target.address} port {target.port}"


def _at(ladder: Ladder) -> str:
    return _from_start((ladder.reached_at or 0.0) - ladder.started)


def _when(ladder: Ladder, proxy: str) -> str:
    """How long after what, the last rung that acted being what worked."""
    step = ladder.worked
    if step is None or step.at is None:
        return _at(ladder)
    at = (ladder.reached_at or 0.0) - ladder.started
    if step.rung == "rtc":
        late = at - (ladder.wake.due or 0.0)
        order = "after" if late >= 0 else "before"
        return f"{abs(late):.1f} s {order} its own alarm was due; nothing was sent"
    after = f"{at - step.at:.1f} s after"
    if step.rung == "magic":
        return f"{after} the first magic packet, {_packets(step)} from {proxy}"
    said = f": {step.message.rstrip('.')}" if step.message else ""
    return f"{after} its agents were asked to switch it on{said}"


def _others(ladder: Ladder) -> str:
    """The rungs that had acted before the one that worked: it may have been one of them."""
    earlier = [step.rung for step in ladder.steps if step.acted and step is not ladder.worked]
    return f" (before that: {', '.join(earlier)})" if earlier else ""


def _packets(step: Step) -> str:
    return f"{step.sent} packet{'' if step.sent == 1 else 's'}"


def _did(ladder: Ladder, proxy: str) -> str:
    return "; ".join(
        f"{step.rung}: {_came_to(step, ladder, proxy)}" for step in ladder.steps if step.state != "not_needed"
    )


def _came_to(step: Step, ladder: Ladder, proxy: str) -> str:
    if step.state == "waiting":
        return "its turn did not come"
    if step.rung == "rtc":
        return f"its own alarm was due {_from_start(ladder.wake.due or 0.0)}"
    if step.rung == "agent":
        return step.message.rstrip(".") or "no answer of its agents"
    if not step.sent:
        return f"nothing was sent from {proxy}: {step.message.rstrip('.')}"
    trouble = f"; {step.message.rstrip('.')}" if step.message else ""
    what = destination(ladder.wake, "magic").replace("sends magic packets", f"{_packets(step)} from {proxy}")
    return f"{what}{trouble}"


def _not_reached(ladder: Ladder, proxy: str, verified_from: str) -> str:
    wake = ladder.wake
    seen = (
        f"{wake.target}, looked for from {verified_from}: {ladder.seen}" if wake.target else "nobody looked"
    )
    sent = "" if ladder.sent else " Nothing was sent."
    return (
        f"{wake.host} was NOT reached within {ladder.elapsed:.1f} s ({seen}).{sent} Tried: {_did(ladder, proxy)}."
        f"{_advice(ladder, proxy)}"
    )


def _advice(ladder: Ladder, proxy: str) -> str:
    advice = []
    for step in ladder.steps:
        if step.rung == "magic" and step.sent:
            advice.append(
                "whether its card was armed before it went down ('Wake-on: g' of ethtool, and the firmware's setup)"
            )
            if ladder.wake.packets and ladder.wake.packets.secureon:
                advice.append("whether the card has this SecureOn password")
            here = "the controller" if proxy == "localhost" else proxy
            advice.append(f"whether {here} is in the network of its card (delegate_to names another sender)")
        if step.rung == "rtc":
            advice.append("whether its clock and its alarm were right")
        if step.rung == "agent" and step.state == "no_answer" and not step.acted:
            advice.append(
                "whether it hangs, as its agents had nothing to switch on (hostpm.power.pm_fence can restart it)"
            )
    if "agent" not in ladder.wake.rungs:
        advice.append("what its BMC reads (hostpm.power.pm_fence, action status)")
    if ladder.seen.startswith("the port is open"):
        advice.append("what listens at that port, perhaps a forwarded one (reach_address, reach_port)")
    return f" Look at: {'; '.join(advice)}." if advice else ""
