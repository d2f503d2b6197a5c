#!/bin/sh
# Python in a world without systemd: what systemd keeps below /run is hidden from it, and from all that it starts.
exec unshare --mount --propagation private sh -ec 'mount -t tmpfs none /run/systemd; exec /usr/bin/python3 "$@"' sh "$@"
