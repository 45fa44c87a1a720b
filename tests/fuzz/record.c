/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: the record of what is loaded (kexec/record.h), as a file in a folder of its own.
 * What was read can be written, and reads the same again.
 */
#define _GNU_SOURCE /* nftw() */
#include "folder.h"
#include "record.h"

bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct record record, again;
	const char *folder = fuzz_folder();
	struct error err;

	fuzz_put_file("loaded", (struct span){ data, size });
	if (record_read(folder, RECORD_LOADED, &record, &err)) {
		FUZZ_CHECK(*err.text);
		return 0;
	}
	fuzz_accepted = true;
	FUZZ_CHECK(record.lent_count <= RECORD_LENT_MAX);
	for (uint32_t i = 0; i < record.lent_count; i++)
		FUZZ_CHECK(record.lent[i].start <= record.lent[i].end);
	FUZZ_CHECK(!record_write(folder, &record, &err) &&
		   !record_read(folder, RECORD_LOADED, &again, &err));
	FUZZ_CHECK(!strcmp(record.kernel, again.kernel) && !strcmp(record.path, again.path) &&
		   !strcmp(record.cmdline, again.cmdline) && !strcmp(record.type, again.type));
	FUZZ_CHECK(record.entry == again.entry && record.time == again.time);
	return 0;
}

static const char *const texts[] = {
	"version=1\nmode=preserve\ntime=1795258384\nboot_id=67d591fb-ce7b-4092-9bf2-e2180f65a9d8\n"
	"type=bzImage\nkernel=a\\x0ab\\x5c\npath=/boot/vmlinuz\ncmdline=root=/dev/vda1 a=\"b c\"\n"
	"entry=0xe02000\nway_back=0xffffffffffffffff\nsegments=6\nlent=0x1000-0x9f000\n"
	"lent=0xe00000-0x4b03000\n",
	"version=1\nmode=boot\ntime=1\nboot_id=\ntype=elf-x86\nkernel=k\nentry=0x100000\nlater=1\n",
};

size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	return fuzz_seed_of(texts, sizeof(texts) / sizeof(texts[0]), n, buffer, capacity);
}
