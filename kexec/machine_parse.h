/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Texts and tables in which a kernel describes itself and its machine: spans in, values out. Every
 * byte is hostile. Knows no path and reads no file.
 */
#ifndef KEXEC_MACHINE_PARSE_H
#define KEXEC_MACHINE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "machine.h"
#include "memmap.h"

/* The characters of a string. */
struct span text_of(const char *string);

/* Take the next line off text (without its newline). False when nothing is left. */
bool text_line(struct span *text, struct span *line);

/* Take the next word (between blanks) off text. False when nothing is left. */
bool text_word(struct span *text, struct span *word);

/* Whether the span is this text. */
bool text_equals(struct span text, const char *expected);

/* Whether text has this word, standing between blanks. */
bool text_has_word(struct span text, const char *word);

/* Without the blanks at both ends. */
struct span text_trim(struct span text);

/*
 * The value in the first line that starts with key and a separator (blank, ':', '='), trimmed. 0,
 * or -1 when there is no such line.
 */
int text_field(struct span text, const char *key, struct span *value);

/* A number and nothing else, blanks at the ends allowed; base 16 with or without 0x. 0 or -1. */
int text_number(struct span text, unsigned base, uint64_t *value);

/* Hex digits, two for each byte, blanks between bytes allowed. 0 or -1 (also when out is too
 * small). */
int text_hex(struct span text, uint8_t *out, size_t capacity, size_t *count);

/* Copy into a buffer of size bytes and terminate; cut what is too long. */
void text_copy(struct span text, char *out, size_t size);

/* How many processors a list such as "0-3,6" names. 0 or -1. */
int cpu_list_count(struct span text, uint32_t *count);

/* A line "key: N kB" of /proc/meminfo in bytes; 0 when there is none. */
uint64_t meminfo_bytes(struct span text, const char *key);

/* Where the note is, in the text of /sys/kernel/vmcoreinfo (address and bytes, hex). 0 or -1. */
int vmcoreinfo_place(struct span text, struct machine_note *note);

/* Bits of a physical address, from the text of /proc/cpuinfo; 0 when it does not say. */
uint32_t cpuinfo_phys_bits(struct span text);

/* Whether every address in /proc/iomem is zero: what a reader without root gets. */
bool iomem_hidden(struct span text);

/* The range of /sys/firmware/memmap: texts of start and (inclusive) end. 0 or -1. */
int firmware_range(struct span start, struct span end, struct range *at);

/* Lines "start end type", the form of a recorded /sys/firmware/memmap. Unsorted. */
int firmware_lines(struct span text, struct memmap *map, struct error *err);

/* The map in boot_params (at most 128 entries; there may have been more). Unsorted. */
int boot_params_map(struct span boot_params, struct memmap *map, struct error *err);

/* The BIOS disks in boot_params. */
void boot_params_edd(struct span boot_params, struct machine_edd *edd);

/* One BIOS disk as /sys/firmware/edd/int13_devXX shows it; empty spans for files that are not
 * there. */
struct edd_texts {
	uint8_t device;
	struct span raw_data, version, extensions;
	struct span max_cylinder, max_head, sectors_per_track;
};

/* The bytes of struct edd_info. 0, or -1 when raw_data is no struct edd_device_params. */
int edd_info_bytes(const struct edd_texts *texts, uint8_t info[MACHINE_EDD_BYTES]);

/* A kernel symbol that is looked for. */
struct kernel_symbol {
	const char *name;
	uint64_t address;
	bool found;
};

/* Look at one line of /proc/kallsyms. Symbols of modules are not taken; the first of a name counts.
 */
void kallsyms_line(struct span line, struct kernel_symbol *symbols, size_t count);

/* How the running kernel pages, as far as the texts tell; false when they do not. */
bool paging_from_meminfo(struct span meminfo, bool *pae);

#endif
