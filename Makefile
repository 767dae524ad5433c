# make demo: the main job on an embedded default.  make test: every suite.  Both install what they need and say so.
SHELL := /bin/bash
CONFIGURATION ?= Release
export DOTNET_CLI_TELEMETRY_OPTOUT = 1
export DOTNET_NOLOGO = 1
PLUGINS := ipvs:Ipvs masq-agent:MasqAgent conntrack-tuner:ConntrackTuner metallb-arp:MetallbArp
TREE := artifacts/netagent
# Compiled ahead of time: an agent that starts in a quarter of the time is a shorter gap on a restart.
RID := linux-$(if $(filter aarch64,$(shell uname -m)),arm64,x64)
PUBLISH = dotnet publish -c $(CONFIGURATION) -r $(RID) --self-contained false -p:PublishReadyToRun=true -v q --nologo -clp:NoSummary

.PHONY: help build tree image pod demo test lint format golden bench notices pack plugin-kit clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

build: ## compiles everything; leaves a runnable tree at artifacts/netagent
	@echo "build: compiling ($(CONFIGURATION))"
	@dotnet build NetAgent.sln -c $(CONFIGURATION) -v q --nologo -clp:NoSummary
	@$(MAKE) --no-print-directory tree

# Agent and plugins as they run: RID says for what machine, TREE where.
tree:
	@rm -rf $(TREE).new && $(PUBLISH) host/NetAgent.Host -o $(TREE).new
	@for p in $(PLUGINS); do \
	    $(PUBLISH) plugins/$${p%:*} -o $(TREE).new/plugins/$${p%:*} || exit 1; \
	    rm -f $(TREE).new/plugins/$${p%:*}/NetAgent.Contracts.*; done
	@rm -rf $(TREE) && mv $(TREE).new $(TREE)
	@echo "build: $(TREE)/netagent, plugins: $$(ls $(TREE)/plugins | tr '\n' ' ')"

image: ## OCI archives for amd64 and arm64 at artifacts/image, each with the list of its parts
	@deploy/image/build amd64
	@deploy/image/build arm64

pod: build ## the image as the DaemonSet's pod under podman and crun: serves, killed, upgraded, uninstalled
	@deploy/pod/run

demo: build ## three pods, a client, the agent and forty connections on a real kernel
	@deploy/demo/demo

test: build ## every suite, kernel suites on a kernel with IPVS; the last line sums up
	@tests/run

lint: ## layout, as CI checks it (style and analyzers are part of every build)
	@dotnet format whitespace NetAgent.sln --verify-no-changes --no-restore

format: ## puts formatting right
	@dotnet format NetAgent.sln

golden: build ## only the recordings of kube-proxy and ip-masq-agent
	@tests/run Golden

bench: build ## benchmarks: ours, the peer, the raw kernel floor, in one run
	@tests/Performance/run

notices: ## THIRD-PARTY-NOTICES.md, from what restore resolved
	@dotnet build tests/Architecture -c $(CONFIGURATION) -v q --nologo -clp:NoSummary
	@NETAGENT_WRITE_NOTICES=1 artifacts/bin/NetAgent.Architecture.Tests/$(shell echo $(CONFIGURATION) | tr A-Z a-z)/NetAgent.Architecture.Tests -noColor -class '*NoticesTests'

# The version says the content: NuGet never fetches a version again that it has, and would go on with an earlier contract.
CONTENT = $(shell find contracts plugins/shared templates tests/TestKit -type f -not -path '*/obj/*' | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -c1-12)
PACK = dotnet pack -c $(CONFIGURATION) -o artifacts/feed -p:VersionSuffix=content.g$(CONTENT) -v q --nologo -clp:NoSummary

pack: ## packages for plugin authors: NetAgent.Contracts, NetAgent.Plugins.Shared and NetAgent.Templates in artifacts/feed
	@rm -rf artifacts/feed
	@$(PACK) contracts
	@$(PACK) plugins/shared
	@$(PACK) templates
	@ls artifacts/feed

plugin-kit: pack ## all that writing a plugin takes: the packages, and an agent to try it with at artifacts/netagent
	@dotnet publish host/NetAgent.Host -c $(CONFIGURATION) -r $(RID) --self-contained false -v q --nologo -clp:NoSummary -o $(TREE)
	@echo "plugin-kit: artifacts/feed, $(TREE)/netagent"

clean: ## removes artifacts
	@rm -rf artifacts
