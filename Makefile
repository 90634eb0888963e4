# The one front door: `make` lists what it can do, and CI calls nothing but `make test`.

SWIFT   ?= swift
PYTHON  := .venv/bin/python
SECONDS ?= 60
RELEASE := --configuration release --static-swift-stdlib

.DEFAULT_GOAL := help
.PHONY: help setup build release test unit scenarios interop drift demo demo-up bench fuzz lint format tsan asan clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is missing: Debian packages, Python packages in .venv*; fast when nothing is
	@Scripts/setup

build: setup ## debug build of everything, tests included
	$(SWIFT) build --build-tests

release: setup ## release build of obo-proxy and obo-demo
	$(SWIFT) build $(RELEASE) --product obo-proxy
	$(SWIFT) build $(RELEASE) --product obo-demo

test: build unit drift scenarios interop ## everything that must pass: build, unit, drift, scenario and interop tests

unit: build ## unit and conformance tests; ARGS="--filter name" chooses
	@SWIFT="$(SWIFT)" Scripts/unit $(ARGS)

drift: build ## check that documentation and code name the same keys, variables, metrics and refusals
	$(PYTHON) Tests/drift.py

scenarios: build ## scenario tests against the debug build; ARGS="-k name" chooses
	@Scripts/setup tests
	$(PYTHON) -m pytest --quiet Tests/Scenarios $(ARGS)

interop: build ## MCP SDKs, curl and MSAL with the proxy between, compared with no proxy; ARGS="-k name" chooses
	$(PYTHON) -m pytest --quiet Tests/Interop $(ARGS)

demo: release ## a chat user's tool calls through the proxy, with a readable account; exits 0 only if all is true
	@Scripts/demo

demo-up: release ## the same parts left running, with variables and a curl line to play with
	@Scripts/demo --stay

bench: setup ## measure beside nginx, haproxy and Envoy; BENCH="--help" lists what can be chosen
	@Scripts/setup bench
	$(SWIFT) build $(RELEASE) --product obo-proxy
	$(PYTHON) Benchmarks/run.py $(BENCH)

fuzz: fuzz-HTTP1 fuzz-MCP fuzz-Identity fuzz-OnBehalfOf ## feed the codec and every reader of JSON invented input, SECONDS=60 each

fuzz-%: setup
	OBO_FUZZ=1 $(SWIFT) build --configuration release --product Fuzz$* --scratch-path .build-fuzz
	mkdir -p .build-fuzz/found-$*
	.build-fuzz/release/Fuzz$* -max_len=4096 -max_total_time=$(SECONDS) -artifact_prefix=.build-fuzz/ \
	    .build-fuzz/found-$* Tests/Corpora/$(shell echo $* | tr A-Z a-z)

lint: drift ## formatting and style, without changing anything
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests Fuzz

format: ## rewrite Swift sources in the house format
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests Fuzz

tsan: setup ## unit tests and scenarios under ThreadSanitizer, in .build-tsan
	@Scripts/setup tests
	Scripts/sanitize thread

asan: setup ## unit tests and scenarios under AddressSanitizer and its leak check, in .build-asan
	@Scripts/setup tests
	Scripts/sanitize address

clean: ## remove everything that was built or installed here
	rm -rf .build .build-* .venv .venv-mcp1
