"""Turn every way in which an action can fail into its own result. Private."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import traceback
import typing as t

from ..module_utils._options import Mistakes
from ..module_utils._secrets import Secrets
from ._variables import BadVariable

Result = dict[str, t.Any]


def safely(
    name: str,
    work: t.Callable[[], Result],
    *,
    refused: t.Callable[[Exception], Result],
    broken: t.Callable[[str], Result],
    secrets: Secrets,
) -> Result:
    """Return the result of ``work``, and of its failure.

    :param name: the action's, for the text of a mistake of our own.
    :param refused: the result of options or variables that make no sense.
    :param broken: the result of a mistake of our own, by its text.
    """
    try:
        result = work()
    except (BadVariable, Mistakes) as exc:
        result = refused(exc)
    except Exception as exc:
        place = traceback.extract_tb(exc.__traceback__)[-1]
        # a traceback could show a secret: say where it happened, and what, without one
        why = f"{name} failed with {type(exc).__name__}: {exc} ({place.name}, line {place.lineno})"
        result = broken(secrets.scrub(why))
    if not result.get("warnings"):
        result.pop("warnings", None)  # core shows an empty list, or not, as its version goes
    return result
