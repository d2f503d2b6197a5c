#!/usr/bin/env bash
# The inventory of the lab, as Ansible asks a script for it.
exec "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../guests/guests" inventory "$@"
