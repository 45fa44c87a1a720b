/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: the kernel log out of a core (kdump/dmesg.h), in the three forms it had. The first
 * byte is the size of a word; then VMCOREINFO up to a zero byte; then memory from BASE on.
 */
#include "fuzz.h"
#include "kdump/dmesg.h"

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
	return 0;
}

static const char text_info[] = "SYMBOL(log_buf)=c0000000\nSYMBOL(log_buf_len)=c0000004\n"
				"SYMBOL(log_end)=c0000008\nSYMBOL(logged_chars)=c000000c\n";

static const char record_info[] = "SYMBOL(log_buf)=c0000000\nSYMBOL(log_buf_len)=c0000004\n"
				  "SYMBOL(log_first_idx)=c0000008\nSYMBOL(log_next_idx)=c000000c\n"
				  "SIZE(printk_log)=16\nOFFSET(printk_log.ts_nsec)=0\n"
				  "OFFSET(printk_log.len)=8\nOFFSET(printk_log.text_len)=10\n";

/* The structures of the lockless ring as a 32-bit kernel has them; fields in the order they have.
 */
static const char ring_info[] =
	"SYMBOL(prb)=c0000000\nSIZE(printk_ringbuffer)=64\n"
	"OFFSET(printk_ringbuffer.desc_ring)=0\nOFFSET(printk_ringbuffer.text_data_ring)=24\n"
	"SIZE(prb_desc_ring)=24\nOFFSET(prb_desc_ring.count_bits)=0\n"
	"OFFSET(prb_desc_ring.descs)=4\nOFFSET(prb_desc_ring.infos)=8\n"
	"OFFSET(prb_desc_ring.head_id)=12\nOFFSET(prb_desc_ring.tail_id)=16\n"
	"SIZE(prb_data_ring)=16\nOFFSET(prb_data_ring.size_bits)=0\nOFFSET(prb_data_ring.data)=4\n"
	"SIZE(prb_desc)=12\nOFFSET(prb_desc.state_var)=0\nOFFSET(prb_desc.text_blk_lpos)=4\n"
	"SIZE(prb_data_blk_lpos)=8\nOFFSET(prb_data_blk_lpos.begin)=0\n"
	"OFFSET(prb_data_blk_lpos.next)=4\nSIZE(printk_info)=16\n"
	"OFFSET(printk_info.ts_nsec)=0\nOFFSET(printk_info.text_len)=8\n"
	"SIZE(atomic_long_t)=4\nOFFSET(atomic_long_t.counter)=0\n";

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

static void put_ring_log(uint8_t *memory)
{
	le32_put(memory, 2); /* four records */
	le32_put(memory + 4, BASE + 0x100);
	le32_put(memory + 8, BASE + 0x140);
	le32_put(memory + 12, 6);
	le32_put(memory + 16, 3);
	le32_put(memory + 24, 7); /* 128 bytes */
	le32_put(memory + 28, BASE + 0x180);
	for (uint32_t id = 3; id <= 6; id++) {
		uint8_t *desc = memory + 0x100 + (size_t)(id & 3) * 12;
		uint8_t *info = memory + 0x140 + (size_t)(id & 3) * 16;

		le32_put(desc, id | UINT32_C(2) << 30);
		le32_put(desc + 4, (id - 3) * 32);
		le32_put(desc + 8, (id - 2) * 32);
		le64_put(info, id * UINT64_C(1000000000));
		le16_put(info + 8, 20);
		memcpy(memory + 0x180 + (size_t)(id - 3) * 32 + 4, "a line of the log...", 20);
	}
}

size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	static const char *const infos[] = { text_info, record_info, ring_info };
	static void (*const put[])(uint8_t *) = { put_text_log, put_record_log, put_ring_log };
	uint8_t memory[0x200] = { 0 }, word = 0;
	size_t used = 0;

	if (n >= sizeof(infos) / sizeof(infos[0]))
		return 0;
	put[n](memory);
	fuzz_append(buffer, capacity, &used, &word, 1);
	fuzz_append(buffer, capacity, &used, infos[n], strlen(infos[n]) + 1);
	fuzz_append(buffer, capacity, &used, memory, sizeof(memory));
	return used;
}
