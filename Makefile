# What a person does with this repository. Each target installs and builds what it lacks.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run demo test test-long lint fmt bench bench-listening bench-measures bench-nudges bench-sessions bench-api chaos soak evaluate coverage web clean-data setup setup-test packages identity-provider

attune := target/ci/attune
# The same packages and kinds of target each time: with others cargo would choose other features, and build what depends
# on them again.
tested := --profile ci --workspace --lib --bins --tests

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup web ## install, build, play the sample meeting, serve until Ctrl-C
	@cargo build --release --package attune --bin attune
	@target/release/attune models fetch
	@exec target/release/attune run $(ARGS)

demo: setup web ## the same, then stop everything; the last line is one JSON object
	@cargo build --profile ci --bin attune
	@$(attune) models fetch
	@exec $(attune) demo $(ARGS)

test: setup-test web identity-provider ## every test
	@scripts/setup-test.sh
	@scripts/clean-data-test.sh
	cargo build $(tested)
	@$(attune) models fetch --required
	cargo test $(tested)
	npm run test --workspaces --if-present

test-long: setup-test web identity-provider ## the tests that take long: the whole sample, kills in the middle of it, a minute of fuzzing each parser
	cargo build $(tested)
	@$(attune) models fetch --required
	ATTUNE_LONG_TESTS=1 cargo test $(tested) -- --nocapture
	scripts/fuzz.sh 60

lint: setup-test web ## formatting, clippy, TypeScript, the arrows
	cargo fmt --all --check
	cargo clippy --profile ci --workspace --all-targets -- -D warnings
	cargo test --profile ci --workspace --test it arrows
	npm run lint --workspaces --if-present
	@if cargo deny --version >/dev/null 2>&1; then cargo deny check bans licenses sources; \
	else echo "cargo-deny is not installed: the arrows were checked by their test, licences were not"; fi

fmt: ## format everything
	cargo fmt --all

# The tests' packages again, with our own code optimised: nothing underneath is compiled anew.
benched := --profile ci --config 'profile.ci.opt-level=2' --workspace

bench: setup web ## what things cost; rows in target/bench/*.json
	cargo build --profile ci --bin attune
	@$(attune) models fetch --required
	cargo bench $(benched) $(or $(ARGS),--bench voice_activity --bench track_cost --bench recognizers --bench fold --bench latency)

bench-listening: setup web ## live recognition against its goals: cost, latency, fairness, memory; forty minutes
	cargo build --profile ci --bin attune
	@$(attune) models fetch --required
	cargo bench $(benched) --bench listening

bench-nudges: setup web ## how long a nudge takes at a hundred live sessions, in memory and served; six minutes
	cargo build --profile ci --bin attune
	@$(attune) models fetch --required
	cargo bench $(benched) --bench nudges --bench nudges_served

bench-sessions: setup web ## five thousand sockets, three hundred live tracks, attacks, a flood, and the usual stack beside them; fifteen minutes
	cargo build --profile ci --bin attune
	@$(attune) models fetch --required
	@cd benches/peer && npm ci --no-audit --no-fund --loglevel=error </dev/null
	cargo bench $(benched) --bench sessions $(if $(ARGS),-- $(ARGS))

bench-api: setup web ## what pages wait for beside a thousand live sockets; a flood of sign-ins; an erasure; three minutes
	cargo build --profile ci --bin attune
	@$(attune) models fetch --required
	cargo bench $(benched) --bench sessions -- api

bench-measures: setup web ## questions, fillers, interruptions and more, scored on the annotated meetings in ../shared/data
	cargo build --profile ci --bin attune
	cargo bench $(benched) --bench measures

# The tests and the program as they are measured: unoptimised, two hundred clients take what the server would need. One after the other, for
# each takes both cores.
chaos: setup-test web ## kills the server and its database under two hundred live sessions, and the network; rows in target/bench
	cargo build $(benched) --lib --bins --tests
	@$(attune) models fetch --required
	ATTUNE_CHAOS=1 cargo test $(benched) --lib --bins --tests -- chaos:: --test-threads=1 --nocapture

soak: setup web ## eight hours of meetings in eight minutes: memory and lag must not grow
	cargo build --profile ci --bin attune
	@$(attune) models fetch --required
	cargo bench $(benched) --bench soak

evaluate: setup web ## the real recordings in ../shared/data: voice activity, speakers, words
	cargo build --profile ci --bin attune
	@$(attune) models fetch --required
	cargo bench $(benched) --bench evaluate

coverage: setup-test web identity-provider ## lines covered per crate
	cargo build $(tested)
	@$(attune) models fetch --required
	@scripts/coverage.sh

web: packages ## the web app, into api/web/dist
	@scripts/build-web.sh

# Who vouches for people in the tests of signing in. Without its packages those are skipped, and say so.
identity-provider:
	@cd tests/identity-provider && npm ci --no-audit --no-fund --loglevel=error </dev/null \
		|| echo "no packages for tests/identity-provider: signing in by way of somebody else is not tested"

packages:
	@scripts/build-web.sh --packages-only

clean-data: ## removes the database, its keys and everything that was recorded
	@scripts/clean-data.sh $(ARGS)

setup:
	@scripts/setup run

setup-test:
	@scripts/setup test
	@scripts/fetch-api-fuzzer
