/* What is one story and what is two: scenes of alerts, each with the incident it must be in. */
#include "correlation/incident.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/logsource.h"

#define S  NS_PER_S
#define T0 (INT64_C(1772438400) * S)
#define H  3600
#define D  (24 * H)

/* One alert. want: the incident, by a letter that is new for a new one; '-': none. */
struct step {
	int64_t at; /* s */
	enum logsource source;
	const char *group;  /* "name=value ...", and event=, level=, tag= of the alert itself */
	const char *record; /* the deciding record, "name=value ..."; NULL: a timer */
	char want;
};

#define STEPS 12
#define EDR   LOGSOURCE_SYSMON
#define LOGON LOGSOURCE_WIN_SECURITY
#define WALL  LOGSOURCE_FORTIGATE_TRAFFIC
#define VPN   LOGSOURCE_FORTIGATE_VPN
#define PROXY LOGSOURCE_SQUID

static const struct scene {
	const char *why;
	struct step steps[STEPS];
} scenes[] = {
	{"an address that nobody is named for ties no strangers: the last that was active has it",
		{{0, PROXY, "", "noroshi.identity.user=sato source.ip=10.9.0.10", 'a'},
			{60, PROXY, "", "noroshi.identity.user=ito source.ip=10.9.0.10", 'b'},
			{90, WALL, "source.ip=10.9.0.10", "source.ip=10.9.0.10", 'b'},
			{95, PROXY, "", "noroshi.identity.user=sato", 'a'},
			{99, PROXY, "", "noroshi.identity.user=ito", 'b'}}},
	{"victims of one address are one by the alert about the address",
		{{0, VPN, "source.ip=198.51.100.9",
			 "source.ip=198.51.100.9 user.name=tried event.outcome=failure", 'a'},
			{60, VPN, "noroshi.identity.user=sato",
				"noroshi.identity.user=sato source.ip=198.51.100.9", 'a'},
			{90, VPN, "noroshi.identity.user=ito",
				"noroshi.identity.user=ito source.ip=198.51.100.9", 'a'},
			{99, VPN, "", "noroshi.identity.user=tried", 'b'}}},
	{"also when it comes last",
		{{0, VPN, "", "noroshi.identity.user=sato source.ip=198.51.100.9", 'a'},
			{60, VPN, "", "noroshi.identity.user=ito source.ip=198.51.100.9", 'b'},
			{90, VPN, "source.ip=198.51.100.9", "source.ip=198.51.100.9", 'a'},
			{99, EDR, "", "noroshi.identity.user=ito", 'a'}}},
	{"not what two of the company's own looked up outside",
		{{0, PROXY, "", "noroshi.identity.user=sato destination.ip=198.51.100.7", 'a'},
			{60, PROXY, "", "noroshi.identity.user=ito destination.ip=198.51.100.7",
				'b'}}},
	{"a firewall's own name is no machine of the story",
		{{0, WALL, "host.name=fw1", "host.name=fw1 noroshi.identity.user=sato", 'a'},
			{60, WALL, "host.name=fw1", "host.name=fw1 source.ip=10.1.2.3", 'b'},
			{90, EDR, "host.name=PC1.ad.example", "host.name=PC1.ad.example", 'c'},
			{99, EDR, "", "noroshi.identity.host=pc1", 'c'}}},
	{"a timer has no record: what it is about stands in its group",
		{{0, EDR, "", "noroshi.identity.host=pc1", 'a'},
			{60, EDR, "noroshi.identity.host=pc1", NULL, 'a'}}},
	{"accounts of programs, shared and well-known ones are nobody",
		{{0, LOGON, "", "user.name=svc-backup noroshi.identity.host=h1", 'a'},
			{60, LOGON, "", "user.name=AOBA\\svc-backup noroshi.identity.host=h2", 'b'},
			{70, LOGON, "", "user.name=reception noroshi.identity.host=h3", 'c'},
			{80, LOGON, "user.name=reception",
				"user.name=reception noroshi.identity.host=h4", 'd'},
			{90, LOGON, "", "user.name=SYSTEM noroshi.identity.host=h5", 'e'},
			{95, LOGON, "", "user.name=H5$ noroshi.identity.host=h6", 'f'},
			{99, LOGON, "", "user.name=root noroshi.identity.host=h7", 'g'}}},
	{"an administrator account is its owner's, and a spelling no other person",
		{{0, LOGON, "", "noroshi.identity.user=sato.k", 'a'},
			{60, LOGON, "", "user.name=AOBA\\ADM-Sato", 'a'},
			{70, LOGON, "user=sato.k@ad.example", NULL, 'a'},
			{80, LOGON, "user_agent.original=sato.k", NULL, 'b'}}},
	{"programs of the system are on every machine; what was dropped is not",
		{{0, EDR, "",
			 "noroshi.identity.user=sato process.executable=C:\\Windows\\cmd.exe "
			 "process.hash.sha256=aa",
			 'a'},
			{60, EDR, "",
				"noroshi.identity.user=ito "
				"process.executable=C:\\Windows\\cmd.exe "
				"process.hash.sha256=aa",
				'b'},
			{70, EDR, "",
				"noroshi.identity.user=sato "
				"process.executable=C:\\Windows\\Temp\\x.exe "
				"process.hash.sha256=bb",
				'a'},
			{80, EDR, "", "noroshi.identity.user=abe file.hash.sha256=BB", 'a'}}},
	{"what weave calls shared, and what the lists call a proxy, tie nothing",
		{{0, PROXY, "", "source.ip=10.7.0.1 noroshi.identity.shared=learned", 'a'},
			{60, PROXY, "source.ip=10.7.0.1",
				"source.ip=10.7.0.1 noroshi.identity.shared=learned", 'b'},
			{70, WALL, "", "source.ip=10.9.0.99", 'c'},
			{80, WALL, "", "source.ip=10.9.0.99", 'd'},
			{85, WALL, "", "source.ip=198.51.100.77 source.nat.ip=198.51.100.77", 'e'},
			{86, WALL, "", "source.ip=198.51.100.77 source.nat.ip=198.51.100.77", 'f'},
			{90, EDR, "", "noroshi.identity.user=sato noroshi.identity.host=vdi1", 'g'},
			{95, EDR, "", "noroshi.identity.user=ito noroshi.identity.host=VDI1",
				'h'}}},
	{"an important server does not tie the machine of one alert to the person of another",
		{{0, LOGON, "", "noroshi.identity.user=sato host.name=FS09", 'a'},
			{60, LOGON, "source.ip=10.1.1.9",
				"source.ip=10.1.1.9 noroshi.identity.host=pc9 host.name=FS09", 'b'},
			{70, LOGON, "", "noroshi.identity.host=pc9", 'b'},
			{80, LOGON, "", "noroshi.identity.user=sato", 'a'}}},
	{"configured hubs tie nothing", {{0, EDR, "", "noroshi.identity.host=jump1", 'a'},
						{60, EDR, "", "noroshi.identity.host=jump1", 'b'}}},
	{"what was stopped before it came there is not about the place",
		{{0, EDR, "", "host.name=sv1 source.ip=10.1.1.5", 'a'},
			{60, WALL, "source.ip=198.51.100.5",
				"source.ip=198.51.100.5 destination.ip=10.1.1.5 event.type=denied",
				'b'},
			{90, WALL, "source.ip=198.51.100.6",
				"source.ip=198.51.100.6 destination.ip=10.1.1.5", 'a'}}},
	{"a machine that too many were seen on is learned as a hub",
		{{0, EDR, "", "noroshi.identity.host=h1 noroshi.identity.user=u1", 'a'},
			{60, EDR, "", "noroshi.identity.host=h1 noroshi.identity.user=u2", 'a'},
			{70, EDR, "", "noroshi.identity.host=h1 noroshi.identity.user=u3", 'a'},
			{80, EDR, "", "noroshi.identity.host=h1 noroshi.identity.user=u4", 'a'},
			{90, EDR, "", "noroshi.identity.host=h1 noroshi.identity.user=u5", 'b'},
			{95, EDR, "", "noroshi.identity.host=h1", 'c'}}},
	{"an address that changes hands over weeks is not",
		{{0, EDR, "", "source.ip=10.1.1.9 noroshi.identity.user=u1", 'a'},
			{8 * D, EDR, "", "source.ip=10.1.1.9 noroshi.identity.user=u2", 'b'},
			{16 * D, EDR, "", "source.ip=10.1.1.9 noroshi.identity.user=u3", 'c'},
			{24 * D, EDR, "", "source.ip=10.1.1.9 noroshi.identity.user=u4", 'd'},
			{32 * D, EDR, "", "source.ip=10.1.1.9 noroshi.identity.user=u5", 'e'},
			{32 * D + 60, WALL, "", "source.ip=10.1.1.9", 'e'}}},
	{"an address is one however it is written; those that all have are none",
		{{0, WALL, "", "source.ip=2001:DB8:0:0::1", 'a'},
			{60, WALL, "", "destination.ip=2001:db8::1", 'a'},
			{65, WALL, "", "source.ip=::ffff:198.51.100.3", 'b'},
			{66, WALL, "", "client.ip=198.51.100.3", 'b'},
			{70, WALL, "", "source.ip=127.0.0.1 destination.ip=224.0.0.251", 'c'},
			{80, WALL, "", "source.ip=127.0.0.1 destination.ip=224.0.0.251", 'd'},
			{90, WALL, "", "source.ip=239.1.2.3 destination.ip=fe80::1", 'e'},
			{91, WALL, "", "source.ip=239.1.2.3 destination.ip=fe80::1", 'f'},
			{95, WALL, "", "source.ip=12.5", 'g'},
			{96, WALL, "", "source.ip=12.5", 'h'}}},
	{"one record under two rules is one thing",
		{{0, WALL, "event=77", "", 'a'}, {60, WALL, "event=77", "", 'a'},
			{61, WALL, "event=78", "", 'b'}}},
	{"domains, mail addresses and files alone tie nothing",
		{{0, PROXY, "", "url.domain=evil.example", 'a'},
			{60, PROXY, "", "url.domain=evil.example", 'b'},
			{70, LOGSOURCE_POSTFIX, "",
				"email.from.address=x@evil.example email.direction=inbound", 'c'},
			{80, LOGSOURCE_POSTFIX, "",
				"email.from.address=x@evil.example email.direction=inbound", 'd'}}},
	{"an incident that never rests ends after the longest time",
		{{0, EDR, "", "noroshi.identity.user=sato noroshi.identity.host=h1", 'a'},
			{4 * H, EDR, "", "noroshi.identity.user=sato", 'a'},
			{8 * H, EDR, "", "noroshi.identity.user=sato", 'a'},
			{12 * H, EDR, "", "noroshi.identity.user=sato", 'a'},
			{16 * H, EDR, "", "noroshi.identity.user=sato", 'a'},
			{20 * H, EDR, "", "noroshi.identity.user=sato", 'a'},
			{24 * H, EDR, "", "noroshi.identity.user=sato", 'a'},
			{24 * H + 1, EDR, "", "noroshi.identity.user=sato", 'b'},
			{-4 * H, EDR, "", "noroshi.identity.host=h1", 'a'}}},
	{"late ones find the incident of their time, not the newest",
		{{0, EDR, "", "noroshi.identity.user=sato", 'a'},
			{10 * H, EDR, "", "noroshi.identity.user=sato", 'b'},
			{1 * H, EDR, "", "noroshi.identity.user=sato", 'a'},
			{11 * H, EDR, "", "noroshi.identity.user=sato", 'b'}}},
	{"a line dated far ahead does not hide what is there",
		{{0, EDR, "", "noroshi.identity.user=sato", 'a'},
			{80000 * (int64_t)D, EDR, "", "noroshi.identity.user=sato", 'b'},
			{60, EDR, "", "noroshi.identity.user=sato", 'a'}}},
	{"weak alerts open nothing, and a merger's second name still leads there",
		{{0, EDR, "level=low", "noroshi.identity.user=sato", '-'},
			{1, EDR, "", "noroshi.identity.user=sato", 'a'},
			{2, EDR, "", "noroshi.identity.host=h1", 'b'},
			{3, EDR, "level=informational",
				"noroshi.identity.host=h1 noroshi.identity.user=sato", 'a'},
			{4, EDR, "", "noroshi.identity.host=h1", 'a'}}},
};

static const char *const lists_of[][2] = {
	{"people", "user,name,admin_account,mail\nsato.k,S,adm-sato,s@aoba.example\n"},
	{"service_accounts", "account,note\nsvc-backup,x\n"},
	{"shared_ids", "account,where\nreception,x\n"},
	{"networks", "network,role\n10.9.0.99,proxy\n"},
	{"assets", "host,address,role,important\nVDI1,,vdi server,no\nFS09,,file server,yes\n"},
};

struct stage {
	struct names *names;
	struct lists *lists;
	struct region *region;
	struct incidents *k;
	struct batch b;
	uint64_t n;
	struct hash128 letters[26];
};

static void
stage_open(struct stage *g, int64_t longest_s)
{
	static const struct str hubs[] = {{"jump1", 5}};
	struct incidents_options opt = incidents_options_default;
	struct diag why = {0};
	struct buf packed = {0};

	*g = (struct stage){.names = names_new(), .b = batch_new()};
	for (size_t i = 0; i < sizeof(lists_of) / sizeof(lists_of[0]); i++)
		buf_printf(&packed, "--- l/%s.csv %zu\n%s\n", lists_of[i][0],
			strlen(lists_of[i][1]), lists_of[i][1]);
	cr_assert_eq(lists_load(buf_str(&packed), &why, &g->lists), 0);
	buf_done(&packed);
	cr_assert_eq(lists_bad_rows(g->lists), 0);
	cr_assert_eq(lists_count(g->lists), 5);
	names_freeze(g->names);
	g->region = region_new((size_t)16 << 20);
	opt.hubs = hubs;
	opt.nhubs = 1;
	opt.longest_ns = longest_s * S;
	g->k = incidents_new(&opt, g->names, g->lists, g->region);
	cr_assert(g->k);
}

static void
stage_close(struct stage *g)
{
	incidents_free(g->k);
	region_destroy(g->region);
	lists_free(g->lists);
	names_free(g->names);
	batch_free(g->b);
}

static void
put_words(struct recs *w, struct str rest)
{
	while (rest.n > 0) {
		struct str word, name;

		str_cut(&rest, ' ', &word);
		str_cut(&word, '=', &name);
		rec_put_named(w, name, VALUE_STRING, word, 0);
	}
}

static struct record *
record_of(struct stage *g, const struct step *p)
{
	struct frame f = {.arrival = T0};
	struct recs w;
	struct record *r;

	batch_reset(g->b, g->n);
	batch_add(g->b, &f, STR("x"), STR("p"));
	recs_begin(&w, g->b, g->names, 0);
	recs_frame(&w, 0);
	r = recs_open(&w);
	r->logsource = (uint16_t)p->source;
	put_words(&w, str_of(p->record));
	cr_assert_eq(recs_close(&w), 0);
	return r;
}

static struct alert
play(struct stage *g, const struct step *p)
{
	static const struct alert_rule plain = {.title = {"R", 1}};
	char id[24];
	struct str tags[1] = {STR("attack.execution")}, rest = str_of(p->group);
	struct alert_rule rule = plain;
	struct alert a = {.rule = &rule,
		.time = T0 + p->at * S,
		.first_time = T0 + p->at * S,
		.count = 1,
		.families = 1u << family_of_logsource(p->source),
		.nrecords = 1,
		.nrecords_all = 1};

	g->n++;
	/* each of a rule of its own: a flood of one is another test's */
	snprintf(id, sizeof(id), "rule %llu", (unsigned long long)g->n);
	rule.id = str_of(id);
	rule.level = STR("high");
	rule.tags = tags;
	rule.ntags = 1;
	a.id = hash_id(&g->n, sizeof(g->n));
	a.records[0].id = hash_id(&a.id, sizeof(a.id));
	while (rest.n > 0) {
		struct str word, name;

		str_cut(&rest, ' ', &word);
		str_cut(&word, '=', &name);
		if (str_eq(name, STR("event")))
			a.records[0].id = hash_id(word.p, word.n);
		else if (str_eq(name, STR("level")))
			rule.level = word;
		else if (str_eq(name, STR("tag")))
			tags[0] = word;
		else {
			a.group[a.ngroup].name = name;
			a.group[a.ngroup++].value = word;
		}
	}
	incidents_fold(g->k, &a, g->b, p->record ? record_of(g, p) : NULL);
	return a;
}

static char
letter_of(struct stage *g, struct hash128 id)
{
	if (hash128_is_zero(id))
		return '-';
	for (int i = 0; i < 26; i++) {
		if (hash128_is_zero(g->letters[i]))
			g->letters[i] = id;
		if (hash128_eq(g->letters[i], id))
			return (char)('a' + i);
	}
	return '?';
}

Test(incident_scenes, each_alert_is_in_its_story)
{
	for (size_t s = 0; s < sizeof(scenes) / sizeof(scenes[0]); s++) {
		struct stage g;

		stage_open(&g, strstr(scenes[s].why, "longest") ? D : 7 * D);
		for (size_t i = 0; i < STEPS && scenes[s].steps[i].want; i++) {
			struct alert a = play(&g, &scenes[s].steps[i]);
			char got = letter_of(&g, a.incident.id);

			cr_expect_eq(got, scenes[s].steps[i].want, "%s: step %zu is in %c, not %c",
				scenes[s].why, i + 1, got, scenes[s].steps[i].want);
		}
		stage_close(&g);
	}
}

static bool
has(const struct alert *a, enum entity_kind kind, const char *value)
{
	for (size_t i = 0; i < a->nentities; i++)
		if (a->entities[i].kind == kind && str_eq(a->entities[i].value, str_of(value)))
			return true;
	return false;
}

Test(incident_scenes, what_an_alert_is_about)
{
	static const char host[] =
		"a234567890123456789012345678901234567890123456789012345678901234."
		"b234567890.example";
	struct stage g;
	struct step p = {0, LOGSOURCE_POSTFIX, "tag=attack.exfiltration",
		"email.from.address=s@aoba.example email.to.address=p@partner.example "
		"email.direction=outbound file.path=C:\\Plans\\A.zip",
		'a'};
	struct alert a;
	char text[200];

	stage_open(&g, 7 * D);
	a = play(&g, &p);
	cr_expect(has(&a, ENTITY_MAIL, "p@partner.example"), "whom it went to");
	cr_expect_not(has(&a, ENTITY_MAIL, "s@aoba.example"), "a person's own is no outside one");
	cr_expect(has(&a, ENTITY_FILE, "C:\\Plans\\A.zip"), "as it is written");
	p.group = "";
	a = play(&g, &p);
	cr_expect_not(has(&a, ENTITY_FILE, "C:\\Plans\\A.zip"), "of rules about what left");
	snprintf(text, sizeof(text), "dns.question.name=%s.", host);
	p = (struct step){1, EDR, "", text, 'b'};
	a = play(&g, &p);
	cr_expect(has(&a, ENTITY_DOMAIN, host), "a long name is told whole");
	p = (struct step){2, VPN, "source.ip=198.51.100.9",
		"user.name=sato.k event.outcome=failure source.ip=198.51.100.9", 'b'};
	a = play(&g, &p);
	cr_expect_not(has(&a, ENTITY_PERSON, "sato.k"), "an account that was only tried");
	p.group = "user.name=sato.k";
	a = play(&g, &p);
	cr_expect(has(&a, ENTITY_PERSON, "sato.k"), "unless the rule is about it");
	stage_close(&g);
}

static const struct {
	const char *tag;
	enum attack_stage want;
} tags[] = {
	{"attack.initial-access", STAGE_ENTRY},
	{"attack.initial_access", STAGE_ENTRY},
	{"attack.defense-evasion", STAGE_FOOTHOLD},
	{"attack.stealth", STAGE_FOOTHOLD},
	{"attack.defense-impairment", STAGE_FOOTHOLD},
	{"attack.Command-And-Control", STAGE_CONTROL},
	{"attack.ta0010", STAGE_COLLECTION},
	{"attack.t1486", STAGE_IMPACT},
	{"attack.T1021.001", STAGE_SPREAD},
	{"attack.t1685.005", STAGE_FOOTHOLD},
	{"attack.t14860", STAGE_NONE},
	{"attack.t148", STAGE_NONE},
	{"attack.t1x14", STAGE_NONE},
	{"attack.", STAGE_NONE},
	{"attack.g0016", STAGE_NONE},
	{"impact", STAGE_NONE},
	{"cve.2021-44228", STAGE_NONE},
};

Test(incident_scenes, stages_of_tags)
{
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		struct stage g;
		char group[80];
		struct step p = {0, EDR, group, NULL, 'a'};

		snprintf(group, sizeof(group), "tag=%s", tags[i].tag);
		stage_open(&g, D);
		cr_expect_eq(play(&g, &p).incident.stage, tags[i].want, "%s", tags[i].tag);
		stage_close(&g);
	}
}

Test(incident_scenes, what_was_stopped_is_no_leak)
{
	struct stage g;
	struct step p = {0, PROXY, "tag=attack.exfiltration",
		"event.outcome=failure noroshi.identity.user=x", 'a'};
	struct alert a;

	stage_open(&g, D);
	p.source = EDR;
	play(&g, &p);
	p.source = PROXY;
	a = play(&g, &p);
	cr_expect_eq(a.incident.level, 2, "%u", a.incident.level);
	cr_expect(str_find(a.incident.reason_en, STR("stopped")) > 0);
	p.record = "event.outcome=success noroshi.identity.user=x";
	a = play(&g, &p);
	cr_expect_eq(a.incident.level, 3, "%u", a.incident.level);
	stage_close(&g);
}

/* Everything that logs can name, over and over: the region's limit holds, the stage goes on. */
Test(incident_scenes, memory_is_bounded)
{
	struct stage g;
	struct incidents_stats st;
	uint64_t x = 88172645463325252u;
	struct alert a = {0};
	char text[240], group[60];

	stage_open(&g, 7 * D);
	for (unsigned i = 0; i < 60000; i++) {
		struct step p = {(int64_t)i, EDR, group, text, 'a'};

		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		snprintf(group, sizeof(group), "source.ip=198.51.%u.%u", (unsigned)x % 250,
			(unsigned)(x >> 8) % 250);
		snprintf(text, sizeof(text),
			"noroshi.identity.user=u%u noroshi.identity.host=h%u "
			"file.hash.sha256=%llx%s",
			(unsigned)(x >> 8) % 50000, (unsigned)(x >> 24) % 90000,
			(unsigned long long)x, i % 3 ? "" : " noroshi.identity.shared=x");
		a = play(&g, &p);
	}
	incidents_stats(g.k, &st);
	cr_expect_not(hash128_is_zero(a.incident.id));
	cr_expect_leq(region_used(g.region), (size_t)16 << 20);
	cr_expect_gt(st.evicted, 0u, "the oldest were given up, and counted");
	cr_expect_gt(st.open, 0u);
	cr_expect_leq(st.open, 2048u, "half of the region: keys have room of their own");
	cr_expect_gt(st.merged, 0u);
	stage_close(&g);
}

/* One incident that touches more than it can keep. */
Test(incident_scenes, an_incident_of_thousands)
{
	struct stage g;
	struct incidents_stats st;
	struct alert a = {0};
	char text[160];

	stage_open(&g, 7 * D);
	for (unsigned i = 0; i < 2000; i++) {
		struct step p = {(int64_t)i, EDR, "noroshi.identity.user=sato", text, 'a'};

		snprintf(text, sizeof(text), "noroshi.identity.user=sato noroshi.identity.host=h%u",
			i % 500);
		a = play(&g, &p);
	}
	incidents_stats(g.k, &st);
	cr_expect_eq(a.incident.alerts, 2000);
	cr_expect_eq(st.opened, 1);
	cr_expect_gt(st.unkept, 0u, "counted");
	cr_expect(str_find(a.incident.reason_en, STR("; 239 hosts")) > 0,
		"each once, as many as are kept: %.*s", STR_ARG(a.incident.reason_en));
	stage_close(&g);
}
