/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's log buffers of three ages. Layouts: kernel/printk (printk.c, printk_ringbuffer.c) as
 * VMCOREINFO exports them (kernel/crash_core.c, log_buf_vmcoreinfo_setup()). Reads through a
 * callback; believes nothing it reads.
 */
#include <stdio.h>
#include <stdlib.h>

#include "dmesg.h"

#include "kexec/machine_parse.h"

#define KEY_MAX       64
#define LOG_BYTES_MAX (UINT64_C(1) << 31) /* no kernel has a larger log */
#define STRUCT_MAX    4096
#define RING_BITS_MAX 24 /* descriptors of the lockless ring */
#define NS_PER_SECOND UINT64_C(1000000000)

struct dmesg {
	struct span info;
	unsigned word;
	const struct dmesg_io *io;
	struct error *err;
	enum dmesg_result result; /* of the failure that err describes */
};

static int fail(struct dmesg *d, enum dmesg_result result)
{
	d->result = result;
	return -1;
}

/* ------------------------------------------------------------------ VMCOREINFO */

bool vmcoreinfo_value(struct span info, const char *key, uint64_t *value)
{
	size_t key_chars = strlen(key);
	unsigned base = strncmp(key, "SYMBOL(", 7) ? 10 : 16;

	for (size_t at = 0; at < info.size;) {
		const uint8_t *line = info.data + at;
		const uint8_t *end = memchr(line, '\n', info.size - at);
		size_t chars = end ? (size_t)(end - line) : info.size - at;

		if (chars > key_chars && !memcmp(line, key, key_chars) && line[key_chars] == '=')
			return !text_number((struct span){ line + key_chars + 1,
							   chars - key_chars - 1 },
					    base, value);
		at += chars + 1;
	}
	return false;
}

static bool has(const struct dmesg *d, const char *key)
{
	uint64_t ignored;

	return vmcoreinfo_value(d->info, key, &ignored);
}

static int need(struct dmesg *d, const char *key, uint64_t *value)
{
	if (vmcoreinfo_value(d->info, key, value))
		return 0;
	error_set(d->err, "VMCOREINFO does not say %s: this kernel's log cannot be found", key);
	return fail(d, DMESG_NO_LOG);
}

/* A structure as VMCOREINFO describes it: its size, and fields that lie inside. */
struct layout_of {
	const char *name;
	size_t bytes;
};

static int need_struct(struct dmesg *d, const char *name, struct layout_of *layout)
{
	char key[KEY_MAX];
	uint64_t bytes;

	snprintf(key, sizeof(key), "SIZE(%s)", name);
	if (need(d, key, &bytes))
		return -1;
	if (!bytes || bytes > STRUCT_MAX) {
		error_set(d->err, "VMCOREINFO is damaged: %s is %llu", key,
			  (unsigned long long)bytes);
		return fail(d, DMESG_DAMAGED);
	}
	*layout = (struct layout_of){ name, (size_t)bytes };
	return 0;
}

static int need_field(struct dmesg *d, const struct layout_of *layout, const char *field,
		      size_t field_bytes, size_t *offset)
{
	char key[KEY_MAX];
	uint64_t value;

	snprintf(key, sizeof(key), "OFFSET(%s.%s)", layout->name, field);
	if (need(d, key, &value))
		return -1;
	if (!bytes_fit(layout->bytes, value, field_bytes)) {
		error_set(d->err, "VMCOREINFO is damaged: %s is %llu in %zu bytes", key,
			  (unsigned long long)value, layout->bytes);
		return fail(d, DMESG_DAMAGED);
	}
	*offset = (size_t)value;
	return 0;
}

/* ------------------------------------------------------------------ memory and text */

static int read_at(struct dmesg *d, uint64_t vaddr, void *buffer, size_t size)
{
	if (d->io->read(d->io->context, vaddr, buffer, size, d->err))
		return fail(d, DMESG_NO_MEMORY);
	return 0;
}

static uint64_t word_at(const struct dmesg *d, const uint8_t *p)
{
	return d->word == 8 ? le64_get(p) : le32_get(p);
}

/* A variable of the kernel: size bytes at SYMBOL(name). */
static int variable(struct dmesg *d, const char *name, unsigned size, uint64_t *value)
{
	char key[KEY_MAX];
	uint8_t bytes[8];
	uint64_t address;

	snprintf(key, sizeof(key), "SYMBOL(%s)", name);
	if (need(d, key, &address) || read_at(d, address, bytes, size))
		return -1;
	*value = size == 8 ? le64_get(bytes) : le32_get(bytes);
	return 0;
}

static int put(struct dmesg *d, const char *text, size_t size)
{
	if (d->io->write(d->io->context, text, size, d->err))
		return fail(d, DMESG_NO_MEMORY);
	return 0;
}

/* Printable ASCII and white space as they are, the rest as \xNN. */
static int put_text(struct dmesg *d, const uint8_t *text, size_t size)
{
	char out[512];
	size_t used = 0;

	for (size_t i = 0; i < size; i++) {
		uint8_t c = text[i];
		bool plain = (c >= 0x20 && c < 0x7f) || (c >= '\t' && c <= '\r');

		if (used + 5 > sizeof(out)) {
			if (put(d, out, used))
				return -1;
			used = 0;
		}
		if (plain)
			out[used++] = (char)c;
		else
			used += (size_t)snprintf(out + used, sizeof(out) - used, "\\x%02x", c);
	}
	return used ? put(d, out, used) : 0;
}

static int put_line(struct dmesg *d, uint64_t ns, const uint8_t *text, size_t size)
{
	char stamp[48];
	int n = snprintf(stamp, sizeof(stamp), "[%5llu.%06llu] ",
			 (unsigned long long)(ns / NS_PER_SECOND),
			 (unsigned long long)(ns % NS_PER_SECOND / 1000));

	return put(d, stamp, (size_t)n) || put_text(d, text, size) || put(d, "\n", 1) ? -1 : 0;
}

/* ------------------------------------------------------------------ 2.6: text */

/* log_buf and log_buf_len, for the first two ages. */
static int text_buffer(struct dmesg *d, uint64_t *address, uint64_t *bytes)
{
	if (variable(d, "log_buf", d->word, address) || variable(d, "log_buf_len", 4, bytes))
		return -1;
	if (!*bytes || *bytes > LOG_BYTES_MAX) {
		error_set(d->err, "the log is damaged: its buffer has %llu bytes",
			  (unsigned long long)*bytes);
		return fail(d, DMESG_DAMAGED);
	}
	return 0;
}

/* Part of a buffer, in pieces, each handed to put_text(). */
static int copy_text(struct dmesg *d, uint64_t address, uint64_t bytes)
{
	uint8_t piece[4096];

	while (bytes) {
		size_t now = bytes < sizeof(piece) ? (size_t)bytes : sizeof(piece);

		if (read_at(d, address, piece, now) || put_text(d, piece, now))
			return -1;
		address += now;
		bytes -= now;
	}
	return 0;
}

static int write_text_log(struct dmesg *d)
{
	uint64_t address, size, end, chars, start;

	if (text_buffer(d, &address, &size) || variable(d, "log_end", 4, &end) ||
	    variable(d, "logged_chars", 4, &chars))
		return -1;
	if (chars > size)
		chars = size;
	/* The last chars bytes before end, in a ring. */
	end %= size;
	start = (end + size - chars) % size;
	if (!chars)
		return 0;
	if (start < end)
		return copy_text(d, address + start, end - start);
	return copy_text(d, address + start, size - start) || copy_text(d, address, end) ? -1 : 0;
}

/* ------------------------------------------------------------------ 3.5: records */

struct record_layout {
	struct layout_of record;
	size_t ts_nsec, len, text_len;
};

static int record_layout(struct dmesg *d, struct record_layout *r)
{
	/* The structure was renamed in 3.11. */
	const char *name = has(d, "SIZE(printk_log)") ? "printk_log" : "log";

	return need_struct(d, name, &r->record) ||
			       need_field(d, &r->record, "ts_nsec", 8, &r->ts_nsec) ||
			       need_field(d, &r->record, "len", 2, &r->len) ||
			       need_field(d, &r->record, "text_len", 2, &r->text_len)
		       ? -1
		       : 0;
}

static int damaged_at(struct dmesg *d, uint64_t position)
{
	error_set(d->err, "the log is damaged at 0x%llx of its buffer",
		  (unsigned long long)position);
	return fail(d, DMESG_DAMAGED);
}

/* One record at index; *length = its length, 0 = the rest of the buffer is unused. */
static int write_record(struct dmesg *d, const struct record_layout *r, uint64_t address,
			uint64_t size, uint64_t index, uint64_t *length)
{
	uint8_t header[STRUCT_MAX], *text;
	uint64_t text_bytes;
	int result;

	if (!bytes_fit(size, index, r->record.bytes))
		return damaged_at(d, index);
	if (read_at(d, address + index, header, r->record.bytes))
		return -1;
	*length = le16_get(header + r->len);
	text_bytes = le16_get(header + r->text_len);
	if (!*length)
		return 0;
	if (*length < r->record.bytes || text_bytes > *length - r->record.bytes ||
	    !bytes_fit(size, index, *length))
		return damaged_at(d, index);
	text = malloc((size_t)text_bytes + 1);
	if (!text) {
		error_no_memory(d->err);
		return fail(d, DMESG_NO_MEMORY);
	}
	result =
		read_at(d, address + index + r->record.bytes, text, (size_t)text_bytes) ||
				put_line(d, le64_get(header + r->ts_nsec), text, (size_t)text_bytes)
			? -1
			: 0;
	free(text);
	return result;
}

static int write_record_log(struct dmesg *d)
{
	uint64_t address, size, index, next, length;
	struct record_layout r;
	bool wrapped = false;

	if (record_layout(d, &r) || text_buffer(d, &address, &size) ||
	    variable(d, "log_first_idx", 4, &index) || variable(d, "log_next_idx", 4, &next))
		return -1;
	if (index >= size || next >= size)
		return damaged_at(d, index >= size ? index : next);
	while (index != next) {
		if (write_record(d, &r, address, size, index, &length))
			return -1;
		if (length) {
			index += length;
			/* Past the newest record, the second time round: it would never end. */
			if (wrapped && index > next)
				return damaged_at(d, index);
			continue;
		}
		if (wrapped || !index)
			return damaged_at(d, index);
		wrapped = true;
		index = 0;
	}
	return 0;
}

/* ------------------------------------------------------------------ 5.10: lockless ring */

/* Where everything is, from VMCOREINFO. */
struct ring_layout {
	struct layout_of ring, desc_ring, data_ring, desc, lpos, info, atomic;
	size_t ring_desc, ring_text;
	size_t count_bits, descs, infos, head, tail;
	size_t size_bits, data;
	size_t state, text_lpos;
	size_t begin, next;
	size_t ts_nsec, text_len;
	size_t counter;
};

/* What the ring itself says. */
struct ring {
	uint64_t descs, infos, head, tail, data;
	uint64_t count, data_bytes;
	uint64_t text_left; /* of data_bytes: no two records share text */
	uint64_t id_mask;
	unsigned state_shift;
};

static int ring_structs(struct dmesg *d, struct ring_layout *l)
{
	return need_struct(d, "printk_ringbuffer", &l->ring) ||
			       need_struct(d, "prb_desc_ring", &l->desc_ring) ||
			       need_struct(d, "prb_data_ring", &l->data_ring) ||
			       need_struct(d, "prb_desc", &l->desc) ||
			       need_struct(d, "prb_data_blk_lpos", &l->lpos) ||
			       need_struct(d, "printk_info", &l->info) ||
			       need_struct(d, "atomic_long_t", &l->atomic)
		       ? -1
		       : 0;
}

static int ring_fields(struct dmesg *d, struct ring_layout *l)
{
	const struct {
		const struct layout_of *in;
		const char *name;
		size_t bytes;
		size_t *offset;
	} fields[] = {
		{ &l->ring, "desc_ring", l->desc_ring.bytes, &l->ring_desc },
		{ &l->ring, "text_data_ring", l->data_ring.bytes, &l->ring_text },
		{ &l->desc_ring, "count_bits", 4, &l->count_bits },
		{ &l->desc_ring, "descs", d->word, &l->descs },
		{ &l->desc_ring, "infos", d->word, &l->infos },
		{ &l->desc_ring, "head_id", l->atomic.bytes, &l->head },
		{ &l->desc_ring, "tail_id", l->atomic.bytes, &l->tail },
		{ &l->data_ring, "size_bits", 4, &l->size_bits },
		{ &l->data_ring, "data", d->word, &l->data },
		{ &l->desc, "state_var", l->atomic.bytes, &l->state },
		{ &l->desc, "text_blk_lpos", l->lpos.bytes, &l->text_lpos },
		{ &l->lpos, "begin", d->word, &l->begin },
		{ &l->lpos, "next", d->word, &l->next },
		{ &l->info, "ts_nsec", 8, &l->ts_nsec },
		{ &l->info, "text_len", 2, &l->text_len },
		{ &l->atomic, "counter", d->word, &l->counter },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (need_field(d, fields[i].in, fields[i].name, fields[i].bytes, fields[i].offset))
			return -1;
	return 0;
}

static int read_ring(struct dmesg *d, const struct ring_layout *l, struct ring *ring)
{
	uint8_t bytes[STRUCT_MAX];
	const uint8_t *desc_ring = bytes + l->ring_desc, *text_ring = bytes + l->ring_text;
	uint64_t address;
	uint32_t count_bits, size_bits;

	if (variable(d, "prb", d->word, &address) || read_at(d, address, bytes, l->ring.bytes))
		return -1;
	count_bits = le32_get(desc_ring + l->count_bits);
	size_bits = le32_get(text_ring + l->size_bits);
	if (!count_bits || count_bits > RING_BITS_MAX || !size_bits || size_bits > 31) {
		error_set(d->err, "the log is damaged: a ring of 2^%u records and 2^%u bytes",
			  count_bits, size_bits);
		return fail(d, DMESG_DAMAGED);
	}
	/* The two uppermost bits of a state variable are the state, the rest is the id. */
	ring->state_shift = d->word * 8 - 2;
	ring->id_mask = (UINT64_C(1) << ring->state_shift) - 1;
	ring->count = UINT64_C(1) << count_bits;
	ring->data_bytes = UINT64_C(1) << size_bits;
	ring->text_left = ring->data_bytes;
	ring->descs = word_at(d, desc_ring + l->descs);
	ring->infos = word_at(d, desc_ring + l->infos);
	ring->head = word_at(d, desc_ring + l->head + l->counter) & ring->id_mask;
	ring->tail = word_at(d, desc_ring + l->tail + l->counter) & ring->id_mask;
	ring->data = word_at(d, text_ring + l->data);
	return 0;
}

/* Where a record's text lies in the data ring; false when it has none or the positions are bad. */
static bool text_place(const struct dmesg *d, const struct ring *ring, uint64_t begin,
		       uint64_t next, uint64_t *at, uint64_t *room)
{
	if (begin & 1 || next & 1)
		return false; /* a record without data */
	*at = begin & (ring->data_bytes - 1);
	next &= ring->data_bytes - 1;
	/* A block that would cross the end of the ring starts over at 0; one may end at the end. */
	if (next <= *at && next)
		*at = 0;
	if (!next)
		next = ring->data_bytes;
	if (next - *at < d->word)
		return false;
	*room = next - *at - d->word; /* the block starts with its record's id */
	*at += d->word;
	return true;
}

/* One record; those being written, reused or damaged are passed over. */
static int write_ring_record(struct dmesg *d, const struct ring_layout *l, struct ring *ring,
			     uint64_t id)
{
	uint64_t index = id & (ring->count - 1), state, at, room, bytes;
	uint8_t desc[STRUCT_MAX], info[STRUCT_MAX], *text;
	const uint8_t *lpos = desc + l->text_lpos;
	int result;

	if (read_at(d, ring->descs + index * l->desc.bytes, desc, l->desc.bytes) ||
	    read_at(d, ring->infos + index * l->info.bytes, info, l->info.bytes))
		return -1;
	state = word_at(d, desc + l->state + l->counter);
	/* 1 = committed, 2 = finalized */
	if ((state & ring->id_mask) != id || state >> ring->state_shift == 0 ||
	    state >> ring->state_shift == 3)
		return 0;
	if (!text_place(d, ring, word_at(d, lpos + l->begin), word_at(d, lpos + l->next), &at,
			&room))
		return put_line(d, le64_get(info + l->ts_nsec), NULL, 0);
	bytes = le16_get(info + l->text_len);
	if (bytes > room)
		bytes = room;
	if (bytes > ring->text_left)
		return damaged_at(d, at);
	ring->text_left -= bytes;
	text = malloc((size_t)bytes + 1);
	if (!text) {
		error_no_memory(d->err);
		return fail(d, DMESG_NO_MEMORY);
	}
	result = read_at(d, ring->data + at, text, (size_t)bytes) ||
				 put_line(d, le64_get(info + l->ts_nsec), text, (size_t)bytes)
			 ? -1
			 : 0;
	free(text);
	return result;
}

static int write_ring_log(struct dmesg *d)
{
	struct ring_layout l;
	struct ring ring;
	uint64_t records;

	if (ring_structs(d, &l) || ring_fields(d, &l) || read_ring(d, &l, &ring))
		return -1;
	records = ((ring.head - ring.tail) & ring.id_mask) + 1;
	if (records > ring.count) {
		error_set(d->err, "the log is damaged: %llu records in a ring of %llu",
			  (unsigned long long)records, (unsigned long long)ring.count);
		return fail(d, DMESG_DAMAGED);
	}
	for (uint64_t i = 0; i < records; i++)
		if (write_ring_record(d, &l, &ring, (ring.tail + i) & ring.id_mask))
			return -1;
	return 0;
}

enum dmesg_result dmesg_write(struct span vmcoreinfo, unsigned word, const struct dmesg_io *io,
			      struct error *err)
{
	struct dmesg d = { vmcoreinfo, word, io, err, DMESG_OK };

	if (has(&d, "SYMBOL(prb)"))
		write_ring_log(&d);
	else if (has(&d, "SYMBOL(log_first_idx)"))
		write_record_log(&d);
	else
		write_text_log(&d);
	return d.result;
}
