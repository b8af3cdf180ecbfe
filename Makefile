# Everything that llmroute's developers and newcomers do, as targets. Tools are pinned here and run by `go run`, so
# that Go, Python 3 and make are all that a machine needs.

GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FUZZTIME ?= 30s

.DEFAULT_GOAL := all
.PHONY: all help run build test lint bench sim fuzz catalog train tokens docs clean

all: test lint ## test and lint

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-10s %s\n", $$1, $$2}'

run: build ## start llmroute, a real Envoy and demo providers, and print a curl line
	@scripts/run

build: ## build bin/llmroute
	@go build -o bin/llmroute ./cmd/llmroute

test: ## run every test, end-to-end ones with a real Envoy and real SDKs included
	@scripts/envoy >/dev/null
	@scripts/redis >/dev/null
	@scripts/postgres >/dev/null
	@scripts/chromium >/dev/null
	@scripts/promtool >/dev/null
	@scripts/sdks
	go test -timeout 20m ./...

lint: ## check style and the direction of imports
	go vet ./...
	go run $(GOLANGCI_LINT) run ./...

bench: build ## measure against the no-op floor behind the same Envoy
	@go run ./internal/bench

sim: ## compare the latency strategy with others in simulated time, and plot it
	go run ./internal/sim
	go run ./internal/sim -growth

fuzz: ## run each fuzz target for FUZZTIME
	@scripts/fuzz $(FUZZTIME)

catalog: ## renew the model catalog from the pinned litellm package
	go run ./internal/catalogmake

train: ## learn the prompt classifier from DATA, prompts with whether a weak and a strong model answered them
	go run ./internal/train -data $(DATA)

tokens: ## renew the token estimator's digests from the pinned tokenizer library
	go run ./internal/tokenmake

docs: ## renew what is generated from the code
	go test ./internal/config ./envoy -update
	go test ./internal/e2e -run TestEveryFeature -update

clean: ## remove what was built and installed here
	rm -rf bin .cache
