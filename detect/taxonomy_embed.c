/*
 * The files of config/taxonomy inside the program. The assembler reads the files by their path in
 * the source tree, from where the build runs.
 */
#include "detect/taxonomy.h"

#define EMBED(id, path)                                                                            \
	__asm__(".section .rodata\n"                                                               \
		".global taxonomy_file_" #id "\n"                                                  \
		".global taxonomy_file_" #id "_end\n"                                              \
		"taxonomy_file_" #id ":\n"                                                         \
		".incbin \"" path "\"\n"                                                           \
		"taxonomy_file_" #id "_end:\n"                                                     \
		".byte 0\n"                                                                        \
		".previous\n");                                                                    \
	extern const char taxonomy_file_##id[], taxonomy_file_##id##_end[];

#define FILES(F)                                                                                   \
	F(windows)                                                                                 \
	F(linux)                                                                                   \
	F(firewall)                                                                                \
	F(proxy)                                                                                   \
	F(webserver)                                                                               \
	F(dns)                                                                                     \
	F(cloud)                                                                                   \
	F(needs)

#define EMBED_ONE(id) EMBED(id, "config/taxonomy/" #id ".yml")
FILES(EMBED_ONE)

static const struct {
	const char *name, *from, *to;
} files[] = {
#define FILE_ROW(id) {"config/taxonomy/" #id ".yml", taxonomy_file_##id, taxonomy_file_##id##_end},
	FILES(FILE_ROW)
#undef FILE_ROW
};

bool
taxonomy_embedded(size_t i, struct taxonomy_file *ret)
{
	if (i >= sizeof(files) / sizeof(files[0]))
		return false;
	ret->name = files[i].name;
	ret->text = str_make(files[i].from, (size_t)(files[i].to - files[i].from));
	return true;
}
