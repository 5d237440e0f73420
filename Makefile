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
PKGS   := libevent libevent_pthreads rdkafka hiredis libpcre2-8 libhs libzstd sqlite3 libcurl libfyaml jansson libcrypto libseccomp libxxhash zlib

OPT_release := -O2 -g -DNDEBUG -D_FORTIFY_SOURCE=2
OPT_debug   := -O1 -g -DNOROSHI_TEST_HOOKS=1
OPT     := $(OPT_$(MODE)) $(if $(SAN),-U_FORTIFY_SOURCE -DNOROSHI_TEST_HOOKS=1)
WARN    := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Werror
# SSE4.2 is what the literal scanner's package asks of the machine anyway.
CFLAGS  += -std=c17 -D_GNU_SOURCE -I. -march=x86-64-v2 -fstack-protector-strong -fPIE -fno-strict-aliasing $(OPT) $(WARN) \
	$(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer) $(filter-out -I/usr/include,$(shell pkg-config --cflags $(PKGS) 2>/dev/null)) \
	-DNOROSHI_VERSION='"$(VERSION)"'
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
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

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

clean:
	rm -rf build

-include $(shell find build -name '*.d' 2>/dev/null)
.PHONY: all build units headers globals layers clean
.SECONDARY:
