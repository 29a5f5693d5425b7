# The register's tasks. `make run` and `make test` are all a newcomer needs.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
BIN := $(CURDIR)/bin
TOOLS := .tools/bin
CONSOLE := internal/console/assets
GOLANGCI_VERSION := v2.15.0
GRPCURL_VERSION := v1.9.4
export PATH := $(CURDIR)/$(TOOLS):$(CURDIR)/tools/node_modules/.bin:$(PATH)

.PHONY: help
help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.PHONY: build
build: assets ## build the programs into bin/
	go build -o $(BIN)/ ./cmd/...

.PHONY: run
run: build $(TOOLS)/grpcurl ## start a working register with demonstration data
	@$(BIN)/register dev

.PHONY: test
test: ## everything: lint, fresh code, breaking check, race tests, end to end
	@tools/test.sh

.PHONY: assets
assets: $(CONSOLE)/dist/console.css ## compile the console's styles and scripts

# The script goes first: the style sheet says that all is there.
$(CONSOLE)/dist/console.css: $(CONSOLE)/node_modules $(wildcard $(CONSOLE)/*.scss $(CONSOLE)/*.js $(CONSOLE)/*.svg)
	cp $(CONSOLE)/console.js $(CONSOLE)/favicon.svg $(CONSOLE)/dist/
	sed 's,//# sourceMappingURL=.*,,' $(CONSOLE)/node_modules/govuk-frontend/dist/govuk/govuk-frontend.min.js > $(CONSOLE)/dist/govuk-frontend.min.js
	cd $(CONSOLE) && node_modules/.bin/sass --pkg-importer=node --no-source-map --style=compressed console.scss dist/console.css

.PHONY: screenshots
screenshots: ## pictures of the pages, into screenshots/
	@tools/browser.sh screenshots

.PHONY: lint
lint: $(TOOLS)/golangci-lint tools/node_modules .protodeps ## static checks of Go and proto
	golangci-lint run ./...
	buf lint
	buf format proto --diff --exit-code

.PHONY: generate
generate: tools/node_modules ## make api/ afresh from proto/
	go run ./internal/tools/protodeps
	buf format -w proto
	buf generate
	# The directory comes first: it holds the document's title.
	cd api/openapi/register/v1 && go tool openapiv3-merge directory.openapi.json \
	  $$(ls *.openapi.json | grep -v '^directory') > ../../../register.openapi.json
	rm -r api/openapi
	# The whole: with the details of errors, which no message of the contract holds.
	buf build -o api/register.binpb
	cp internal/tools/api.go.txt api/api.go
	go run ./internal/tools/rulesdoc

.PHONY: bench
bench: build ## measure; writes the report to standard output
	@tools/bench.sh

.protodeps: go.mod internal/tools/protodeps/main.go
	go run ./internal/tools/protodeps
	@touch $@

tools/node_modules: tools/package-lock.json
	# Not npm ci: some registries lack the builds of other platforms, which it insists on.
	npm install --prefix tools --no-save --ignore-scripts --no-audit --no-fund
	@touch $@

tests/browser/node_modules: tests/browser/package-lock.json
	npm install --prefix tests/browser --no-save --ignore-scripts --no-audit --no-fund
	@touch $@

$(CONSOLE)/node_modules: $(CONSOLE)/package-lock.json
	npm install --prefix $(CONSOLE) --no-save --ignore-scripts --no-audit --no-fund
	@touch $@

$(TOOLS)/golangci-lint:
	GOBIN=$(CURDIR)/$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)

$(TOOLS)/grpcurl:
	GOBIN=$(CURDIR)/$(TOOLS) go install github.com/fullstorydev/grpcurl/cmd/grpcurl@$(GRPCURL_VERSION)
