#!/usr/bin/env bash
# Pictures of every page on a living city, for people to look at: makes a demo, signs in a dispatcher and
# somebody who makes visits, takes the pictures into out/look. HUYING_LOOK=phone-zh,call picks by words in
# their names.
set -euo pipefail
cd "$(dirname "$0")/.."
data=$(mktemp -d)
demo=
stop() {
    [ -z "$demo" ] || { kill -TERM "$demo" 2>/dev/null || true; wait "$demo" 2>/dev/null || true; }
    demo=
}
trap 'stop; rm -rf "$data"' EXIT
start() {
    : >"$data/said"
    target/release/huying demo --data "$data/city" --port 0 --calls-per-day 4000 >"$data/said" 2>"$data/log" &
    demo=$!
    for _ in $(seq 1 600); do
        address=$(sed -n 's/^listening on \(http:.*\)$/\1/p' "$data/said")
        [ -z "$address" ] || return 0
        kill -0 "$demo" 2>/dev/null || break
        sleep 0.5
    done
    echo "the demo did not start:" >&2
    tail -20 "$data/said" "$data/log" >&2
    exit 1
}
start
stop # a token is made while no server runs
person=$(awk -F, '$4 == "dispatcher" && $2 != "" { print $2; exit }' "$data/city/city/posts.csv")
token=$(target/release/huying account token --data "$data/city" --person "$person")
visitor='SELECT person FROM routine_row WHERE person IS NOT NULL ORDER BY due_at LIMIT 1'
first='import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])'
person=$(python3 -c "$first" "$data/city/ledger.db" "$visitor")
worker=$(target/release/huying account token --data "$data/city" --person "$person")
start
HUYING_URL=$address HUYING_TOKEN=$token HUYING_WORKER=$worker npm --prefix web run look
