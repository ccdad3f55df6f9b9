# Everything a developer does with ferry. `make` alone prints this list.
# Only Go is needed for run, demo, build and test.

GO      ?= go
BINARY  := ferry
VERSION := $(or $(shell git describe --tags --always --dirty 2>/dev/null),dev)
TOOL    := $(GO) tool -modfile=.tools/go.mod
LDFLAGS := -s -w -X main.version=$(VERSION)

# Go keeps its caches below HOME; a bare environment may not have one.
ifeq ($(strip $(HOME)),)
export HOME := $(or $(shell getent passwd "$$(id -u)" 2>/dev/null | cut -d: -f6),$(CURDIR)/.e2e/home)
endif

FUZZTIME  ?= 10s
BENCHTIME ?= 200ms
PACKAGES  ?= ./...

.DEFAULT_GOAL := help
.PHONY: run demo build test e2e lint fmt bench fuzz vuln clean help

run: build ## the console on a throw-away store with the sandbox; without a terminal, the demo
	@if [ -t 0 ] && [ -t 1 ]; then exec ./$(BINARY) --sandbox; else exec sh .ci/demo ./$(BINARY); fi

demo: build ## walk through the commands on a throw-away store, printing each line and its answer
	@sh .ci/demo ./$(BINARY)

build: ## the static binary ./ferry
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o $(BINARY) .

test: ## every test that needs only Go
	$(GO) test $(PACKAGES)

e2e: build ## race detector, tmux, sshd and independent servers; installs what it needs
	@bash .ci/e2e

lint: ## gofumpt, golangci-lint, go.mod in order, vet for another system
	@bash .ci/lint

fmt: ## format every Go file
	find . -name '*.go' -not -path '*/.*' -exec $(TOOL) gofumpt -w {} +

bench: ## benchmarks, BENCHTIME each; nginx and haproxy beside the gateway where they can be installed
	@sh .ci/install nginx=nginx-light haproxy=haproxy
	$(GO) test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) $(PACKAGES)

fuzz: ## each fuzz target for FUZZTIME
	@bash .ci/fuzz $(FUZZTIME)

vuln: ## known vulnerabilities in what is called; needs the network
	@bash .ci/vuln

clean: ## remove what was built
	rm -rf $(BINARY) dist .e2e
	find . -name '*.test' -type f -delete
	find . -name '*.prof' -type f -delete

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
