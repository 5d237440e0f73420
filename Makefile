# Noroshi. `make demo` and `make check` are all a newcomer needs; `make help` lists the rest.
#
# Layers, lowest first. A folder may use itself and anything to its left as `make layers` checks.
LAYERS := base config intake parsers detect weave correlation store respond web daemon
MODE   ?= release
SAN    ?=
CC     ?= cc
comma  := ,
OUT    := build/$(MODE)$(if $(SAN),-$(subst $(comma),-,$(SAN)))
PREFIX ?= /usr/local
DESTDIR ?=
VERSION := 0.1.0
PKGS   := libevent libevent_pthreads rdkafka hiredis libpcre2-8 libhs libzstd sqlite3 libcurl libfyaml jansson libcrypto libseccomp libxxhash zlib libpsl

# -O3 takes 2 to 4 % of the instructions of `noroshi normalize` away; -flto, another 2 %, twice the time to build.
OPT_release := -O3 -g -DNDEBUG -D_FORTIFY_SOURCE=2
OPT_debug   := -O1 -g -DNOROSHI_TEST_HOOKS=1
OPT     := $(OPT_$(MODE)) $(if $(SAN),-U_FORTIFY_SOURCE -DNOROSHI_TEST_HOOKS=1)
WARN    := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Werror
# clang sees statement expressions even in macros of a system's header (rdkafka), and warns of {.a = 1} and of formats handed on in a va_list, where gcc does not.
WARN    += $(if $(findstring clang,$(CC)),-Wno-gnu-statement-expression -Wno-missing-field-initializers -Wno-format-nonliteral)
# SSE4.2 is what the literal scanner's package asks of the machine anyway.
CFLAGS  += -std=c17 -D_GNU_SOURCE -I. -march=x86-64-v2 -fstack-protector-strong -fPIE -fno-strict-aliasing $(OPT) $(WARN) \
	$(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer) $(filter-out -I/usr/include,$(shell pkg-config --cflags $(PKGS) 2>/dev/null)) \
	-DNOROSHI_VERSION='"$(VERSION)"' -DSOURCES_FILE='"$(OUT)/parsers/sources.yml"'
LDFLAGS += -pie -Wl,-z,relro,-z,now $(if $(SAN),-fsanitize=$(SAN))
LDLIBS  += $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lpthread -lm

lib  = $(OUT)/$(1).a
upto = $(if $(filter $(1),$(firstword $(2))),$(1),$(firstword $(2)) $(call upto,$(1),$(wordlist 2,99,$(2))))
rev  = $(if $(1),$(call rev,$(wordlist 2,99,$(1))) $(firstword $(1)))
HAVE := $(foreach l,$(LAYERS),$(if $(wildcard $(l)/*.c),$(l)))
# main()s live in daemon/main_*.c; everything else of daemon/ is a library too.
MAINS := $(patsubst daemon/main_%.c,%,$(wildcard daemon/main_*.c))

all: build

build: $(foreach l,$(HAVE),$(call lib,$(l))) $(MAINS:%=$(OUT)/%)

$(OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(if $(V),,@echo "  cc $<";) $(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

# The taxonomies are embedded by the assembler, which -MMD does not see.
$(OUT)/detect/taxonomy_embed.o: $(wildcard config/taxonomy/*.yml)

# The definitions of products, one text without their tests (the last part of each file).
SOURCES := $(wildcard config/sources/*.yml)
$(OUT)/parsers/sources.yml: $(SOURCES) Makefile
	@mkdir -p $(@D)
	@awk 'FNR == 1 {skip = 0; print "---"} /^tests:/ {skip = 1} !skip' $(SOURCES) >$@
$(OUT)/parsers/source_load.o $(OUT)/plain/parsers/source_load.o: $(OUT)/parsers/sources.yml

define layer
$(call lib,$(1)): $(patsubst %.c,$(OUT)/%.o,$(filter-out daemon/main_%.c,$(wildcard $(1)/*.c)))
	@rm -f $$@; ar rcs $$@ $$^
endef
$(foreach l,$(HAVE),$(eval $(call layer,$(l))))

# Criterion tests: tests/<folder>/*.c, linked with the folder and what lies below it.
define testrule
$(OUT)/tests/$(1).t: $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/$(1)/*.c)) $(foreach l,$(call rev,$(filter $(HAVE),$(call upto,$(1),$(LAYERS)))),$(call lib,$(l)))
	@mkdir -p $$(@D)
	$(CC) $(LDFLAGS) -o $$@ $$^ -lcriterion $(LDLIBS)
endef
TESTED := $(foreach l,$(LAYERS),$(if $(wildcard tests/$(l)/*.c),$(l)))
$(foreach l,$(TESTED),$(eval $(call testrule,$(l))))

$(MAINS:%=$(OUT)/%): $(OUT)/%: $(OUT)/daemon/main_%.o $(foreach l,$(call rev,$(HAVE)),$(call lib,$(l)))
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

units: $(TESTED:%=$(OUT)/tests/%.t)

# The threaded parts under ThreadSanitizer, where Criterion's programs do not start: the same tests with
# a stand-in for it. Left out: what runs librdkafka's own threads, which are not instrumented and crash there.
PLAIN_base    := tests/base/queue.c
PLAIN_store   := $(wildcard tests/store/*.c)
PLAIN_intake  := $(filter-out tests/intake/test_kafka.c,$(wildcard tests/intake/*.c))
PLAIN_respond := $(wildcard tests/respond/*.c)
PLAINS        := base store intake respond
plain         := $(OUT)/plain/tests/support/plain

$(OUT)/plain/%.o: %.c
	@mkdir -p $(@D)
	@echo "  cc $< (plain)"; $(CC) -Itests/support/plain $(CFLAGS) -MMD -MP -c -o $@ $<

define plainrule
$(OUT)/plain/$(1).t: $(patsubst %.c,$(OUT)/plain/%.o,$(PLAIN_$(1))) $(plain)/main.o $(plain)/checks.o $(foreach l,$(call rev,$(filter $(HAVE),$(call upto,$(1),$(LAYERS)))),$(call lib,$(l)))
	$(CC) $(LDFLAGS) -o $$@ $$^ $(LDLIBS)
endef
$(foreach l,$(PLAINS),$(eval $(call plainrule,$(l))))

# intake under load: plain/flood tcp|udp MESSAGES
$(OUT)/plain/flood: $(plain)/flood.o $(plain)/checks.o $(OUT)/plain/tests/intake/house.o $(foreach l,intake config base,$(call lib,$(l)))
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# make MODE=debug SAN=thread tsan
tsan: $(PLAINS:%=$(OUT)/plain/%.t) $(OUT)/plain/flood

headers:
	@for h in $(foreach l,$(LAYERS),$(wildcard $(l)/*.h)); do $(CC) $(CFLAGS) -fsyntax-only -x c $$h || exit 1; done; echo "headers: each compiles alone"

globals: build
	@objdump -t $(foreach l,$(HAVE),$(call lib,$(l))) | awk '/ O / && $$4 ~ /^\.(data|bss|tdata|tbss)$$/ {print; bad=1} END {exit bad}' && echo "globals: no writable ones"

layers:
	@grep -Hn '^#include "' $(foreach l,$(LAYERS),$(wildcard $(l)/*.[ch])) | awk -F'[:"/]' -v order="$(LAYERS)" \
	'BEGIN {n=split(order,o," "); for(i=1;i<=n;i++) rank[o[i]]=i} \
	 {from=$$1; to=$$5; file=$$6; ok=(to==from || to=="base" || to=="config" || from=="daemon"); \
	  if (file=="detect.h" && (from=="correlation"||from=="store"||from=="web")) ok=1; \
	  if (to=="store" && file=="store.h" && from=="web") ok=1; \
	  if (rank[to]>rank[from]) ok=0; if (!ok) {print; bad=1}} END {exit bad}' && echo "layers: arrows point one way"

# The company of the demo, and fuzz targets as programs that run over files (gcc) or search (clang's libFuzzer).
COMPANY := $(OUT)/tests/support/company/company
$(COMPANY): $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/support/company/*.c))
	$(CC) $(LDFLAGS) -o $@ $^

FUZZ := $(patsubst tests/fuzz/%.c,%,$(filter-out tests/fuzz/standalone.c,$(wildcard tests/fuzz/*.c)))
$(FUZZ:%=$(OUT)/fuzz/%): $(OUT)/fuzz/%: $(OUT)/tests/fuzz/%.o $(OUT)/tests/fuzz/standalone.o $(foreach l,$(call rev,$(HAVE)),$(call lib,$(l)))
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
fuzzers: $(FUZZ:%=$(OUT)/fuzz/%)

# make libfuzz CC=clang SAN=address,undefined,fuzzer-no-link: search with libFuzzer.
libfuzz: $(FUZZ:%=build/libfuzz/%)
build/libfuzz/%: $(OUT)/tests/fuzz/%.o $(foreach l,$(call rev,$(HAVE)),$(call lib,$(l)))
	@mkdir -p $(@D)
	clang -fsanitize=address,undefined,fuzzer -pie -o $@ $^ $(LDLIBS)

# ---- what people type ----

STAMPS := build/deps
deps:
	@bash tests/support/deps.sh
$(STAMPS)/.stamp-build: tests/support/deps.sh
	@bash tests/support/deps.sh --build
$(STAMPS)/.stamp-tests: $(STAMPS)/.stamp-build tests/support/deps.sh
	@bash tests/support/deps.sh --tests

# deps may install the very compiler and pkg-config that the rules above ask: so a fresh make afterwards.
demo: $(STAMPS)/.stamp-build
	@$(MAKE) --no-print-directory -j2 build build/release/tests/support/company/company
	@python3 tests/support/demo.py

check: $(STAMPS)/.stamp-build $(STAMPS)/.stamp-tests
	@python3 tests/run.py check

torture: $(STAMPS)/.stamp-build $(STAMPS)/.stamp-tests
	@python3 tests/run.py torture

fuzz: $(STAMPS)/.stamp-build $(STAMPS)/.stamp-tests
	@python3 tests/run.py fuzz

score: $(STAMPS)/.stamp-build
	@$(MAKE) --no-print-directory -j2 build build/release/tests/support/company/company
	@python3 tests/support/score.py

bench: $(STAMPS)/.stamp-build
	@$(MAKE) --no-print-directory -j2 build build/release/tests/support/company/company
	@python3 tests/bench/one_core.py
	@python3 tests/bench/latency.py
	@python3 tests/bench/first_report.py

lint:
	@clang-format --dry-run -Werror $(foreach l,$(LAYERS) tests,$(shell find $(l) -name '*.[ch]' 2>/dev/null)) && echo "format: as .clang-format says"
	@cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr --suppress=missingIncludeSystem --enable=warning,portability -I. -D_GNU_SOURCE \
		--library=tests/support/cppcheck.cfg \
		$(foreach l,$(LAYERS),$(wildcard $(l)/*.c)) && echo "cppcheck: clean"
	@mkdir -p build; clang-tidy --quiet $(foreach l,$(LAYERS),$(wildcard $(l)/*.c)) -- $(filter-out -W%,$(CFLAGS)) >build/clang-tidy.log 2>/dev/null; rc=$$?; \
		if grep -E "warning:|error:" build/clang-tidy.log || [ $$rc -ne 0 ]; then echo "clang-tidy: see build/clang-tidy.log (exit $$rc)"; exit 1; fi; echo "clang-tidy: clean"

install: build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/noroshi $(DESTDIR)$(PREFIX)/lib/systemd/system \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man8 $(DESTDIR)/etc/noroshi
	install -m 755 $(OUT)/noroshid $(OUT)/noroshi $(DESTDIR)$(PREFIX)/bin
	cp -r config/rules config/taxonomy $(DESTDIR)$(PREFIX)/share/noroshi
	chmod -R a+rX $(DESTDIR)$(PREFIX)/share/noroshi
	sed 's|@PREFIX@|$(PREFIX)|' config/noroshid.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/noroshid.service
	install -m 644 config/noroshi.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/noroshi.conf
	install -m 644 docs/noroshi.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 docs/noroshid.8 $(DESTDIR)$(PREFIX)/share/man/man8
	sed 's|- path: rules$$|- path: $(PREFIX)/share/noroshi/rules|' config/noroshi.yml > $(OUT)/noroshi.yml
	test -e $(DESTDIR)/etc/noroshi/noroshi.yml || install -m 640 $(OUT)/noroshi.yml $(DESTDIR)/etc/noroshi/noroshi.yml

help:
	@echo "make demo      play a company's day with ten hidden attacks (installs what it needs)"
	@echo "make score     what the shipped rules find in days of that company, and what they say in vain"
	@echo "make check     all tests (installs what they need)"
	@echo "make           release build into build/release;  MODE=debug, SAN=address,undefined or SAN=thread"
	@echo "make deps      install build and test packages (Debian 12)"
	@echo "make torture | fuzz | bench | lint | layers | headers | globals | install | clean"

clean:
	rm -rf $(filter-out build/deps,$(wildcard build/*))

-include $(shell find build -name '*.d' 2>/dev/null)
.PHONY: all build units headers globals layers clean deps demo score check torture fuzz bench lint install help fuzzers tsan libfuzz
.SECONDARY:
