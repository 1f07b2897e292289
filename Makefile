# The one entrance, for people and for CI. `make` alone lists what there is.
.DEFAULT_GOAL := help
.PHONY: help run sample build web test test-rust test-web browser look simulate \
	lint fmt fmt-check faults faults-smoke needs

HUYING   := target/release/huying
CITY     := out/chengdu
DATA     := out/data
DEMO     := out/demo
REQUESTS := data/samples/nyc311
RECORDS  := out/nyc
SUBJECT  := small
SEED     := 1
STEPS    := 1000000
PAGE     := web/dist/index.html
PACKAGES := web/node_modules/.package-lock.json

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: needs build web ## Chengdu, made up down to the micro-grid, living on a map on loopback
	$(HUYING) demo --data $(DEMO)

# Loading the same folder and importing the same rows again change nothing: run it as often as you like.
# The sample is New York's: it becomes a city of its own, started from the export alone.
sample: build ## real requests of another city imported, with their figures
	@mkdir -p out
	test -e $(CITY)/city.toml || $(HUYING) city make chengdu $(CITY)
	$(HUYING) city load $(CITY) --data $(DATA)
	$(HUYING) import cases $(REQUESTS)/requests.csv --map $(REQUESTS)/map.toml --data $(RECORDS) --create-missing
	$(HUYING) figures --data $(RECORDS) --by unit

build: ## the release binary, target/release/huying
	cargo build --release --locked -p huying

web: $(PAGE) ## the page, web/dist

$(PAGE): $(PACKAGES) $(shell find web/src web/public web/index.html web/vite.config.ts -type f 2>/dev/null)
	npm --prefix web run build

$(PACKAGES): web/package-lock.json
	npm --prefix web ci --no-audit --no-fund

test: needs test-rust test-web browser ## every test: the rooms, the page, and both together in a browser

test-rust: ## every test of the workspace
	cargo test --workspace --locked

test-web: $(PACKAGES) ## types, format and unit tests of the page
	npm --prefix web test

browser: build web ## the page on a living city in headless Chromium
	tools/browser.sh

look: build web ## pictures of every page on a living city, in out/look
	tools/look.sh

simulate: build ## a million commands of random cities against the laws of the rules (SEED, STEPS)
	$(HUYING) simulate check --seed $(SEED) --steps $(STEPS) --every

lint: ## clippy, warnings are errors
	cargo clippy --workspace --all-targets --locked -- -D warnings

fmt: ## format
	cargo fmt --all
	npm --prefix web run format

fmt-check: ## is it formatted?
	cargo fmt --all -- --check

faults: ## kills, full disks, short writes and power cuts, at length (SUBJECT=huying: the release binary)
	$(MAKE) -C faults test
	python3 faults/run.py --subject $(SUBJECT) --rounds 25

faults-smoke: ## the same, half a minute of it
	$(MAKE) -C faults test
	python3 faults/run.py --subject $(SUBJECT) --rounds 2

needs: ## is what the rest needs on this machine?
	@tools/needs.sh
