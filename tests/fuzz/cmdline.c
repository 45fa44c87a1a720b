/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: finding, dropping and adding parameters of a kernel command line. What was dropped
 * must not be found; what was added must be.
 */
#include "cmdline.h"
#include "fuzz.h"

static const char *const names[] = { "root", "console", "kexec_jump_back_entry", "a-b", NULL };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string((struct span){ data, size });
	struct arena arena = { NULL };
	struct span value;
	char *without, *again, *added, *once;

	for (unsigned i = 0; names[i]; i++)
		if (cmdline_find(text, names[i], &value))
			FUZZ_CHECK((const char *)value.data >= text &&
				   (const char *)value.data + value.size <= text + strlen(text));
	without = cmdline_without(&arena, text, names);
	FUZZ_CHECK(without && strlen(without) <= strlen(text));
	for (unsigned i = 0; names[i]; i++)
		FUZZ_CHECK(!cmdline_find(without, names[i], &value));
	again = cmdline_without(&arena, without, names);
	FUZZ_CHECK(again && !strcmp(again, without));
	added = cmdline_add(&arena, without, "added=1");
	FUZZ_CHECK(added && strlen(added) <= strlen(without) + sizeof(" added=1 "));
	once = cmdline_dedup(&arena, text);
	FUZZ_CHECK(once && strlen(once) <= strlen(text));
	again = cmdline_dedup(&arena, once);
	FUZZ_CHECK(again && !strcmp(again, once));
	for (unsigned i = 0; names[i]; i++) {
		struct span left;

		FUZZ_CHECK(cmdline_find(text, names[i], &value) ==
			   cmdline_find(once, names[i], &left));
	}
	arena_done(&arena);
	free(text);
	return 0;
}

static const char *const texts[] = {
	"BOOT_IMAGE=/vmlinuz root=/dev/vda1 ro quiet console=ttyS0,115200 console=tty0",
	"root=\"a b\" \"a_b=c d\" a-b  \t kexec_jump_back_entry=0x1234 -- root=init",
	"root console= \"console=x\"y \"unended root=1",
	"dyndbg=\"file a.c +p; file b.c +p\" a--b=-- root",
	" ",
};

size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	return fuzz_seed_of(texts, sizeof(texts) / sizeof(texts[0]), n, buffer, capacity);
}
