/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How fast the packaged kexec-tools' purgatory hashes: its relocatable object is found inside the
 * installed program, its sections are placed in this process, relocated, and its own sha256
 * functions are called. Prints one line "original MB-per-second". A digest that is not ours is a
 * failure.
 *
 * usage: bench_original [PROGRAM [MEGABYTES [ROUNDS]]]    (x86_64 only)
 */
#define _GNU_SOURCE /* MAP_32BIT */
#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bytes.h"
#include "sha256.h"

#define CONTEXT_BYTES 1024 /* more than its context is */
#define PLACE_BYTES   (1 << 20)

struct object {
	struct span file; /* from its ELF header to the end of what it was found in */
	Elf64_Ehdr header;
	Elf64_Shdr sections[64];
	uint8_t *placed[64]; /* where a section lies in this process, NULL = nowhere */
};

typedef void starts_fn(void *context);
typedef void update_fn(void *context, const uint8_t *data, size_t size);
typedef void finish_fn(void *context, uint8_t digest[SHA256_BYTES]);

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct span map_file(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	struct span span = { NULL, 0 };
	struct stat st;
	void *data;

	if (fd < 0 || fstat(fd, &st) < 0)
		return span;
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (data != MAP_FAILED)
		span = (struct span){ data, (size_t)st.st_size };
	return span;
}

/* A relocatable x86_64 object at offset: its headers. */
static bool object_at(struct span file, size_t offset, struct object *object)
{
	struct span rest = { file.data + offset, file.size - offset };
	Elf64_Ehdr *header = &object->header;

	if (rest.size < sizeof(*header) || memcmp(rest.data, ELFMAG, SELFMAG) != 0)
		return false;
	memcpy(header, rest.data, sizeof(*header));
	if (header->e_type != ET_REL || header->e_machine != EM_X86_64 || header->e_shnum > 64 ||
	    header->e_shentsize != sizeof(Elf64_Shdr) ||
	    !bytes_fit(rest.size, header->e_shoff, header->e_shnum * sizeof(Elf64_Shdr)))
		return false;
	object->file = rest;
	memset(object->placed, 0, sizeof(object->placed));
	memcpy(object->sections, rest.data + header->e_shoff, header->e_shnum * sizeof(Elf64_Shdr));
	for (unsigned i = 0; i < header->e_shnum; i++)
		if (object->sections[i].sh_type != SHT_NOBITS &&
		    !bytes_fit(rest.size, object->sections[i].sh_offset,
			       object->sections[i].sh_size))
			return false;
	return true;
}

static bool place_sections(struct object *object)
{
	uint8_t *at = mmap(NULL, PLACE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	size_t used = 0;

	if (at == MAP_FAILED)
		return false;
	for (unsigned i = 0; i < object->header.e_shnum; i++) {
		const Elf64_Shdr *section = &object->sections[i];

		if (!(section->sh_flags & SHF_ALLOC))
			continue;
		used = (size_t)align_up(used, section->sh_addralign ? section->sh_addralign : 1);
		if (!bytes_fit(PLACE_BYTES, used, section->sh_size))
			return false;
		object->placed[i] = at + used;
		if (section->sh_type != SHT_NOBITS)
			memcpy(at + used, object->file.data + section->sh_offset, section->sh_size);
		used += section->sh_size;
	}
	return true;
}

/* Symbol number index of the table; its address in this process in *value, 0 if it has none. */
static bool symbol(const struct object *object, const Elf64_Shdr *table, uint64_t index,
		   Elf64_Sym *sym, uint64_t *value)
{
	if (index >= table->sh_size / sizeof(*sym))
		return false;
	memcpy(sym, object->file.data + table->sh_offset + index * sizeof(*sym), sizeof(*sym));
	*value = 0;
	if (sym->st_shndx == SHN_ABS)
		*value = sym->st_value;
	else if (sym->st_shndx < object->header.e_shnum && object->placed[sym->st_shndx])
		*value = (uintptr_t)object->placed[sym->st_shndx] + sym->st_value;
	return true;
}

static bool relocate_one(const struct object *object, const Elf64_Shdr *relocations,
			 const Elf64_Rela *rela)
{
	uint8_t *place = object->placed[relocations->sh_info] + rela->r_offset;
	uint64_t value;
	Elf64_Sym sym;

	if (relocations->sh_link >= object->header.e_shnum ||
	    !bytes_fit(object->sections[relocations->sh_info].sh_size, rela->r_offset, 8) ||
	    !symbol(object, &object->sections[relocations->sh_link], ELF64_R_SYM(rela->r_info),
		    &sym, &value))
		return false;
	value += (uint64_t)rela->r_addend;
	switch (ELF64_R_TYPE(rela->r_info)) {
	case R_X86_64_64:
		le64_put(place, value);
		return true;
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
		le32_put(place, (uint32_t)(value - (uintptr_t)place));
		return true;
	case R_X86_64_32:
	case R_X86_64_32S:
		le32_put(place, (uint32_t)value);
		return true;
	default:
		return false;
	}
}

/* What cannot be relocated here is not what sha256 needs: the digest will tell. */
static void relocate(const struct object *object)
{
	for (unsigned i = 0; i < object->header.e_shnum; i++) {
		const Elf64_Shdr *section = &object->sections[i];
		Elf64_Rela rela;

		if (section->sh_type != SHT_RELA || section->sh_info >= object->header.e_shnum ||
		    !object->placed[section->sh_info])
			continue;
		for (size_t at = 0; at + sizeof(rela) <= section->sh_size; at += sizeof(rela)) {
			memcpy(&rela, object->file.data + section->sh_offset + at, sizeof(rela));
			relocate_one(object, section, &rela);
		}
	}
}

static uintptr_t find(const struct object *object, const char *name)
{
	for (unsigned i = 0; i < object->header.e_shnum; i++) {
		const Elf64_Shdr *table = &object->sections[i], *names;
		uint64_t value;
		Elf64_Sym sym;

		if (table->sh_type != SHT_SYMTAB || table->sh_link >= object->header.e_shnum)
			continue;
		names = &object->sections[table->sh_link];
		for (uint64_t n = 0; symbol(object, table, n, &sym, &value); n++) {
			if (value && bytes_fit(names->sh_size, sym.st_name, strlen(name) + 1) &&
			    !strcmp((const char *)object->file.data + names->sh_offset +
					    sym.st_name,
				    name))
				return (uintptr_t)value;
		}
	}
	return 0;
}

static int measure(const struct object *object, unsigned long megabytes, unsigned rounds)
{
	starts_fn *starts = (starts_fn *)find(object, "sha256_starts");
	update_fn *update = (update_fn *)find(object, "sha256_update");
	finish_fn *finish = (finish_fn *)find(object, "sha256_finish");
	static uint64_t context[CONTEXT_BYTES / 8];
	uint8_t mine[SHA256_BYTES], theirs[SHA256_BYTES], *data;
	size_t size = megabytes << 20;
	double best = 0;

	data = malloc(size);
	if (!starts || !update || !finish || !data)
		return 1;
	for (size_t i = 0; i < size; i++)
		data[i] = (uint8_t)(i * 2654435761u >> 11);
	sha256(data, size, mine);
	for (unsigned i = 0; i < rounds; i++) {
		double from = now(), took;

		starts(context);
		update(context, data, size);
		finish(context, theirs);
		took = now() - from;
		if (!best || took < best)
			best = took;
	}
	free(data);
	if (memcmp(mine, theirs, SHA256_BYTES) != 0) {
		fprintf(stderr, "bench_original: its digest is wrong\n");
		return 1;
	}
	printf("original %.0f\n", (double)size / 1e6 / best);
	return 0;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "/sbin/kexec";
	unsigned long megabytes = argc > 2 ? strtoul(argv[2], NULL, 0) : 64;
	unsigned rounds = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 0) : 3;
	struct span file = map_file(name);
	static struct object object;

	for (size_t at = 4; at + SELFMAG < file.size; at++) {
		if (!object_at(file, at, &object) || !place_sections(&object))
			continue;
		relocate(&object);
		if (find(&object, "sha256_update"))
			return measure(&object, megabytes, rounds);
	}
	fprintf(stderr, "bench_original: there is no purgatory with sha256 in '%s'\n", name);
	return 1;
}
