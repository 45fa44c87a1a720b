/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finding the PT_LOAD of an address among very many: they are sorted once, by physical and by
 * virtual address. Where several cover an address the first one of the file counts, so a search
 * goes back over those that begin before it, as long as any of them reaches that far.
 */
#include <stdlib.h>

#include "core.h"

static int compare_places(const void *left, const void *right)
{
	const struct core_place *a = left, *b = right;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->load < b->load ? -1 : a->load > b->load;
}

static uint64_t last_address(uint64_t start, uint64_t bytes)
{
	return bytes - 1 > UINT64_MAX - start ? UINT64_MAX : start + bytes - 1;
}

static void sort_places(struct core_index *index)
{
	uint64_t reach = 0;

	qsort(index->places, index->count, sizeof(*index->places), compare_places);
	for (size_t i = 0; i < index->count; i++) {
		if (index->places[i].reach < reach)
			index->places[i].reach = reach;
		reach = index->places[i].reach;
	}
}

int core_index_build(struct core *core, struct error *err)
{
	struct core_index *physical = &core->by_paddr, *linear = &core->by_vaddr;
	size_t room = core->load_count ? core->load_count : 1;

	physical->places = calloc(room, sizeof(*physical->places));
	linear->places = calloc(room, sizeof(*linear->places));
	if (!physical->places || !linear->places)
		return error_no_memory(err);
	for (size_t i = 0; i < core->load_count; i++) {
		const struct core_load *load = &core->loads[i];

		if (!load->memory_bytes)
			continue;
		physical->places[physical->count++] = (struct core_place){
			load->paddr, last_address(load->paddr, load->memory_bytes), (uint32_t)i
		};
		if (load->vaddr != CORE_VADDR_UNKNOWN)
			linear->places[linear->count++] =
				(struct core_place){ load->vaddr,
						     last_address(load->vaddr, load->memory_bytes),
						     (uint32_t)i };
	}
	sort_places(physical);
	sort_places(linear);
	return 0;
}

void core_index_done(struct core *core)
{
	free(core->by_paddr.places);
	free(core->by_vaddr.places);
	core->by_paddr = core->by_vaddr = (struct core_index){ 0 };
}

/* How many places begin at or before an address. */
static size_t places_before(const struct core_index *index, uint64_t address)
{
	size_t low = 0, high = index->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (index->places[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct core_load *find(const struct core *core, const struct core_index *index,
				    uint64_t address)
{
	const struct core_load *found = NULL;

	for (size_t i = places_before(index, address); i > 0; i--) {
		const struct core_place *place = &index->places[i - 1];
		const struct core_load *load = &core->loads[place->load];

		if (place->reach < address)
			break;
		if (address - place->start < load->memory_bytes && (!found || load < found))
			found = load;
	}
	return found;
}

const struct core_load *core_load_at(const struct core *core, uint64_t paddr)
{
	return find(core, &core->by_paddr, paddr);
}

bool core_virtual_to_physical(const struct core *core, uint64_t vaddr, uint64_t *paddr)
{
	const struct core_load *load = find(core, &core->by_vaddr, vaddr);

	if (load)
		*paddr = load->paddr + (vaddr - load->vaddr);
	return load;
}
