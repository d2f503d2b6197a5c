"""Values from the inventory as plain data: templated, unvaulted, with errors that show no value. Private."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import typing as t

from ansible.errors import AnsibleError

Template = t.Callable[[t.Any], t.Any]


class BadVariable(Exception):
    """A value cannot be templated or decrypted; the message names its path, never the value."""


def resolve(value: t.Any, path: str, template: Template) -> t.Any:
    """Return the value with all templates and vaulted strings replaced by what they stand for.

    Core prints the neighbouring inventory lines of a value that fails, and the template itself, either of which may
    hold a password: so the failing leaf is found here and only its path and the missing variable are told.

    :raises BadVariable: names the path of the leaf, such as pm_agents[1].ipmi.password.
    """
    try:
        return _unvault(template(value))
    except (AnsibleError, ValueError, TypeError) as exc:
        _find_culprit(value, path, template)
        raise BadVariable(f"{path} cannot be evaluated{_hint(exc)}.") from None


def _unvault(value: t.Any) -> t.Any:
    """Core 2.16 and 2.17 keep inline vaulted values as objects that argument validation does not know."""
    if isinstance(value, t.Mapping):
        return {key: _unvault(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_unvault(inner) for inner in value]
    return str(value) if hasattr(value, "__ENCRYPTED__") else value


def _find_culprit(value: t.Any, path: str, template: Template) -> None:
    """Raise for the first leaf that fails on its own."""
    if isinstance(value, t.Mapping):
        for key in value:
            _find_culprit(value[key], f"{path}.{key}", template)
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            _find_culprit(inner, f"{path}[{index}]", template)
    else:
        try:
            _unvault(template(value))
        except (AnsibleError, ValueError, TypeError) as exc:
            raise BadVariable(f"{path} cannot be evaluated{_hint(exc)}.") from None


def _hint(exc: BaseException) -> str:
    """What may be told of an error: the name of a missing variable, or that decryption failed."""
    missing = re.search(r"'([A-Za-z_]\w*)' is undefined", str(exc))
    if missing:
        return f": the variable '{missing.group(1)}' is not defined. Define it for this host"
    missing = re.search(r"has no attribute '([A-Za-z_]\w*)'", str(exc))
    if missing:
        return f": what it refers to has no '{missing.group(1)}'. Define it for this host"
    if "vault" in type(exc).__name__.lower() or "decrypt" in str(exc).lower():
        return ": it cannot be decrypted. Give the right vault password (--vault-id or --ask-vault-pass)"
    return f" ({type(exc).__name__}). Look at its template; its text is not shown, as it may hold a secret"
