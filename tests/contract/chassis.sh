# shellcheck shell=bash
# ipmi_sim's chassis_control: a host with a chassis and two feeds, kept in FOLDER.
# Usage: bash chassis.sh FOLDER chassis|feed-a|feed-b get|set WHAT [VALUE]
# Each file of FOLDER named chassis, feed-a, feed-b holds 1 (on) or 0; FOLDER/log has a line for each call.
set -eu
folder=$1 who=$2
shift 2
echo "$(date +%s.%N) $who $*" >>"$folder/log"

case "$1 $2" in
  "get power")
    echo "power:$(<"$folder/$who")"
    ;;
  "set power")
    if [[ $who == chassis && $3 == 1 && $(<"$folder/feed-a")$(<"$folder/feed-b") == 00 ]]; then exit 1; fi
    echo "$3" >"$folder/$who"
    # The last feed takes the host with it, which stays off when power returns.
    if [[ $(<"$folder/feed-a")$(<"$folder/feed-b") == 00 ]]; then echo 0 >"$folder/chassis"; fi
    ;;
  "set shutdown")
    echo 0 >"$folder/chassis"
    ;;
esac
