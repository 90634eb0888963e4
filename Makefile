# The one front door: `make` lists what it can do, and CI calls nothing but `make test`.

SWIFT   ?= swift
PYTHON  := .venv/bin/python
SECONDS ?= 60
RELEASE := --configuration release --static-swift-stdlib

.DEFAULT_GOAL := help
.PHONY: help setup tools build release test unit scenarios interop deployment drift demo demo-up install deb deploy-test bench \
    fuzz lint format tsan asan clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what building needs and the machine lacks; fast when nothing is missing
	@Scripts/setup

tools: setup # what the tests need besides
	@Scripts/setup tests

build: setup ## debug build of everything, tests included
	$(SWIFT) build --build-tests

release: setup ## release build of obo-proxy and obo-demo
	$(SWIFT) build $(RELEASE) --product obo-proxy
	$(SWIFT) build $(RELEASE) --product obo-demo

test: build unit drift scenarios interop deployment ## everything that must pass: build, unit, drift, scenario, interop and deployment tests

unit: build ## unit and conformance tests; ARGS="--filter name" chooses
	@SWIFT="$(SWIFT)" Scripts/unit $(ARGS)

drift: build tools ## check that documentation and code name the same keys, variables, metrics and refusals
	$(PYTHON) Tests/drift.py

scenarios: build tools ## scenario tests against the debug build; ARGS="-k name" chooses
	$(PYTHON) -m pytest --quiet Tests/Scenarios $(ARGS)

interop: build tools ## MCP SDKs, curl and MSAL with the proxy between, compared with no proxy; ARGS="-k name" chooses
	$(PYTHON) -m pytest --quiet Tests/Interop $(ARGS)

deployment: build tools ## what is in deploy/ and what is installed, compared with the program; ARGS="-k name" chooses
	$(PYTHON) -m pytest --quiet Tests/Deploy $(ARGS)

demo: release ## a chat user's tool calls through the proxy, with a readable account; exits 0 only if all is true
	@Scripts/demo

demo-up: release ## the same parts left running, with variables and a curl line to play with
	@Scripts/demo --stay

install: ## install what `make release` built: PREFIX=/usr/local, DESTDIR= for packagers
	@PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" Scripts/install

deb: release ## make a Debian package in .build
	@Scripts/deb

deploy-test: release ## the Dockerfile's steps, the image and the package in clean roots; as root, with debootstrap, takes minutes
	@Scripts/setup clean-root
	$(PYTHON) -m pytest --quiet Tests/CleanRoot $(ARGS)

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

tsan: tools ## unit tests and scenarios under ThreadSanitizer, in .build-tsan
	Scripts/sanitize thread

asan: tools ## unit tests and scenarios under AddressSanitizer and its leak check, in .build-asan
	Scripts/sanitize address

clean: ## remove everything that was built or installed here
	rm -rf .build .build-* .venv .venv-mcp1
