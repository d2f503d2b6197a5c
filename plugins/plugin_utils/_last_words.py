"""What a cancelled task still has to tell, told where its operator sees it. Private."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import os
import typing as t

from ansible.utils.display import Display

_HOW: t.Final = os.O_WRONLY | os.O_APPEND | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC


@contextlib.contextmanager
def last_words() -> t.Iterator[t.Callable[[str], None]]:
    """Give a function that prints a warning even when the play is cancelled.

    What a worker displays goes through the controller, and from core 2.19 it has no other way out: on Ctrl-C the
    controller listens no more. So the controller's standard error is opened while it certainly lives.
    """
    with contextlib.ExitStack() as stack:
        stderr = None
        with contextlib.suppress(OSError):  # not Linux, or a socket
            stderr = os.open(f"/proc/{os.getppid()}/fd/2", _HOW)
            stack.callback(os.close, stderr)

        def say(text: str) -> None:
            line = f"[WARNING]: {text}"
            try:
                if stderr is None:
                    raise OSError
                os.write(stderr, f"{line}\n".encode())
            except OSError:
                # not warning(): that waits for the result, which an interrupted task does not have
                Display().display(line, color="bright purple", stderr=True)

        yield say
