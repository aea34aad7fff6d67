#!/bin/sh
# A driver for tests, in plain sh: a volume is a directory ROOT/volumes/NAME.
#
# ROOT is driver.config.root. Each call is a line of ROOT/calls: verb, volume, and what the request gave of what tests ask
# for. ROOT/VERB.plan says how the next calls of a verb go, one word a line; without it they succeed:
#   final CODE FIELD TEXT     turned down, nothing made
#   unknown                   made (or deleted), but the answer says that nobody knows
#   unavailable               nothing made, and the answer says that nobody knows
#   die                       made (or deleted), then killed without an answer
#   small                     made too small
#   pending PERCENT PHASE     under way
#   hold                      made when ROOT/go appears; as long the call lasts
#   garbage                   an answer that makes no PersistentVolume
# While ROOT/overfull exists, stats calls every volume abnormal. Volumes of classes with the mode 0700 are looked after.
# ROOT/init.json, where it is, has what `init` answers as `info`.
set -eu
verb=$1
request=$(cat)

string() { printf '%s' "$request" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

root=$(string root)
if [ "$verb" = init ]; then
    if [ -f "$root/init.json" ]; then
        printf '{"protocol":"1.0","status":"Success","info":%s}\n' "$(cat "$root/init.json")"
        exit 0
    fi
    echo '{"protocol":"1.0","status":"Success","info":{"protocolVersions":["1.0"],"name":"directories","version":"1","capabilities":["provision","delete","stats"]}}'
    exit 0
fi

name=$(printf '%s' "$request" | sed -n 's/.*"volume":{"name":"\([^"]*\)".*/\1/p')
bytes=$(printf '%s' "$request" | sed -n 's/.*"capacityBytes":\([0-9]*\).*/\1/p')
directory=$root/volumes/$name
echo "$verb $name mode=$(string mode) secret=$(string password) context=$(string made)" >>"$root/calls"

plan=
if [ -s "$root/$verb.plan" ]; then
    plan=$(head -n 1 "$root/$verb.plan")
    sed -i 1d "$root/$verb.plan"
fi

perform() {
    case $verb in
    provision) mkdir -p "$directory" ;;
    delete) rm -rf "$directory" ;;
    esac
}

failure() {
    echo "{\"protocol\":\"1.0\",\"status\":\"Failure\",\"error\":{\"code\":\"$1\",\"message\":\"$2\",\"outcome\":\"$3\"$4}}"
    exit 1
}

# shellcheck disable=SC2086 # the plan's words are what is wanted
set -- $plan
case ${1:-} in
final)
    code=$2
    field=$3
    shift 3
    failure "$code" "$*" final ",\"field\":\"$field\""
    ;;
unknown)
    perform
    failure DEADLINE_EXCEEDED "the backend took too long" unknown ''
    ;;
unavailable) failure UNAVAILABLE "the backend does not answer" unknown '' ;;
die)
    perform
    kill -9 $$
    ;;
small) bytes=1 ;;
pending)
    echo "{\"protocol\":\"1.0\",\"status\":\"Pending\",\"operation\":\"op-1\",\"progress\":{\"percent\":$2,\"phase\":\"$3\"}}"
    exit 0
    ;;
hold) while [ ! -e "$root/go" ]; do sleep 0.05; done ;;
garbage)
    perform
    echo '{"protocol":"1.0","status":"Success","volume":{"id":"x","volumeSource":{"floppy":{"drive":"A"}}}}'
    exit 0
    ;;
esac

perform
case $verb in
provision | validate)
    check=
    [ "$(string mode)" != 0700 ] || check=',"berth.dev/check":"stats"'
    echo "{\"protocol\":\"1.0\",\"status\":\"Success\",\"volume\":{\"id\":\"$name\",\"capacityBytes\":$bytes,\"volumeSource\":{\"hostPath\":{\"path\":\"$directory\"}},\"context\":{\"made\":\"here\"$check}}}"
    ;;
delete) echo '{"protocol":"1.0","status":"Success"}' ;;
stats)
    abnormal=false
    [ ! -e "$root/overfull" ] || abnormal=true
    echo "{\"protocol\":\"1.0\",\"status\":\"Success\",\"stats\":{\"usedBytes\":7,\"abnormal\":$abnormal,\"message\":\"it holds 7 bytes too many\"}}"
    ;;
*)
    echo '{"protocol":"1.0","status":"Not supported"}'
    exit 1
    ;;
esac
