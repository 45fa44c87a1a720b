/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: boot loader entries, with GRUB's variables behind the first zero byte. What comes
 * out of an entry makes an entry that reads the same.
 */
#include <stdio.h>

#include "boot_entry.h"
#include "fuzz.h"

static void check_path(const char *path)
{
	FUZZ_CHECK(path && *path == '/' && !strstr(path, "/../"));
	for (; *path; path++)
		FUZZ_CHECK((unsigned char)*path >= 0x20 || *path == '\t' || *path == '\r');
}

/* The entry as text, only with what matters for a load. */
static char *as_text(struct arena *arena, const struct boot_entry *entry)
{
	char *text = arena_printf(arena, "linux %s\noptions %s\n", entry->image, entry->options);

	for (unsigned i = 0; text && i < entry->initrd_count; i++)
		text = arena_printf(arena, "%sinitrd %s\n", text, entry->initrds[i]);
	return text;
}

static bool has_variable(const struct boot_entry *entry)
{
	for (unsigned i = 0; i < entry->initrd_count; i++)
		if (strchr(entry->initrds[i], '$'))
			return true;
	return strchr(entry->options, '$');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
	size_t text_bytes = zero ? (size_t)(zero - data) : size;
	struct span text = { data, text_bytes }, environment = { NULL, 0 };
	struct boot_entry entry, again;
	struct arena arena = { NULL };
	struct error err = { "" };
	char *written;

	if (zero)
		environment = (struct span){ zero + 1, size - text_bytes - 1 };
	if (boot_entry_parse(&arena, text, environment, &entry, &err)) {
		FUZZ_CHECK(*err.text);
		arena_done(&arena);
		return 0;
	}
	check_path(entry.image);
	FUZZ_CHECK(entry.options && entry.initrd_count <= BOOT_ENTRY_INITRDS_MAX);
	for (unsigned i = 0; i < entry.initrd_count; i++)
		check_path(entry.initrds[i]);
	written = as_text(&arena, &entry);
	FUZZ_CHECK(written);
	if (strlen(written) <= BOOT_ENTRY_MAX_BYTES && !has_variable(&entry)) {
		struct span span = { (const uint8_t *)written, strlen(written) };

		FUZZ_CHECK(!boot_entry_parse(&arena, span, environment, &again, &err));
		FUZZ_CHECK(!strcmp(again.image, entry.image) &&
			   again.initrd_count == entry.initrd_count);
	}
	arena_done(&arena);
	return 0;
}

static const char texts[][400] = {
	"# made by hand\ntitle Debian\nversion 6.1\nmachine-id 0123\nlinux /vmlinuz\n"
	"initrd /a.img /b.img\ninitrd c.img\noptions root=/dev/vda1 ro\noptions quiet\n",
	"uki\t/EFI/Linux/debian.efi \r\nsort-key debian\narchitecture X64\n",
	"linux /vmlinuz\noptions $kernelopts ${tuned}\ninitrd $early /initrd\n\0"
	"# GRUB Environment Block\nkernelopts=root=/dev/sda1 ro\nearly=/ucode.img /more.img\n",
	"linux /../etc/shadow\n",
	"uki /a\ndevicetree /a.dtb\nuki-url http://b/c.efi\n",
	"initrd a b c d e f g h i j k l m n o p\ninitrd a b c d e f g h i j k l m n o p\ninitrd "
	"$i\n"
	"linux /l\n\0i=a b c\n",
};

size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	size_t used = 0, bytes;

	if (n >= sizeof(texts) / sizeof(texts[0]))
		return 0;
	for (bytes = sizeof(texts[n]); bytes && !texts[n][bytes - 1];)
		bytes--;
	fuzz_append(buffer, capacity, &used, texts[n], bytes);
	return used;
}
