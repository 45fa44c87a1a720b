/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: the kernel log out of a core (kdump/dmesg.h), in the three forms it had. The first
 * byte is the size of a word; then VMCOREINFO up to a zero byte; then memory from BASE on.
 */
#include "fuzz.h"
#include "kdump/dmesg.h"
#include "tests/unit/ring_info.h"

#define BASE       0xc0000000u
#define OUTPUT_MAX ((size_t)16 << 20)

struct memory {
	struct span bytes;
	size_t written;
};

static int read_memory(void *context, uint64_t vaddr, void *buffer, size_t size, struct error *err)
{
	const struct memory *memory = context;

	if (vaddr < BASE || !bytes_fit(memory->bytes.size, vaddr - BASE, size))
		return error_set(err, "not in memory");
	memcpy(buffer, memory->bytes.data + (vaddr - BASE), size);
	return 0;
}

static int write_text(void *context, const char *text, size_t size, struct error *err)
{
	struct memory *memory = context;

	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];

		FUZZ_CHECK((c >= 0x20 && c < 0x7f) || (c >= '\t' && c <= '\r'));
	}
	memory->written += size;
	return memory->written > OUTPUT_MAX ? error_set(err, "enough") : 0;
}

bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = { data, size }, info;
	unsigned word = fuzz_u8(&input) & 1 ? 8 : 4;
	struct memory memory = { .written = 0 };
	struct dmesg_io io = { read_memory, write_text, &memory };
	struct error err = { "" };

	info = fuzz_part(&input, 0);
	memory.bytes = input;
	if (dmesg_write(info, word, &io, &err) != DMESG_OK)
		FUZZ_CHECK(*err.text);
	else
		fuzz_accepted = memory.written;
	return 0;
}

static const char text_info[] = "SYMBOL(log_buf)=c0000000\nSYMBOL(log_buf_len)=c0000004\n"
				"SYMBOL(log_end)=c0000008\nSYMBOL(logged_chars)=c000000c\n";

static const char record_info[] = "SYMBOL(log_buf)=c0000000\nSYMBOL(log_buf_len)=c0000004\n"
				  "SYMBOL(log_first_idx)=c0000008\nSYMBOL(log_next_idx)=c000000c\n"
				  "SIZE(printk_log)=16\nOFFSET(printk_log.ts_nsec)=0\n"
				  "OFFSET(printk_log.len)=8\nOFFSET(printk_log.text_len)=10\n";

static void put_text_log(uint8_t *memory)
{
	le32_put(memory, BASE + 0x40);
	le32_put(memory + 4, 64);
	le32_put(memory + 8, 80);
	le32_put(memory + 12, 64);
	memcpy(memory + 0x40, "<6>one\n<6>two \x01\xff\n<4>three", 26);
}

static void put_record(uint8_t *at, uint64_t ns, uint16_t length, const char *text)
{
	le64_put(at, ns);
	le16_put(at + 8, length);
	le16_put(at + 10, (uint16_t)strlen(text));
	memcpy(at + 16, text, strlen(text));
}

static void put_record_log(uint8_t *memory)
{
	le32_put(memory, BASE + 0x40);
	le32_put(memory + 4, 128);
	le32_put(memory + 8, 64);
	le32_put(memory + 12, 32);
	put_record(memory + 0x40, 3000000000u, 32, "newest");
	put_record(memory + 0x80, 1000, 32, "oldest");
	put_record(memory + 0xa0, 0, 0, "");
}

static void put_word(uint8_t *at, unsigned word, uint64_t value)
{
	if (word == 8)
		le64_put(at, value);
	else
		le32_put(at, (uint32_t)value);
}

#define RING  0x10
#define DESCS 0x80
#define INFOS 0x100
#define TEXTS 0x280

/* Four records of 32 bytes; one has no text, one is still being written. */
static void put_ring_log(uint8_t *memory, unsigned w)
{
	put_word(memory, w, BASE + RING);
	le32_put(memory + RING, 2);
	put_word(memory + RING + w, w, BASE + DESCS);
	put_word(memory + RING + 2 * w, w, BASE + INFOS);
	put_word(memory + RING + 3 * w, w, 6);
	put_word(memory + RING + 4 * w, w, 3);
	le32_put(memory + RING + 6 * w, 7);
	put_word(memory + RING + 7 * w, w, BASE + TEXTS);
	for (uint64_t id = 3; id <= 6; id++) {
		uint8_t *desc = memory + DESCS + (id & 3) * 3 * w;
		uint8_t *info = memory + INFOS + (id & 3) * RING_INFO_BYTES;
		uint64_t at = (id - 3) * 32, state = id == 5 ? 0 : 2;

		put_word(desc, w, id | state << (w * 8 - 2));
		put_word(desc + w, w, id == 4 ? 1 : at);
		put_word(desc + 2 * w, w, id == 4 ? 1 : at + 32);
		le64_put(info + 8, id * UINT64_C(1000000000));
		le16_put(info + 16, 20);
		put_word(memory + TEXTS + at, w, id);
		memcpy(memory + TEXTS + at + w, "a line of the log...", 20);
	}
}

size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	static void (*const put[])(uint8_t *) = { put_text_log, put_record_log };
	static const char *const infos[] = { text_info, record_info };
	uint8_t memory[0x300] = { 0 }, kind = n == 3;
	unsigned word = kind ? 8 : 4;
	char info[RING_INFO_TEXT_BYTES];
	size_t used = 0;

	if (n > 3)
		return 0;
	if (n < 2) {
		put[n](memory);
		strcpy(info, infos[n]);
	} else {
		put_ring_log(memory, word);
		ring_info_text(info, word, BASE);
	}
	fuzz_append(buffer, capacity, &used, &kind, 1);
	fuzz_append(buffer, capacity, &used, info, strlen(info) + 1);
	fuzz_append(buffer, capacity, &used, memory, sizeof(memory));
	return used;
}
