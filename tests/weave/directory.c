/* Persons of a directory in LDIF, beside people.csv or alone. */
#include <criterion/criterion.h>

#include "base/logsource.h"
#include "house.h"

#define ROOM ((size_t)64 << 20)
#define T0   (INT64_C(1772438400) * S)

static const char directory[] =
	"dn: CN=Sato,DC=aoba,DC=example\nobjectClass: user\nsAMAccountName: sato.k\n"
	"userPrincipalName: k.sato@cloud.aoba.example\nproxyAddresses: "
	"SMTP:kenji.sato@aoba.example\nproxyAddresses: smtp:sales@aoba.example\n\n"
	"dn: CN=Mori,DC=aoba,DC=example\nobjectClass: user\nsAMAccountName: mori.t\n"
	"userPrincipalName: t.mori@ad.aoba.example\nmail: taro.mori@aoba.example\n\n"
	"dn: CN=Abe,DC=north,DC=example\nobjectClass: user\nsAMAccountName: abe.y\n"
	"mail: another.abe@north.example\n\n"
	"dn: CN=Ono,DC=aoba,DC=example\nobjectClass: user\nsAMAccountName: ono\n"
	"mail: ono@aoba.example\n\n"
	"dn: CN=Ono,DC=north,DC=example\nobjectClass: user\nsAMAccountName: ono\n"
	"mail: ono@north.example\n";

static const struct {
	const char *account, *with_people, *alone;
} rows[] = {{"AOBA\\sato.k", "sato.k", "sato.k"}, {"k.sato@cloud.aoba.example", "sato.k", "sato.k"},
	{"sales@aoba.example", "sato.k", "sato.k"}, {"k-sato", "sato.k", "k-sato"},
	{"mori.t", "mori.t", "mori.t"}, {"AOBA\\mori.t", "mori.t", "mori.t"},
	{"t.mori@ad.aoba.example", "mori.t", "mori.t"},
	{"Taro.Mori@aoba.example", "mori.t", "mori.t"},
	/* the same account name in two domains is two persons */
	{"abe.y", "abe.y", "abe.y"}, {"another.abe@north.example", "north\\abe.y", "abe.y"},
	{"NORTH\\abe.y", "north\\abe.y", "abe.y"}, {"AOBA\\ono", "aoba\\ono", "aoba\\ono"},
	{"ono@north.example", "north\\ono", "north\\ono"}, {"ono", "", ""}};

Test(directory, persons_by_all_their_names)
{
	const char *both[] = {"people", people, "directory.ldif", directory, NULL};
	const char *only[] = {"directory.ldif", directory, NULL};

	for (unsigned k = 0; k < 2; k++) {
		struct house h = house_open(k == 0 ? both : only, ROOM);

		house_say(&h, T0, LOGSOURCE_SQUID, "source.ip=192.0.2.9");
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct str who = weave_account(h.w, str_of(rows[i].account));
			const char *want = k == 0 ? rows[i].with_people : rows[i].alone;

			cr_expect(str_eq(who, str_of(want)), "%s (%s): %.*s", rows[i].account,
				k == 0 ? "with people" : "alone", STR_ARG(who));
		}
		house_close(&h);
	}
}

Test(directory, mail_finds_its_person)
{
	const char *only[] = {"directory.ldif", directory, NULL};
	struct house h = house_open(only, ROOM);
	const char *json = house_say(&h, T0, LOGSOURCE_POSTFIX,
		"email.from.address=x@elsewhere.example email.to.address=sales@aoba.example");

	cr_expect(strstr(json, "\"noroshi.identity.user\":\"sato.k\""), "%s", json);
	house_close(&h);
}
