# Tollgate: what a person types. `make demo` and `make test` do all the set-up they need.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
TIMED := scripts/timed

.PHONY: help portals build demo test lint bench conformance fuzz docs clean

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

portals: portals/admin/dist/index.html ## build the portals

portals/node_modules/.ready: portals/package-lock.json
	@$(TIMED) "portal packages" npm --prefix portals ci --no-audit --no-fund --loglevel=error
	@touch $@

portals/admin/dist/index.html: portals/node_modules/.ready $(shell find portals -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)
	@$(TIMED) "portal build" npm --prefix portals run build

build: portals ## build everything
	@$(TIMED) "rust build" cargo build --locked --workspace

demo: ## build, start control plane, managed gateway, node "london" and a sample backend; print the walk-through
	@scripts/need rust node
	@$(MAKE) --no-print-directory build
	@target/debug/tollgate demo $(DEMO_ARGS)

test: ## install what tests need (PostgreSQL, Redis, Chromium) and run everything
	@scripts/need rust node postgres redis chromium
	@$(MAKE) --no-print-directory portals
	@$(TIMED) "portal tests" npm --prefix portals test
	@$(TIMED) "rust test build" cargo build --locked --workspace --all-targets
	@$(TIMED) "rust tests" scripts/with-postgres scripts/with-redis scripts/rust-tests
	@$(TIMED) "browser tests" scripts/browser-tests

lint: ## formatting, clippy, licences, TypeScript strict
	@scripts/need rust node
	@$(TIMED) "fmt" cargo fmt --all --check
	@$(TIMED) "clippy" cargo clippy --locked --workspace --all-targets -- -D warnings
	@$(TIMED) "deny" scripts/deny
	@$(MAKE) --no-print-directory portals/node_modules/.ready
	@$(TIMED) "portal lint" npm --prefix portals run lint

# Builds what `make test` builds: another selection of targets has other features, and would be built anew.
conformance: ## run the material in ../shared, when it is there: vectors, documents, the official SDK
	@scripts/need rust node
	@$(MAKE) --no-print-directory portals
	@$(TIMED) "rust test build" cargo build --locked --workspace --all-targets
	@scripts/conformance

bench: ## the gateway beside nginx, HAProxy and Envoy, pinned to one core
	@scripts/need rust bench
	@scripts/bench $(BENCH_ARGS)

fuzz: ## fuzz the lexers, parsers and the evaluator (FUZZ_SECONDS each, default 60)
	@scripts/fuzz

docs: ## regenerate docs/errors, docs/policies and docs/expressions.md from the code
	@cargo build --locked -q --workspace
	@target/debug/tollgate docs --write docs

clean: ## remove what was built
	cargo clean; rm -rf portals/node_modules portals/*/dist
