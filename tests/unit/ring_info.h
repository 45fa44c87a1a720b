/* SPDX-License-Identifier: GPL-2.0-only */
/* VMCOREINFO of the lockless log ring as Linux 6.1 lays it out, for made-up kernel memory. */
#ifndef TESTS_RING_INFO_H
#define TESTS_RING_INFO_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define RING_INFO_BYTES      88 /* struct printk_info */
#define RING_INFO_TEXT_BYTES 1024

/* Write the text, at most RING_INFO_TEXT_BYTES. word: 4 or 8; prb: where the pointer to the ring
 * is. */
static inline void ring_info_text(char *text, unsigned word, uint64_t prb)
{
	unsigned w = word, desc_ring = 4 + (w - 4) + 5 * w, data_ring = 4 + (w - 4) + 3 * w;

	snprintf(text, RING_INFO_TEXT_BYTES,
		 "SYMBOL(prb)=%llx\n"
		 "SIZE(printk_ringbuffer)=%u\nOFFSET(printk_ringbuffer.desc_ring)=0\n"
		 "OFFSET(printk_ringbuffer.text_data_ring)=%u\n"
		 "SIZE(prb_desc_ring)=%u\nOFFSET(prb_desc_ring.count_bits)=0\n"
		 "OFFSET(prb_desc_ring.descs)=%u\nOFFSET(prb_desc_ring.infos)=%u\n"
		 "OFFSET(prb_desc_ring.head_id)=%u\nOFFSET(prb_desc_ring.tail_id)=%u\n"
		 "SIZE(prb_desc)=%u\nOFFSET(prb_desc.state_var)=0\n"
		 "OFFSET(prb_desc.text_blk_lpos)=%u\n"
		 "SIZE(prb_data_blk_lpos)=%u\nOFFSET(prb_data_blk_lpos.begin)=0\n"
		 "OFFSET(prb_data_blk_lpos.next)=%u\n"
		 "SIZE(printk_info)=%u\nOFFSET(printk_info.seq)=0\n"
		 "OFFSET(printk_info.ts_nsec)=8\nOFFSET(printk_info.text_len)=16\n"
		 "SIZE(prb_data_ring)=%u\nOFFSET(prb_data_ring.size_bits)=0\n"
		 "OFFSET(prb_data_ring.data)=%u\n"
		 "SIZE(atomic_long_t)=%u\nOFFSET(atomic_long_t.counter)=0\n",
		 (unsigned long long)prb, desc_ring + data_ring + w, desc_ring, desc_ring, w, 2 * w,
		 3 * w, 4 * w, 3 * w, w, 2 * w, w, RING_INFO_BYTES, data_ring, w, w);
}

#endif
