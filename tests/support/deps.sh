#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What Noroshi is built and tested with, from Debian 12 and (Kafka's jars, tests only) Maven Central.
#
#   deps.sh [--build] [--tests] [--list]      without a group: both; --list installs nothing
#
# Asks nothing, installs only what is missing, works as root or through sudo. MAVEN_REPO names
# another Maven repository. Exit 0: the groups asked for are complete (Kafka's jars excepted: the
# tests then use librdkafka's mock cluster and say so). Exit 1: a line says what is missing.
set -u
cd "$(dirname "$0")/../.." || exit 1
out=build/deps
hyperscan='conflicts with libhyperscan-dev, which must not be installed beside it'

# package | why
build_packages() {
	cat <<-EOF
	gcc|compiler (C17)
	libc6-dev|C library headers
	make|build
	pkg-config|finds the libraries below
	libevent-dev|event loop, HTTP, TLS buffers
	librdkafka-dev|Kafka consumer and producer
	libhiredis-dev|Redis client
	libpcre2-dev|Sigma's re modifier
	libvectorscan-dev|literal prefilter; $hyperscan
	libzstd-dev|evidence segments
	zlib1g-dev|rotated .gz logs
	libsqlite3-dev|cases.db
	libcurl4-openssl-dev|mail and webhooks
	libfyaml-dev|configuration and rules
	libjansson-dev|configuration and API JSON
	libssl-dev|TLS, SHA-256, Ed25519
	libseccomp-dev|sandbox of the workers
	libxxhash-dev|hash tables
	python3|generator of the demo's company
	EOF
}

test_packages() {
	cat <<-EOF
	libcriterion-dev|unit tests
	clang|libFuzzer, second compiler
	libclang-rt-14-dev|sanitizer and fuzzer runtimes of clang
	clang-tidy|lint
	clang-format|layout check
	cppcheck|lint
	rsyslog|a real syslog peer (the binary only; its service is not started)
	bsdutils|logger(1)
	redis-server|a real Redis (the binary only; its service is not started)
	default-jre-headless|runs Apache Kafka
	kcat|Kafka from the command line
	openssl|test certificates
	python3|end-to-end harness
	python3-aiosmtpd|a real SMTP server
	python3-yaml|reads the tests that rules carry
	zstd|reads evidence without Noroshi
	jq|reads evidence without Noroshi
	sqlite3|looks into cases.db
	weasyprint|PDF of the reports
	fonts-ipaexfont|Japanese letters in those PDFs
	poppler-utils|reads the PDFs back
	curl|fetches Kafka's jars, asks the console
	ca-certificates|TLS to Maven Central
	EOF
}

say() {
	printf 'deps: %s\n' "$*"
}

installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# lines "package|why" on stdin; prints those that are not installed
missing() {
	local name why

	while IFS='|' read -r name why; do
		installed "$name" || printf '%s|%s\n' "$name" "$why"
	done
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		env DEBIAN_FRONTEND=noninteractive "$@"
	else
		sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
	fi
}

can_be_root() {
	[ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }
}

has_candidate() {
	apt-cache policy "$1" 2>/dev/null | grep -q 'Candidate: [^(]'
}

refresh_lists() {
	say "reading Debian's package lists (apt-get update)"
	as_root apt-get -qq -o DPkg::Lock::Timeout=120 update ||
		say "apt-get update failed; trying with the lists at hand"
}

# Services of packages that come in now are kept from starting: the tests run the binaries on
# ports and sockets of their own, and 6379 or /dev/log may be somebody's.
install() {
	local policy=/usr/sbin/policy-rc.d held='' rc name

	if [ ! -e $policy ]; then
		held=yes
		printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
		as_root chmod 755 $policy
		trap 'as_root rm -f '$policy EXIT
	fi
	# --no-remove: what somebody else installed is never taken away for our sake
	as_root apt-get -qq -y --no-remove --no-install-recommends -o DPkg::Lock::Timeout=120 \
		-o Dpkg::Use-Pty=0 install "$@" >"$out/apt.log" 2>&1
	rc=$?
	if [ -n "$held" ]; then
		as_root rm -f $policy
		trap - EXIT
	fi
	if command -v systemctl >/dev/null; then
		for name in rsyslog redis-server; do
			case " $* " in
			*" $name "*) as_root systemctl -q disable $name >/dev/null 2>&1 ;;
			esac
		done
	fi
	return $rc
}

# packages GROUP LIST: 0 when all of the group is there at the end
packages() {
	local group=$1 list=$2 lacking name why names=() absent=0

	lacking=$(missing <<<"$list")
	if [ -z "$lacking" ]; then
		say "$group: all $(wc -l <<<"$list") Debian packages are there"
		return 0
	fi
	if ! can_be_root; then
		say "$group: not root and no sudo without a password; as root run:" \
			"apt-get install --no-install-recommends $(cut -d'|' -f1 <<<"$lacking" | xargs)"
		return 1
	fi
	while IFS='|' read -r name why; do
		has_candidate "$name" || { refresh_lists; break; }
	done <<<"$lacking"
	while IFS='|' read -r name why; do
		if ! has_candidate "$name"; then
			say "$group: $name cannot be had: not in this machine's package lists ($why)"
			absent=1
			continue
		fi
		say "$group: installing $name: $why"
		names+=("$name")
	done <<<"$lacking"
	if [ ${#names[@]} -gt 0 ] && ! install "${names[@]}"; then
		# lists older than the mirror are the usual cause; a second try needs fresh ones
		refresh_lists
		install "${names[@]}" ||
			say "$group: apt-get: $(grep -m1 '^E:' "$out/apt.log" || tail -n1 "$out/apt.log")"
	fi
	lacking=$(missing <<<"$list" | cut -d'|' -f1 | xargs)
	[ -z "$lacking" ] && return 0
	case " $lacking " in
	*" libvectorscan-dev "*)
		installed libhyperscan-dev &&
			say "libvectorscan-dev $hyperscan: apt-get remove libhyperscan-dev"
		;;
	esac
	say "$group: still missing: $lacking"
	return 1
}

# A mirror of Maven Central that this user set up for the ordinary client counts here as well.
maven_repo() {
	local settings=${HOME:-/nonexistent}/.m2/settings.xml url=''

	if [ -n "${MAVEN_REPO:-}" ]; then
		printf '%s\n' "${MAVEN_REPO%/}"
		return
	fi
	if [ -r "$settings" ]; then
		url=$(tr -d '\n' <"$settings" | sed 's/<!--[^>]*-->//g; s/<mirror>/\n&/g' |
			grep -E '<mirrorOf>[^<]*(central|\*)[^<]*</mirrorOf>' | grep -v '<blocked>true' |
			sed -n 's/.*<url>[[:space:]]*\([^<[:space:]]*\).*/\1/p' | head -n1)
	fi
	url=${url:-https://repo1.maven.org/maven2}
	printf '%s\n' "${url%/}"
}

right_sum() {
	[ "$(sha256sum 2>/dev/null <"$2" | cut -d' ' -f1)" = "$1" ]
}

# jar SHA256 PATH: into build/deps/kafka, from Maven's local store or the repository
jar() {
	local sum=$1 path=$2 to store=${HOME:-/nonexistent}/.m2/repository

	to=$out/kafka/${path##*/}
	[ -f "$to" ] && right_sum "$sum" "$to" && return 0
	rm -f "$to" "$to.part"
	if [ -f "$store/$path" ]; then
		cp "$store/$path" "$to.part"
	else
		curl -fsSL --connect-timeout 10 --max-time 300 --retry 2 -o "$to.part" \
			"$repo/$path" 2>"$out/curl.log" || return 1
	fi
	if ! right_sum "$sum" "$to.part"; then
		echo "its SHA-256 is not the pinned one" >"$out/curl.log"
		rm -f "$to.part"
		return 1
	fi
	mv "$to.part" "$to"
}

kafka_jars() {
	local sum path repo wanted

	wanted=$(grep -v '^#' tests/servers/kafka.jars)
	if [ "$(cat "$out/kafka/.complete" 2>/dev/null)" = "$(sha256sum <<<"$wanted")" ]; then
		say "tests: Apache Kafka's $(wc -l <<<"$wanted") jars are there"
		return 0
	fi
	repo=$(maven_repo)
	mkdir -p "$out/kafka"
	rm -f "$out/kafka/.complete"
	say "tests: fetching Apache Kafka's $(wc -l <<<"$wanted") jars (36 MB, for tests/servers/kafka)"
	while read -r sum path; do
		if ! jar "$sum" "$path"; then
			say "tests: no Apache Kafka: ${path##*/}: $(head -n1 "$out/curl.log");" \
				"tests use librdkafka's mock cluster instead"
			return 1
		fi
	done <<<"$wanted"
	# what an older pin left behind would be on the class path too
	for path in "$out"/kafka/*.jar; do
		grep -q "/${path##*/}\$" <<<"$wanted" || rm -f "$path"
	done
	sha256sum <<<"$wanted" >"$out/kafka/.complete"
}

build='' tests='' list=''
for arg; do
	case $arg in
	--build) build=yes ;;
	--tests) tests=yes ;;
	--list) list=yes ;;
	*)
		echo "usage: deps.sh [--build] [--tests] [--list]" >&2
		exit 2
		;;
	esac
done
[ -z "$build$tests" ] && build=yes tests=yes
if [ -n "$list" ]; then
	[ -n "$build" ] && build_packages
	[ -n "$tests" ] && test_packages
	exit 0
fi
if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	say "this is not Debian: install the equivalents of: $("$0" --list | cut -d'|' -f1 | xargs)"
	exit 1
fi
mkdir -p "$out"
status=0
if [ -n "$build" ]; then
	rm -f "$out/.stamp-build"
	if packages build "$(build_packages)"; then
		date -u +%FT%TZ >"$out/.stamp-build"
	else
		status=1
	fi
fi
if [ -n "$tests" ]; then
	rm -f "$out/.stamp-tests"
	if packages tests "$(test_packages)"; then
		kafka_jars
		date -u +%FT%TZ >"$out/.stamp-tests"
	else
		status=1
	fi
fi
exit $status
