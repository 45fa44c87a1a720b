/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: what the first kernel tells the second one about an image (kexec/resume_config.h).
 * What was read can be written, and reads the same again.
 */
#include "fuzz.h"
#include "resume_config.h"

bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct resume_config config, again;
	struct error err = { "" };
	size_t bytes;
	char *text;

	if (resume_config_parse((const char *)data, size, &config, &err)) {
		FUZZ_CHECK(*err.text && !config.extents);
		return 0;
	}
	FUZZ_CHECK(*config.device && config.entry && config.extent_count);
	fuzz_accepted = true;
	text = resume_config_text(&config, &bytes);
	FUZZ_CHECK(text && !resume_config_parse(text, bytes, &again, &err));
	FUZZ_CHECK(!strcmp(config.device, again.device) && config.entry == again.entry &&
		   config.has_uuid == again.has_uuid &&
		   !memcmp(config.uuid, again.uuid, sizeof(config.uuid)) &&
		   config.extent_count == again.extent_count);
	for (size_t i = 0; i < config.extent_count; i++)
		FUZZ_CHECK(
			!memcmp(&config.extents[i], &again.extents[i], sizeof(config.extents[i])));
	free(text);
	resume_config_done(&config);
	resume_config_done(&again);
	return 0;
}

static const char *const texts[] = {
	"version=1\ndevice=/dev/vda2\nentry=0x1001100\n"
	"uuid=000102030405060708090a0b0c0d0e0f\nextent=0 100000 200000\n"
	"extent=200000 ffffffffffffffff 1000\nextent=201000 900000 fff\n",
	"version=1\ndevice=/dev/sda\nentry=0x1001100\nextent=0 0 ffffffffffffffff\n",
};

size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	return fuzz_seed_of(texts, sizeof(texts) / sizeof(texts[0]), n, buffer, capacity);
}
