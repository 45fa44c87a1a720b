/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kdump/dmesg.c on made-up kernel memory: the log of each age, for 32 and 64 bits, and damage of
 * every kind, in VMCOREINFO and in the log itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kdump/dmesg.h"
#include "ring_info.h"

#define BASE      UINT64_C(0xc1000000) /* virtual address of memory[0] */
#define BYTES     0x10000
#define VARIABLES 0x100
#define BUFFER    0x1000

struct kernel {
	uint8_t memory[BYTES];
	char info[4096];
	unsigned word;
	char out[65536];
	size_t out_bytes;
	struct error err;
};

static int read_memory(void *context, uint64_t vaddr, void *to, size_t size, struct error *err)
{
	struct kernel *k = context;

	if (vaddr < BASE || !bytes_fit(BYTES, vaddr - BASE, size))
		return error_set(err, "not mapped: 0x%llx", (unsigned long long)vaddr);
	memcpy(to, k->memory + (vaddr - BASE), size);
	return 0;
}

static int take_text(void *context, const char *text, size_t size, struct error *err)
{
	struct kernel *k = context;

	if (size >= sizeof(k->out) - k->out_bytes)
		return error_set(err, "endless output");
	memcpy(k->out + k->out_bytes, text, size);
	k->out_bytes += size;
	k->out[k->out_bytes] = '\0';
	return 0;
}

static int run_bytes(struct kernel *k, size_t info_bytes)
{
	struct dmesg_io io = { read_memory, take_text, k };

	k->out_bytes = 0;
	k->out[0] = '\0';
	return (int)dmesg_write((struct span){ (const uint8_t *)k->info, info_bytes }, k->word, &io,
				&k->err);
}

static int run(struct kernel *k)
{
	return run_bytes(k, strlen(k->info));
}

static void __attribute__((format(printf, 2, 3))) say(struct kernel *k, const char *format, ...)
{
	size_t used = strlen(k->info);
	va_list args;

	va_start(args, format);
	vsnprintf(k->info + used, sizeof(k->info) - used, format, args);
	va_end(args);
}

static void put_word(struct kernel *k, unsigned at, uint64_t value)
{
	if (k->word == 8)
		le64_put(k->memory + at, value);
	else
		le32_put(k->memory + at, (uint32_t)value);
}

static void symbol(struct kernel *k, const char *name, unsigned at)
{
	say(k, "SYMBOL(%s)=%llx\n", name, (unsigned long long)(BASE + at));
}

/* Replace the number behind key. */
static void lie(struct kernel *k, const char *key, const char *value)
{
	char *found = strstr(k->info, key), *end, rest[sizeof(k->info)];

	assert_non_null(found);
	found += strlen(key);
	end = strchr(found, '\n');
	snprintf(rest, sizeof(rest), "%s", end);
	snprintf(found, sizeof(k->info) - (size_t)(found - k->info), "%s%s", value, rest);
}

/* ------------------------------------------------------------------ 2.6 */

static void make_text(struct kernel *k, const char *text, uint32_t end, uint32_t chars)
{
	memset(k, 0, sizeof(*k));
	k->word = 4;
	say(k, "OSRELEASE=2.6.32\n");
	symbol(k, "log_buf", VARIABLES);
	symbol(k, "log_buf_len", VARIABLES + 8);
	symbol(k, "log_end", VARIABLES + 12);
	symbol(k, "logged_chars", VARIABLES + 16);
	put_word(k, VARIABLES, BASE + BUFFER);
	le32_put(k->memory + VARIABLES + 8, 16);
	le32_put(k->memory + VARIABLES + 12, end);
	le32_put(k->memory + VARIABLES + 16, chars);
	memcpy(k->memory + BUFFER, text, 16);
}

static void text_log(void **state)
{
	static struct kernel k;

	(void)state;
	make_text(&k, "<6>one\n<4>\x1btwo\n", 15, 15);
	assert_int_equal(run(&k), 0);
	assert_string_equal(k.out, "<6>one\n<4>\\x1btwo\n");
	make_text(&k, "fghijklmnopabcde", 16 + 11, 1000);
	assert_int_equal(run(&k), 0);
	assert_string_equal(k.out, "abcdefghijklmnop");
	make_text(&k, "0123456789abcdef", UINT32_MAX, 3);
	assert_int_equal(run(&k), 0);
	assert_string_equal(k.out, "cde");
	make_text(&k, "0123456789abcdef", 5, 0);
	assert_int_equal(run(&k), 0);
	assert_string_equal(k.out, "");
	le32_put(k.memory + VARIABLES + 8, 0);
	assert_int_equal(run(&k), DMESG_DAMAGED);
	le32_put(k.memory + VARIABLES + 8, UINT32_MAX);
	assert_int_equal(run(&k), DMESG_DAMAGED);
	put_word(&k, VARIABLES, 0x1000);
	le32_put(k.memory + VARIABLES + 8, 16);
	le32_put(k.memory + VARIABLES + 16, 4);
	assert_int_equal(run(&k), DMESG_NO_MEMORY);
}

/* ------------------------------------------------------------------ 3.5 */

static uint32_t put_record(struct kernel *k, uint32_t at, uint64_t ns, const char *text,
			   uint16_t text_bytes)
{
	uint16_t length = (uint16_t)align_up(16 + (uint64_t)text_bytes, 4);
	uint8_t *p = k->memory + BUFFER + at;

	le64_put(p, ns);
	le16_put(p + 8, length);
	le16_put(p + 10, text_bytes);
	memcpy(p + 16, text, text_bytes);
	return at + length;
}

static void make_records(struct kernel *k, unsigned word, const char *name)
{
	uint32_t at;

	memset(k, 0, sizeof(*k));
	k->word = word;
	symbol(k, "log_buf", VARIABLES);
	symbol(k, "log_buf_len", VARIABLES + 8);
	symbol(k, "log_first_idx", VARIABLES + 12);
	symbol(k, "log_next_idx", VARIABLES + 16);
	say(k, "SIZE(%s)=16\nOFFSET(%s.ts_nsec)=0\nOFFSET(%s.len)=8\nOFFSET(%s.text_len)=10\n",
	    name, name, name, name);
	put_word(k, VARIABLES, BASE + BUFFER);
	le32_put(k->memory + VARIABLES + 8, 256);
	/* The oldest record is at 100; then the buffer wraps. */
	le32_put(k->memory + VARIABLES + 12, 100);
	at = put_record(k, 100, 1500000000, "first\x01\xff", 7);
	at = put_record(k, at, UINT64_C(123456789012345678), "second\nline", 11);
	le16_put(k->memory + BUFFER + at + 8, 0);
	at = put_record(k, 0, 2, "third", 5);
	le32_put(k->memory + VARIABLES + 16, at);
}

static const char three_lines[] = "[    1.500000] first\\x01\\xff\n"
				  "[123456789.012345] second\nline\n"
				  "[    0.000000] third\n";

static void record_log(void **state)
{
	static struct kernel k;

	(void)state;
	make_records(&k, 4, "printk_log");
	assert_int_equal(run(&k), 0);
	assert_string_equal(k.out, three_lines);
	make_records(&k, 8, "log");
	assert_int_equal(run(&k), 0);
	assert_string_equal(k.out, three_lines);
}

static void record_log_damaged(void **state)
{
	static const uint16_t lengths[] = { 1, 4, 15, 17, 200, 255, 4096, 65535 };
	static struct kernel k;

	(void)state;
	for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		make_records(&k, 4, "printk_log");
		le16_put(k.memory + BUFFER + 100 + 8, lengths[i]);
		assert_int_equal(run(&k), DMESG_DAMAGED);
	}
	/* An unused rest at 0, where it cannot be. */
	make_records(&k, 4, "printk_log");
	le16_put(k.memory + BUFFER + 8, 0);
	assert_int_equal(run(&k), DMESG_DAMAGED);
	/* The newest record's end inside a record: it would go round for ever. */
	make_records(&k, 4, "printk_log");
	le32_put(k.memory + VARIABLES + 16, 4);
	assert_int_equal(run(&k), DMESG_DAMAGED);
	le32_put(k.memory + VARIABLES + 16, 1u << 30);
	assert_int_equal(run(&k), DMESG_DAMAGED);
	make_records(&k, 4, "printk_log");
	lie(&k, "SIZE(printk_log)=", "0");
	assert_int_equal(run(&k), DMESG_DAMAGED);
	lie(&k, "SIZE(printk_log)=", "8");
	assert_int_equal(run(&k), DMESG_DAMAGED);
	lie(&k, "SIZE(printk_log)=", "99999999999999999999");
	assert_int_equal(run(&k), DMESG_NO_LOG);
}

/* ------------------------------------------------------------------ 5.10 */

#define RING      VARIABLES + 0x100
#define DESCS     0x2000
#define INFOS     0x3000
#define TEXTS     0x4000
#define COUNT     4u
#define TEXT_BITS 7

static void ring_info(struct kernel *k)
{
	char text[RING_INFO_TEXT_BYTES];

	ring_info_text(text, k->word, BASE + VARIABLES);
	say(k, "%s", text);
}

static void ring_record(struct kernel *k, uint64_t id, unsigned kind, uint64_t begin, uint64_t next,
			uint64_t ns, const char *text)
{
	unsigned w = k->word, desc = DESCS + (unsigned)(id % COUNT) * 3 * w;
	unsigned info = INFOS + (unsigned)(id % COUNT) * RING_INFO_BYTES, size = 1u << TEXT_BITS;
	unsigned at = (unsigned)(begin % size);

	put_word(k, desc,
		 (id & ((UINT64_C(1) << (w * 8 - 2)) - 1)) | (uint64_t)kind << (w * 8 - 2));
	put_word(k, desc + w, begin);
	put_word(k, desc + 2 * w, next);
	le64_put(k->memory + info + 8, ns);
	le16_put(k->memory + info + 16, (uint16_t)strlen(text));
	if (next % size < at)
		at = 0;
	put_word(k, TEXTS + at, id);
	memcpy(k->memory + TEXTS + at + w, text, strlen(text));
}

static void make_ring(struct kernel *k, unsigned word, uint64_t tail)
{
	unsigned w = word;

	memset(k, 0, sizeof(*k));
	k->word = word;
	ring_info(k);
	put_word(k, VARIABLES, BASE + RING);
	le32_put(k->memory + RING, 2);
	put_word(k, RING + w, BASE + DESCS);
	put_word(k, RING + 2 * w, BASE + INFOS);
	put_word(k, RING + 3 * w, tail + 3);
	put_word(k, RING + 4 * w, tail);
	le32_put(k->memory + RING + 6 * w, TEXT_BITS);
	put_word(k, RING + 7 * w, BASE + TEXTS);
	ring_record(k, tail, 2, 80, 112, 1500000000, "first\x01\xff");
	/* This block did not fit at the end of the ring: it starts over at 0. */
	ring_record(k, tail + 1, 1, 112, 128 + 32, UINT64_C(123456789012345678), "second\nline");
	ring_record(k, tail + 2, 0, 160, 192, 7, "still being written");
	ring_record(k, tail + 3, 2, 192, 224, 2, "third");
}

static void ring_log(void **state)
{
	static struct kernel k;

	(void)state;
	make_ring(&k, 4, 40);
	assert_int_equal(run(&k), 0);
	assert_string_equal(k.out, three_lines);
	make_ring(&k, 8, 40);
	assert_int_equal(run(&k), 0);
	assert_string_equal(k.out, three_lines);
	/* The ids wrap around. */
	make_ring(&k, 4, 0x3ffffffe & ~3u);
	assert_int_equal(run(&k), 0);
	assert_string_equal(k.out, three_lines);
	/* A record without text, and one whose length is a lie. */
	make_ring(&k, 4, 40);
	put_word(&k, DESCS + 4, 3);
	put_word(&k, DESCS + 8, 3);
	le16_put(k.memory + INFOS + 3 * 88 + 16, 65535);
	assert_int_equal(run(&k), 0);
	assert_memory_equal(k.out, "[    1.500000] \n[12", 19);
	assert_true(k.out_bytes < 250);
}

static void ring_log_damaged(void **state)
{
	static const char *const keys[] = {
		"SIZE(printk_ringbuffer)=",
		"SIZE(prb_desc_ring)=",
		"SIZE(prb_desc)=",
		"SIZE(printk_info)=",
		"SIZE(prb_data_ring)=",
		"SIZE(prb_data_blk_lpos)=",
		"SIZE(atomic_long_t)=",
		"OFFSET(prb_desc_ring.count_bits)=",
		"OFFSET(prb_desc_ring.head_id)=",
		"OFFSET(prb_desc.text_blk_lpos)=",
		"OFFSET(printk_info.ts_nsec)=",
		"OFFSET(printk_info.text_len)=",
		"OFFSET(prb_data_ring.data)=",
		"OFFSET(printk_ringbuffer.text_data_ring)=",
		"OFFSET(prb_data_blk_lpos.next)=",
		"OFFSET(atomic_long_t.counter)=",
	};
	static const char *const values[] = { "4097", "1000000", "18446744073709551615", "-8", "" };
	static struct kernel k;

	(void)state;
	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		for (unsigned v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
			make_ring(&k, 4, 40);
			lie(&k, keys[i], values[v]);
			assert_int_not_equal(run(&k), 0);
		}
	for (unsigned i = 0; i < 7; i++) { /* the SIZEs: too small for their fields */
		make_ring(&k, 4, 40);
		lie(&k, keys[i], "0");
		assert_int_equal(run(&k), DMESG_DAMAGED);
		lie(&k, keys[i], "3");
		assert_int_equal(run(&k), DMESG_DAMAGED);
	}
	for (uint64_t bits = 25; bits < 300; bits += 7) { /* would shift out of the word */
		make_ring(&k, 4, 40);
		le32_put(k.memory + RING, (uint32_t)bits);
		assert_int_equal(run(&k), DMESG_DAMAGED);
		make_ring(&k, 4, 40);
		le32_put(k.memory + RING + 24, (uint32_t)bits + 8);
		assert_int_equal(run(&k), DMESG_DAMAGED);
	}
	make_ring(&k, 4, 40); /* the head is nowhere near the tail */
	put_word(&k, RING + 12, 0x20000000);
	assert_int_equal(run(&k), DMESG_DAMAGED);
	make_ring(&k, 4, 40);
	put_word(&k, RING + 4, 0xfffffff0);
	assert_int_equal(run(&k), DMESG_NO_MEMORY);
}

/* Any single bit of the log's own memory, and any cut of VMCOREINFO, is harmless. */
/* Records that all claim the same text would make a log of 1 TiB out of a file of 1 GiB. */
static void ring_text_claimed_twice(void **state)
{
	static struct kernel k;

	(void)state;
	make_ring(&k, 4, 40);
	for (unsigned i = 0; i < COUNT; i++) {
		put_word(&k, DESCS + i * 12 + 4, 0);
		put_word(&k, DESCS + i * 12 + 8, 0);
		le16_put(k.memory + INFOS + i * 88 + 16, 65535);
	}
	assert_int_equal(run(&k), DMESG_DAMAGED);
	assert_true(k.out_bytes < 4 * 128 + 40);
}

static void every_bit(void **state)
{
	static struct kernel k, good;

	(void)state;
	make_ring(&good, 4, 40);
	for (unsigned region = 0; region < 4; region++) {
		static const unsigned starts[] = { RING, DESCS, INFOS, TEXTS };

		k = good;
		for (unsigned bit = 0; bit < 128 * 8; bit++) {
			k.memory[starts[region] + bit / 8] ^= (uint8_t)(1u << bit % 8);
			run(&k);
			k.memory[starts[region] + bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
	for (size_t cut = 0; cut < strlen(good.info) - 2; cut++)
		assert_int_not_equal(run_bytes(&k, cut), 0);
	make_records(&k, 4, "printk_log");
	for (unsigned bit = 0; bit < 256 * 8; bit++) {
		k.memory[BUFFER + bit / 8] ^= (uint8_t)(1u << bit % 8);
		run(&k);
		k.memory[BUFFER + bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_log),           cmocka_unit_test(record_log),
		cmocka_unit_test(record_log_damaged), cmocka_unit_test(ring_log),
		cmocka_unit_test(ring_log_damaged),   cmocka_unit_test(ring_text_claimed_twice),
		cmocka_unit_test(every_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
