# The one entrance, for people and for CI. `make` alone lists what there is.
.DEFAULT_GOAL := help
.PHONY: help run sample build test lint fmt fmt-check faults faults-smoke

HUYING   := target/release/huying
CITY     := out/chengdu
DATA     := out/data
REQUESTS := data/samples/nyc311
RECORDS  := out/nyc
SUBJECT  := small

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: sample ## the Chengdu city, a sample of another city's requests with its figures, the API on loopback
	$(HUYING) serve --data $(DATA)

# Loading the same folder and importing the same rows again change nothing: run it as often as you like.
# The sample is New York's: it becomes a city of its own, started from the export alone.
sample: build ## as `run`, but stops before it serves
	@mkdir -p out
	test -e $(CITY)/city.toml || $(HUYING) city make chengdu $(CITY)
	$(HUYING) city load $(CITY) --data $(DATA)
	$(HUYING) import cases $(REQUESTS)/requests.csv --map $(REQUESTS)/map.toml --data $(RECORDS) --create-missing
	$(HUYING) figures --data $(RECORDS) --by unit

build: ## the release binary, target/release/huying
	cargo build --release --locked -p huying

test: ## every test of the workspace
	cargo test --workspace --locked

lint: ## clippy, warnings are errors
	cargo clippy --workspace --all-targets --locked -- -D warnings

fmt: ## format
	cargo fmt --all

fmt-check: ## is it formatted?
	cargo fmt --all -- --check

faults: ## kills, full disks, short writes and power cuts, at length (SUBJECT=huying: the release binary)
	$(MAKE) -C faults test
	python3 faults/run.py --subject $(SUBJECT) --rounds 25

faults-smoke: ## the same, half a minute of it
	$(MAKE) -C faults test
	python3 faults/run.py --subject $(SUBJECT) --rounds 2
