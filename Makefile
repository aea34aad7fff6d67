# make run: a Berth on this machine, with two claims Bound. make test: all tests. The rest: make help.
SHELL := /bin/bash
SWIFT := .ci/swift
# Everything is linked statically against Swift's libraries: a driver that is started per call starts in half the
# time, and the programs run on machines without a toolchain.
RELEASE := -c release --static-swift-stdlib

# One target after the other: tests start processes and wait for them, and on few cores a thousand of them at once would
# starve each other of threads.
TESTS := $(notdir $(wildcard Tests/*Tests))

# Where .ci/setup unpacks Debian's kubectl when there is another one.
export BERTH_KUBECTL_DIRS := $(CURDIR)/.build/kubectl-debian/usr/bin
# And the clouds' Python clients, for the tests that talk to the simulators as those do.
export BERTH_CLOUD_CLIENTS := $(CURDIR)/.build/cloud-clients

.PHONY: run build test fuzz lint format bench clean help

help:
	@echo 'make run    install what is missing, build, serve, and bind two claims; Ctrl-C ends it'
	@echo 'make build  berth and its drivers, optimised, into .build/release'
	@echo 'make test   all tests'
	@echo 'make fuzz   libFuzzer on all that reads what comes from outside: TARGET=json, RUNS=10000000, SECONDS=0 (no limit)'
	@echo 'make lint   the formatter (strict), the targets'"'"' imports, and shellcheck'
	@echo 'make bench  speed and memory, each against a floor measured in the same run'
	@echo 'make format rewrite the sources as the formatter wants them'
	@echo 'make clean  remove what was built'

run:
	@.ci/setup run
	@$(MAKE) --no-print-directory products
	@Examples/quickstart

build:
	@.ci/setup build
	@$(MAKE) --no-print-directory products

.PHONY: products
products:
	$(SWIFT) build $(RELEASE) --product berth
	$(SWIFT) build $(RELEASE) --product hostpath-driver
	$(SWIFT) build $(RELEASE) --product nfs-driver
	$(SWIFT) build $(RELEASE) --product aws-ebs-driver
	$(SWIFT) build $(RELEASE) --product gce-pd-driver
	$(SWIFT) build $(RELEASE) --product azure-disk-driver

test:
	@.ci/setup test
	$(SWIFT) build --build-tests --explicit-target-dependency-import-check error
	@.ci/tests $(TESTS)

TARGET :=
RUNS := 10000000
SECONDS := 0

fuzz:
	@.ci/setup build
	@.ci/fuzz '$(TARGET)' '$(RUNS)' '$(SECONDS)'

lint:
	@.ci/setup lint
	$(SWIFT) format lint --strict --recursive Package.swift Sources Plugins Tests
	shellcheck .ci/fuzz .ci/run .ci/setup .ci/swift .ci/tests Examples/quickstart Examples/drivers/directory/directory-driver \
	    "Examples/drivers/flexvolume/example.com~bind/bind"

format:
	$(SWIFT) format format --in-place --recursive Package.swift Sources Plugins Tests

bench:
	@.ci/setup test
	@$(MAKE) --no-print-directory products
	$(SWIFT) build $(RELEASE) --product berth-bench
	.build/release/berth-bench

clean:
	rm -rf .build .build-fuzz
