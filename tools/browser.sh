#!/usr/bin/env bash
# The page in headless Chromium on a living city: starts the demo on a free port, runs the browser test of the
# page against it, stops it. Without Chromium it says so and passes.
set -euo pipefail
cd "$(dirname "$0")/.."
for chromium in "${HUYING_CHROMIUM:-}" chromium chromium-browser google-chrome chrome; do
    [ -n "$chromium" ] && command -v "$chromium" >/dev/null && break
    chromium=
done
if [ -z "$chromium" ]; then
    echo "skipped: no Chromium on this machine (Debian: apt install chromium fonts-noto-cjk)"
    exit 0
fi
data=$(mktemp -d)
# A small day: the city is whole, few people call, and its clock is slow enough for a reader.
target/release/huying demo --data "$data" --port 0 --calls-per-day 4000 --speed 20 \
    >"$data/said" 2>"$data/log" &
demo=$!
trap 'kill -TERM $demo 2>/dev/null || true; wait $demo 2>/dev/null || true; rm -rf "$data"' EXIT
address=
for _ in $(seq 1 600); do
    address=$(sed -n 's/^listening on \(http:.*\)$/\1/p' "$data/said")
    [ -n "$address" ] && break
    kill -0 $demo 2>/dev/null || break
    sleep 0.5
done
if [ -z "$address" ]; then
    echo "the demo did not start:" >&2
    tail -20 "$data/said" "$data/log" >&2
    exit 1
fi
grep '^ready' "$data/said"
HUYING_URL=$address npm --prefix web run e2e
