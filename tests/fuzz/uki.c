/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: PE files and the unified kernel images among them (kexec/pe.h, request_unwrap). What
 * is taken out of one lies inside of it, or was made for it.
 */
#include "fuzz.h"
#include "loader.h"
#include "pe.h"
#include "tests/unit/image_builder.h"
#include "tests/unit/uki_builder.h"
#include "unwrap.h"

static void check_sections(struct span file)
{
	struct error err;
	struct pe pe;

	if (pe_open(file, &pe, &err)) {
		FUZZ_CHECK(*err.text);
		return;
	}
	FUZZ_CHECK(pe.section_count <= PE_SECTIONS_MAX);
	for (unsigned i = 0; i < pe.section_count; i++) {
		struct span data;
		char name[9];

		if (pe_section(&pe, i, name, &data, &err) || !data.size)
			continue;
		FUZZ_CHECK(data.data >= file.data && data.size <= file.size);
		FUZZ_CHECK(data.data + data.size <= file.data + file.size);
	}
}

bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t more[] = "more";
	struct span input = { data, size };
	uint8_t how = fuzz_u8(&input);
	uint8_t *file = fuzz_copy(input);
	struct request request = {
		.image = { file, input.size },
		.image_name = "image",
		.cmdline = "given",
		.type = how & 1 ? "uki" : NULL,
		.given = how & 2 ? REQUEST_CMDLINE : 0,
	};
	struct arena arena = { NULL };
	struct error err = { "" };

	if (how & 4)
		request.initrd = (struct span){ more, sizeof(more) };
	check_sections(request.image);
	fuzz_accepted = how & 8; /* the seed of what must be told apart */
	if (!request_unwrap(&arch_x86_64, &request, &arena, &err) && request.wrapper) {
		fuzz_accepted = true;
		FUZZ_CHECK(!request.type && request.image.size && request.cmdline);
		FUZZ_CHECK(!(how & 2) || !strcmp(request.cmdline, "given"));
		FUZZ_CHECK(!(how & 4) || request.initrd.size >= sizeof(more));
		for (const char *c = request.cmdline; *c; c++)
			FUZZ_CHECK((uint8_t)*c >= ' ');
	}
	arena_done(&arena);
	free(file);
	return 0;
}

size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	struct image_bzimage fields = image_modern;
	struct uki_section sections[5];
	struct image kernel;
	size_t used = 0, bytes;
	uint8_t *file, how = (uint8_t)(n * 3);

	if (n > 3)
		return 0;
	fields.payload_bytes = 600;
	fields.xloadflags = 0x7f;
	kernel = image_bzimage(&fields);
	sections[0] = (struct uki_section){ ".ucode", { (const uint8_t *)"microcode", 9 } };
	sections[1] = (struct uki_section){ ".initrd", { (const uint8_t *)"initrd", 6 } };
	sections[2] = (struct uki_section){ ".linux", image_span(&kernel) };
	sections[3] = (struct uki_section){ ".cmdline", { (const uint8_t *)"a=b\n\tc\0d", 8 } };
	sections[4] = (struct uki_section){ ".profile", { (const uint8_t *)"ID=x", 4 } };
	file = uki_build(n == 3 ? 0xaa64 : 0, sections + n % 3, 5 - n % 3, &bytes);
	if (!file)
		abort();
	if (n == 3)
		memcpy(file + 4, "zimg", 4);
	fuzz_append(buffer, capacity, &used, &how, 1);
	fuzz_append(buffer, capacity, &used, file, bytes);
	free(file);
	free(kernel.data);
	return used;
}
