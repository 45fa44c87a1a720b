/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: what is remembered of an image that was loaded (kexec/life.h), as a file in a
 * folder. It is of another boot, so that nothing is done with it.
 */
#define _GNU_SOURCE /* nftw() */
#include "folder.h"
#include "life.h"

bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = { "" };
	char path[FOLDER_PATH];

	fuzz_put_file("resume", (struct span){ data, size });
	if (life_before_jump(fuzz_folder(), "no\nboot", &err)) {
		FUZZ_CHECK(*err.text);
		return 0;
	}
	fuzz_accepted = true;
	fuzz_path("resume", path);
	FUZZ_CHECK(access(path, F_OK));
	return 0;
}

size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	static const char *const text = "version=1\nboot_id=67d591fb-ce7b-4092-9bf2-e2180f65a9d8\n"
					"image=/dev/vda2\nuuid=000102030405060708090a0b0c0d0e0f\n";

	return fuzz_seed_of(&text, 1, n, buffer, capacity);
}
