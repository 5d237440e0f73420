#include "lists.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static const char *const departments[] = {"営業部", "設計部", "生産技術部", "品質保証部", "購買部",
	"経理部", "総務部", "第一製造課", "第二製造課", "物流課"};

static const char *const server_roles[WIN_HOSTS] = {"domain controller", "domain controller",
	"file server", "file server", "print server", "server", "server", "database server",
	"server", "server", "server", "software distribution", "server"};

static void
row(struct company *co, enum list_rows list, const char *text)
{
	struct rows *r = &co->rows[list];
	size_t n = strlen(text);

	if (n > sizeof r->p - r->n) {
		fputs("company: too many rows in a list\n", stderr);
		exit(70);
	}
	memcpy(r->p + r->n, text, n);
	r->n += n;
}

/* Lists are kept by the calendar of Japan. */
#define ZONE (9 * MS_HOUR)

static void
date_of(const struct company *co, int days, char buf[16])
{
	time_t t = (time_t)co->day.epoch + (time_t)days * 86400;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(buf, 16, "%Y-%m-%d", &tm);
}

static const char *
clock_of(const struct company *co, int64_t at, char buf[32])
{
	unsigned m = (unsigned)(at / MS_MINUTE);

	m = m > 1439 ? 1439 : m;
	snprintf(buf, 32, "%sT%02u:%02u:00Z", co->day.iso, m / 60, m % 60);
	return buf;
}

void
lists_ticket(struct company *co, const char *account, const char *what, int64_t from, int64_t until)
{
	char a[32], b[32], text[256];

	snprintf(text, sizeof text, "CHG-%04u,%s,%s,%s,%s\n", ++co->tickets, account, what,
		clock_of(co, from, a), clock_of(co, until, b));
	row(co, ROWS_TICKETS, text);
}

void
lists_usb(struct company *co, int64_t at, const char *user, const char *device, const char *purpose)
{
	char text[256], day[16];

	date_of(co, at + ZONE >= MS_DAY, day);
	snprintf(text, sizeof text, "%s,%s,%s,%s\n", day, user, device, purpose);
	row(co, ROWS_USB, text);
}

void
lists_indicator(struct company *co, uint32_t ip)
{
	char text[128], buf[24];

	snprintf(text, sizeof text, "ip,%s,2020-01-01,2099-12-31,90,JPCERT feed\n",
		text_ip(buf, ip));
	row(co, ROWS_INDICATORS, text);
}

static FILE *
list(const char *dir, const char *name, const char *header)
{
	char path[PATH_MAX];
	FILE *f = NULL;

	if (snprintf(path, sizeof path, "%s/lists/%s.csv", dir, name) < (int)sizeof path)
		f = fopen(path, "we");
	if (f)
		fprintf(f, "%s\n", header);
	else
		fprintf(stderr, "company: %s: %s\n", path, strerror(errno));
	return f;
}

static bool
done(FILE *f)
{
	bool bad = ferror(f) != 0;

	return fclose(f) == 0 && !bad;
}

static bool
people(const struct company *co, const char *dir)
{
	FILE *f = list(dir, "people",
		"user,name,department,mail,pc,mac,employee_no,card_no,admin_account,work,vpn,upn");

	if (!f)
		return false;
	for (unsigned i = 0; i < PEOPLE; i++) {
		const struct person *p = &co->people[i];
		uint64_t m = p->mac;

		fprintf(f,
			"%s,%s %s,%s,%s@" MAIL_DOMAIN
			",%s,%02x:%02x:%02x:%02x:%02x:%02x,%05u,C%06u,%s,%s,%s,%s@" AD_DOMAIN "\n",
			p->account, p->family, p->given,
			i < IT_DEPT ? "情報システム部" : departments[i % 10], p->mail, p->pc.name,
			(unsigned)(m >> 40 & 255), (unsigned)(m >> 32 & 255),
			(unsigned)(m >> 24 & 255), (unsigned)(m >> 16 & 255),
			(unsigned)(m >> 8 & 255), (unsigned)(m & 255), 10001 + i, 500100 + i * 7,
			i < ADMINS ? people_admin(i) : "", p->home ? "home" : "office", p->vpn,
			p->account);
	}
	return done(f);
}

static bool
machines(const struct company *co, const char *dir)
{
	FILE *f = list(dir, "assets", "host,address,role,important");
	char buf[24];

	if (!f)
		return false;
	for (unsigned i = 0; i < WIN_HOSTS; i++)
		fprintf(f, "%s,%s,%s,%s\n", co->servers[i].name, text_ip(buf, co->servers[i].ip),
			server_roles[i],
			i <= WIN_FS2 || i == WIN_SQL1 || i == WIN_HR1 ? "yes" : "no");
	for (unsigned i = 0; i < UNIX_HOSTS; i++)
		fprintf(f, "%s,%s,%s,%s\n", unix_hosts[i].name, text_ip(buf, unix_hosts[i].ip),
			i == UNIX_BACKUP ? "backup server"
			: i == UNIX_MON  ? "monitoring server"
			: i == UNIX_WEB  ? "web server"
					 : "server",
			i == UNIX_DB1 || i == UNIX_BACKUP ? "yes" : "no");
	fprintf(f, "AS-JUMP01,%s,jump host,yes\n", text_ip(buf, IP_JUMP));
	fprintf(f, "proxy1,10.10.1.21,proxy,no\nproxy2,10.10.1.22,proxy,no\nmx1,10.10.1.25,mail "
		   "server,no\n"
		   "mx2,10.10.1.26,mail server,no\ndhcp01,10.10.2.5,dhcp "
		   "server,no\nvpn01,10.10.9.5,vpn concentrator,no\n");
	return done(f);
}

static bool
leavers(const struct company *co, const char *dir)
{
	FILE *f = list(dir, "leavers", "user,name,last_day");
	char day[16];

	if (!f)
		return false;
	for (unsigned i = LEAVERS_FIRST; i < PEOPLE; i++) {
		const struct person *p = &co->people[i];

		date_of(co, i < STAFF ? 5 + (int)(i % 9) : -20 - (int)(i % 9), day);
		fprintf(f, "%s,%s %s,%s\n", p->account, p->family, p->given, day);
	}
	return done(f);
}

static bool
fixed(const struct company *co, const char *dir, const char *name, const char *header,
	const char *rows, size_t n)
{
	FILE *f = list(dir, name, header);

	(void)co;
	if (!f)
		return false;
	fwrite(rows, 1, n, f);
	return done(f);
}

#define FIXED(name, header, rows) fixed(co, dir, name, header, rows, sizeof(rows) - 1)
#define KEPT(name, header, list)  fixed(co, dir, name, header, co->rows[list].p, co->rows[list].n)

bool
lists_write(const struct company *co, const char *dir)
{
	char path[PATH_MAX];
	FILE *admins;

	if (snprintf(path, sizeof path, "%s/lists", dir) >= (int)sizeof path ||
		(mkdir(path, 0777) < 0 && errno != EEXIST)) {
		fprintf(stderr, "company: %s: %s\n", path, strerror(errno));
		return false;
	}
	admins = list(dir, "admins", "account,owner");
	if (!admins)
		return false;
	for (unsigned i = 0; i < ADMINS; i++)
		fprintf(admins, "%s,%s\n", people_admin(i), co->people[i].account);
	return done(admins) && people(co, dir) && machines(co, dir) && leavers(co, dir) &&
	       KEPT("tickets", "id,account,what,from,until", ROWS_TICKETS) &&
	       KEPT("usb_approvals", "date,user,device,purpose", ROWS_USB) &&
	       KEPT("indicators", "type,value,valid_from,valid_until,confidence,source",
		       ROWS_INDICATORS) &&
	       FIXED("networks", "network,role",
		       "10.20.0.0/16,client\n10.30.0.0/16,plant\n10.10.0.0/16,server\n10.50.0.0/"
		       "16,dmz\n"
		       "10.212.128.0/20,vpn pool\n10.8.0.0/22,vpn pool\n203.0.113.0/28,NAT "
		       "gateway\n"
		       "10.10.1.21,proxy\n10.10.1.22,proxy\n") &&
	       FIXED("service_accounts", "account,note",
		       "svc-backup,nightly backup\nsvc-deploy,software "
		       "distribution\nnagios,monitoring\n"
		       "backup,backup over SSH\nsvc-news,customer newsletter\nsvc-sql,database\n"
		       "svc-web,web server\n") &&
	       FIXED("shared_ids", "account,where", "line1,plant terminal\n") &&
	       FIXED("known_scanners", "address,note", "10.10.9.50,vulnerability scanner\n") &&
	       FIXED("partner_domains", "domain",
		       "kyowa-motors.example\nhinode-press.example\ntoyo-bearing.example\n"
		       "minato-logi.example\nsakura-bank.example\nfuji-denshi.example\npartner-"
		       "portal.example\n") &&
	       FIXED("sanctioned_cloud", "domain,note",
		       "groupware.example,company groupware\ncloud-office.example,office suite\n"
		       "partner-portal.example,drawings exchange\n") &&
	       FIXED("allowed_remote_tools", "program", "AssistDesk.exe\n") &&
	       FIXED("accounts_last_logon", "user,last_logon", "") &&
	       FIXED("calendar", "holiday", "") &&
	       FIXED("confidential", "owner,asset,path,label",
		       "共和モータース,次期車部品図面,\\\\*\\R$\\zumen,極秘\n");
}
