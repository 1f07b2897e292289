#!/usr/bin/env bash
# Says in one line each what `make run` and `make test` need and this machine lacks; nothing is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
lacking=0

lack() {
    echo "missing: $1" >&2
    lacking=1
}

# Whether version $1 is at least $2.
reaches() {
    [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -1)" = "$2" ]
}

rust=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
node=$(sed -n 's/.*"node": ">=\(.*\)".*/\1/p' web/package.json)
if ! command -v cargo >/dev/null; then
    lack "Rust $rust or newer, see https://rustup.rs"
elif ! reaches "$(rustc --version | cut -d' ' -f2)" "$rust"; then
    lack "Rust $rust or newer (here is $(rustc --version | cut -d' ' -f2)): rustup update"
fi
command -v cc >/dev/null || lack "a C compiler (Debian: apt install gcc)"
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    lack "Node $node or newer with npm, see https://nodejs.org"
elif ! reaches "$(node --version | tr -d v)" "$node"; then
    lack "Node $node or newer (here is $(node --version))"
fi
exit $lacking
