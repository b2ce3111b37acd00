# The one entry to build, check, try and install pwasync. `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

CARGO ?= cargo
DESTDIR ?=
PREFIX ?= /usr
# The build that `make install` installs: release or dev.
PROFILE ?= release
# How long the fuzz targets run, all together.
SECONDS ?= 60
# What is built for it. The checks build everything once, with one set of features.
WHAT ?= --bins
# Which figures `make bench` measures, by the beginnings of their names, and which of its parts
# `make torture` goes through, by parts of theirs; which targets `make fuzz` runs, and which scenes
# `make acceptance` plays; none: all.
ONLY ?=
# QUICK=1: a short run, to try the benchmarks.
QUICK ?=

CARGO_DENY_VERSION := 0.20.2
CARGO_NEXTEST_VERSION := 0.9.143

TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
TOOLS := $(TARGET)/tools
STAGE := $(TARGET)/stage
BUILT = $(TARGET)/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))
export PATH := $(TOOLS)/bin:$(PATH)

DAEMONS := pwasyncd
PROGRAMS := syncctl pwasync-chromium
SHELL_FILES := .ci/run $(wildcard packaging/*/*.sh systemd/*.sh daemon/fuzz/*.sh client/e2e/src/bed/*.sh)

.PHONY: help build demo bench instructions torture acceptance test ci fmt fuzz lint doc deny shell unit stage host tools check-fmt check-doc install

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo "Variables: DESTDIR, PREFIX (install); INSTALL=0, BROWSER=window, ROUNDS, SETTLE (demo);"
	@echo "           ONLY=names, QUICK=1 (bench); ROUNDS, SEED, ONLY=names (torture);"
	@echo "           ONLY=names (fuzz, acceptance)."

build: ## build all programs, optimised
	$(CARGO) build --locked --release --workspace --bins

# The demo and the tests share one build, in the dev profile.
demo: ## as root: a real PWA, a real Chromium and a link that goes down and comes back
	packaging/test-host/install.sh demo
ifneq ($(INSTALL),0)
	$(CARGO) build --locked --workspace --bins
	$(TARGET)/debug/pwasync-demo run
endif

# On a disk: on some systems the usual place for temporary files is memory.
bench: ## as root: every figure of the built programs, beside peers and limits
	packaging/test-host/install.sh bench
ifneq ($(INSTALL),0)
	$(CARGO) build --locked --release --workspace --bins
	TMPDIR=/var/tmp $(TARGET)/release/pwasync-bench run $(ONLY) $(if $(QUICK),--quick) \
	  --results $(TARGET)/bench --docs docs/benchmarks.md
endif

# A count does not depend on what else the machine does. WRITE=1 keeps the counts of a good revision.
instructions: ## with valgrind: the core's hot paths, counted and compared with the counts kept
	$(CARGO) bench --locked -p pwasync-core --bench instructions -- $(if $(WRITE),--write)

# As in the tests, but long: an hour or so. Each name of ONLY is a part of a torture's name.
torture: ## as root: kill the daemon 1,000 times, cut its power, break its disk: ROUNDS=, SEED=
	packaging/test-host/install.sh test
ifneq ($(INSTALL),0)
	$(CARGO) build --locked --workspace --bins
	$(CARGO) test --locked --package pwasync-e2e --test torture -- --long $(ONLY)
	PWASYNC_TORTURE=1 $(CARGO) test --locked --package pwasyncd --test store rotten
endif

# On a disk, as for `bench`. An emulated machine is slow, and it really sleeps: a quarter
# of an hour.
acceptance: ## as root: the daemon on an emulated machine that really sleeps, point by point
	packaging/test-host/install.sh acceptance
ifneq ($(INSTALL),0)
	$(CARGO) build --locked --workspace --bins
	TMPDIR=/var/tmp $(TARGET)/debug/pwasync-acceptance run $(ONLY)
endif

# The test runner comes last: its summary is the last word of a good run.
test: host tools check-fmt lint deny check-doc shell unit fuzz ## install what the tests need, run every check and every test
	$(CARGO) test --locked --workspace --doc
	$(CARGO) nextest run --locked --workspace --profile $(if $(CI),ci,default)

ci: ## what a CI machine runs: the tests, with nothing skipped
	CI=true $(MAKE) test

fmt: ## format the Rust code
	$(CARGO) fmt --all
	$(CARGO) fmt --manifest-path daemon/fuzz/Cargo.toml

check-fmt:
	$(CARGO) fmt --all --check
	$(CARGO) fmt --manifest-path daemon/fuzz/Cargo.toml --check

lint: ## clippy, warnings are errors
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings

fuzz: ## run the fuzz targets: SECONDS= in all, ONLY= for some of them by name
	daemon/fuzz/run.sh $(SECONDS) $(ONLY)

doc: ## build the API documentation
	$(CARGO) doc --locked --workspace --no-deps

check-doc:
	RUSTDOCFLAGS="-D warnings" $(MAKE) doc

# Advisories need a network and change by themselves: `cargo deny check advisories` by hand.
deny: tools
	cargo-deny --locked --workspace check --hide-inclusion-graph bans licenses sources

shell: host
	shellcheck $(SHELL_FILES)

# A staged installation is checked as an administrator would find it.
unit: host stage
	systemd/check.sh $(STAGE) $(PREFIX)

stage:
	rm -rf $(STAGE)
	$(MAKE) install PROFILE=dev WHAT=--all-targets DESTDIR=$(STAGE)

host:
	packaging/test-host/install.sh test
ifneq ($(INSTALL),0)
	packaging/test-host/root.sh
endif

tools:
	@for tool in cargo-deny@$(CARGO_DENY_VERSION) cargo-nextest@$(CARGO_NEXTEST_VERSION); do \
	  command -v "$${tool%@*}" >/dev/null && continue; \
	  echo "$${tool%@*} is missing: installing it into $(TOOLS)"; \
	  $(CARGO) install --locked --root $(TOOLS) "$$tool"; \
	done

install: ## install programs, unit, man pages, completions: DESTDIR=, PREFIX=
	$(CARGO) build --locked --profile $(PROFILE) --workspace $(WHAT)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)$(PREFIX)/lib/sysusers.d
	install -m 0755 $(addprefix $(BUILT)/,$(DAEMONS) $(PROGRAMS)) $(DESTDIR)$(PREFIX)/bin
	sed 's|^ExecStart=/usr/bin/|ExecStart=$(PREFIX)/bin/|' systemd/pwasyncd.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/pwasyncd.service
	chmod 0644 $(DESTDIR)$(PREFIX)/lib/systemd/system/pwasyncd.service
	install -m 0644 systemd/pwasync.sysusers.conf $(DESTDIR)$(PREFIX)/lib/sysusers.d/pwasync.conf
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	$(BUILT)/syncctl man --out $(DESTDIR)$(PREFIX)/share/man/man1
	install -d $(addprefix $(DESTDIR)$(PREFIX)/share/,bash-completion/completions zsh/site-functions fish/vendor_completions.d)
	$(BUILT)/syncctl completions bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/syncctl
	$(BUILT)/syncctl completions zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_syncctl
	$(BUILT)/syncctl completions fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/syncctl.fish
	install -d $(DESTDIR)$(PREFIX)/share/doc/pwasync
	install -m 0644 README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE docs/protocol.md docs/json.md docs/policy.md docs/pwasyncd.toml $(DESTDIR)$(PREFIX)/share/doc/pwasync
