/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parsers for what a kernel tells about itself and its machine: /proc and /sys texts, the tables in
 * boot_params. Pure functions over untrusted bytes; no path, no file, no system call.
 */
#include "machine_parse.h"

/* Offsets in boot_params (Documentation/x86/zero-page.rst of Linux). */
enum {
	ZERO_E820_ENTRIES = 0x1e8,
	ZERO_EDD_ENTRIES = 0x1e9,
	ZERO_EDD_SIGNATURES = 0x1ea,
	ZERO_EDD_SIGNATURE_TABLE = 0x290,
	ZERO_E820_TABLE = 0x2d0,
	ZERO_EDD_TABLE = 0xd00,
};

#define E820_ENTRY_BYTES 20
#define E820_ENTRIES_MAX 128

/* Offsets in struct edd_info (include/uapi/linux/edd.h of Linux). */
enum {
	EDD_DEVICE = 0,
	EDD_VERSION = 1,
	EDD_INTERFACE_SUPPORT = 2,
	EDD_LEGACY_CYLINDER = 4,
	EDD_LEGACY_HEAD = 6,
	EDD_LEGACY_SECTORS = 7,
	EDD_PARAMS = 8,
};

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* What follows offset; text without bytes may have no address, to which nothing is added. */
static struct span span_from(struct span text, size_t offset)
{
	if (!offset)
		return text;
	return (struct span){ text.data + offset, text.size - offset };
}

struct span text_of(const char *string)
{
	return (struct span){ (const uint8_t *)string, strlen(string) };
}

bool text_line(struct span *text, struct span *line)
{
	const uint8_t *end;

	if (!text->size)
		return false;
	end = memchr(text->data, '\n', text->size);
	if (!end) {
		*line = *text;
		*text = span_from(*text, text->size);
		return true;
	}
	*line = (struct span){ text->data, (size_t)(end - text->data) };
	*text = span_from(*text, line->size + 1);
	return true;
}

bool text_word(struct span *text, struct span *word)
{
	size_t at = 0, length = 0;

	while (at < text->size && is_blank(text->data[at]))
		at++;
	while (at + length < text->size && !is_blank(text->data[at + length]))
		length++;
	if (!length)
		return false;
	*word = (struct span){ text->data + at, length };
	*text = span_from(*text, at + length);
	return true;
}

bool text_equals(struct span text, const char *expected)
{
	return strlen(expected) == text.size && !memcmp(text.data, expected, text.size);
}

bool text_has_word(struct span text, const char *word)
{
	struct span found;

	while (text_word(&text, &found))
		if (text_equals(found, word))
			return true;
	return false;
}

struct span text_trim(struct span text)
{
	while (text.size && is_blank(text.data[0]))
		text = span_from(text, 1);
	while (text.size && is_blank(text.data[text.size - 1]))
		text.size--;
	return text;
}

int text_field(struct span text, const char *key, struct span *value)
{
	size_t length = strlen(key);
	struct span line;

	while (text_line(&text, &line)) {
		size_t at = length;

		if (line.size <= length || memcmp(line.data, key, length) != 0)
			continue;
		while (at < line.size && line.data[at] && strchr(" \t:=", line.data[at]))
			at++;
		if (at == length)
			continue;
		*value = text_trim(span_from(line, at));
		return 0;
	}
	return -1;
}

int text_number(struct span text, unsigned base, uint64_t *value)
{
	uint64_t sum = 0;

	text = text_trim(text);
	if (base == 16 && text.size > 2 && text.data[0] == '0' && (text.data[1] | 0x20) == 'x')
		text = span_from(text, 2);
	if (!text.size)
		return -1;
	for (size_t i = 0; i < text.size; i++) {
		unsigned digit = digit_value(text.data[i]);

		if (digit >= base || sum > (UINT64_MAX - digit) / base)
			return -1;
		sum = sum * base + digit;
	}
	*value = sum;
	return 0;
}

int text_hex(struct span text, uint8_t *out, size_t capacity, size_t *count)
{
	size_t n = 0;

	for (size_t i = 0; i < text.size; i++) {
		unsigned high, low;

		if (is_blank(text.data[i]))
			continue;
		if (text.size - i < 2 || n == capacity)
			return -1;
		high = digit_value(text.data[i]);
		low = digit_value(text.data[++i]);
		if (high > 15 || low > 15)
			return -1;
		out[n++] = (uint8_t)(high << 4 | low);
	}
	*count = n;
	return 0;
}

void text_copy(struct span text, char *out, size_t size)
{
	size_t length = text.size < size ? text.size : size - 1;

	if (length)
		memcpy(out, text.data, length);
	out[length] = 0;
}

/* Take the text up to a separator off the front. */
static struct span text_until(struct span *text, char separator)
{
	const uint8_t *end = text->size ? memchr(text->data, separator, text->size) : NULL;
	struct span part = { text->data, end ? (size_t)(end - text->data) : text->size };

	*text = span_from(*text, end ? part.size + 1 : part.size);
	return part;
}

int cpu_list_count(struct span text, uint32_t *count)
{
	uint64_t sum = 0;

	text = text_trim(text);
	if (!text.size)
		return -1;
	while (text.size) {
		struct span last = text_until(&text, ',');
		struct span first = text_until(&last, '-');
		uint64_t from, to;

		if (text_number(first, 10, &from))
			return -1;
		to = from;
		if (last.size && text_number(last, 10, &to))
			return -1;
		if (from > to || to > UINT16_MAX)
			return -1;
		sum += to - from + 1;
		if (sum > UINT16_MAX)
			return -1;
	}
	*count = (uint32_t)sum;
	return 0;
}

uint64_t meminfo_bytes(struct span text, const char *key)
{
	struct span value, word;
	uint64_t kilobytes;

	if (text_field(text, key, &value) || !text_word(&value, &word) ||
	    text_number(word, 10, &kilobytes) || kilobytes > UINT64_MAX / 1024)
		return 0;
	return kilobytes * 1024;
}

uint32_t cpuinfo_phys_bits(struct span text)
{
	struct span value, word;
	uint64_t bits;

	if (text_field(text, "address sizes", &value) || !text_word(&value, &word) ||
	    text_number(word, 10, &bits) || bits < 32 || bits > 64)
		return 0;
	return (uint32_t)bits;
}

int vmcoreinfo_place(struct span text, struct machine_note *note)
{
	struct machine_note found;
	struct span address, bytes;

	if (!text_word(&text, &address) || text_number(address, 16, &found.address) ||
	    !text_word(&text, &bytes) || text_number(bytes, 16, &found.bytes) ||
	    found.bytes > UINT64_MAX - found.address)
		return -1;
	*note = found;
	return 0;
}

bool iomem_hidden(struct span text)
{
	struct span line;
	bool any = false;

	while (text_line(&text, &line)) {
		struct span addresses = text_until(&line, ':');

		for (size_t i = 0; i < addresses.size; i++) {
			unsigned digit = digit_value(addresses.data[i]);

			if (digit > 0 && digit < 16)
				return false;
			any = any || digit == 0;
		}
	}
	return any;
}

int firmware_range(struct span start, struct span end, struct range *at)
{
	uint64_t first, last;

	if (text_number(start, 16, &first) || text_number(end, 16, &last) || last < first ||
	    last == UINT64_MAX)
		return -1;
	*at = (struct range){ first, last + 1 };
	return 0;
}

static int firmware_line(struct span line, struct memmap *map, struct error *err)
{
	struct span start, end;
	char type[64];
	struct range at;

	if (!text_word(&line, &start) || !text_word(&line, &end) || firmware_range(start, end, &at))
		return error_set(err, "damaged line in 'memmap.txt': want \"start end type\"");
	text_copy(text_trim(line), type, sizeof(type));
	return memmap_add(map, at, memmap_type_of(type), err);
}

int firmware_lines(struct span text, struct memmap *map, struct error *err)
{
	struct span line;

	while (text_line(&text, &line))
		if (text_trim(line).size && firmware_line(line, map, err))
			return -1;
	return 0;
}

int boot_params_map(struct span boot_params, struct memmap *map, struct error *err)
{
	const uint8_t *entry = boot_params.data + ZERO_E820_TABLE;
	unsigned count;

	if (boot_params.size < BOOT_PARAMS_BYTES)
		return error_set(err, "boot_params has %zu bytes, want %d", boot_params.size,
				 BOOT_PARAMS_BYTES);
	count = boot_params.data[ZERO_E820_ENTRIES];
	if (count > E820_ENTRIES_MAX)
		return error_set(err, "boot_params claims %u memory ranges, at most %d fit", count,
				 E820_ENTRIES_MAX);
	for (; count; count--, entry += E820_ENTRY_BYTES) {
		uint64_t start = le64_get(entry), bytes = le64_get(entry + 8);

		if (!bytes || !bytes_fit(UINT64_MAX, start, bytes))
			continue;
		if (memmap_add(map, (struct range){ start, start + bytes }, le32_get(entry + 16),
			       err))
			return -1;
	}
	return 0;
}

void boot_params_edd(struct span boot_params, struct machine_edd *edd)
{
	const uint8_t *zero = boot_params.data;
	struct machine_edd found = { 0 };

	if (boot_params.size < BOOT_PARAMS_BYTES)
		return;
	found.count = zero[ZERO_EDD_ENTRIES];
	if (found.count > MACHINE_EDD_MAX)
		found.count = MACHINE_EDD_MAX;
	memcpy(found.info, zero + ZERO_EDD_TABLE, found.count * MACHINE_EDD_BYTES);
	found.signature_count = zero[ZERO_EDD_SIGNATURES];
	if (found.signature_count > MACHINE_EDD_SIGS_MAX)
		found.signature_count = MACHINE_EDD_SIGS_MAX;
	for (uint32_t i = 0; i < found.signature_count; i++)
		found.signatures[i] = le32_get(zero + ZERO_EDD_SIGNATURE_TABLE + i * 4);
	*edd = found;
}

/* The lines of "extensions" and the bits they stand for. */
static uint16_t edd_extensions(struct span text)
{
	static const char *const names[] = { "Fixed disk access", "Device locking and ejecting",
					     "Enhanced Disk Drive support", "64-bit extensions" };
	uint16_t bits = 0;
	struct span line;

	while (text_line(&text, &line))
		for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (text_equals(text_trim(line), names[i]))
				bits |= (uint16_t)(1u << i);
	return bits;
}

static uint64_t number_or_zero(struct span text, unsigned base)
{
	uint64_t value;

	return text_number(text, base, &value) ? 0 : value;
}

int edd_info_bytes(const struct edd_texts *texts, uint8_t info[MACHINE_EDD_BYTES])
{
	if (!texts->raw_data.size || texts->raw_data.size > MACHINE_EDD_BYTES - EDD_PARAMS)
		return -1;
	memset(info, 0, MACHINE_EDD_BYTES);
	info[EDD_DEVICE] = texts->device;
	info[EDD_VERSION] = (uint8_t)number_or_zero(texts->version, 16);
	le16_put(info + EDD_INTERFACE_SUPPORT, edd_extensions(texts->extensions));
	le16_put(info + EDD_LEGACY_CYLINDER, (uint16_t)number_or_zero(texts->max_cylinder, 10));
	info[EDD_LEGACY_HEAD] = (uint8_t)number_or_zero(texts->max_head, 10);
	info[EDD_LEGACY_SECTORS] = (uint8_t)number_or_zero(texts->sectors_per_track, 10);
	memcpy(info + EDD_PARAMS, texts->raw_data.data, texts->raw_data.size);
	return 0;
}

void kallsyms_line(struct span line, struct kernel_symbol *symbols, size_t count)
{
	struct span address, type, name, module;
	uint64_t value;

	if (!text_word(&line, &address) || !text_word(&line, &type) || !text_word(&line, &name) ||
	    text_word(&line, &module))
		return;
	for (size_t i = 0; i < count; i++) {
		if (symbols[i].found || !text_equals(name, symbols[i].name) ||
		    text_number(address, 16, &value))
			continue;
		symbols[i].address = value;
		symbols[i].found = true;
	}
}

bool paging_from_meminfo(struct span meminfo, bool *pae)
{
	struct span value;

	/* Large pages are 4 MiB with two-level tables and 2 MiB with all others. */
	if (!text_field(meminfo, "DirectMap2M", &value)) {
		*pae = true;
		return true;
	}
	if (!text_field(meminfo, "DirectMap4M", &value)) {
		*pae = false;
		return true;
	}
	return false;
}
