/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds boot loader entries and the initrd of the running kernel. Knows where partitions with
 * entries are mounted; does not know what is in an entry or in an initrd.
 */
#include "sources.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "boot_entry.h"
#include "cmdline.h"
#include "request_files.h"

#define ENTRIES "/loader/entries/"

/* Where $BOOT is mounted: the extended boot partition before the EFI system partition. */
static const char *const boots[] = { "/boot", "/efi", "/boot/efi" };

static bool ends_with(const char *text, const char *end)
{
	size_t chars = strlen(text), end_chars = strlen(end);

	return chars >= end_chars && !strcmp(text + chars - end_chars, end);
}

static bool is_counter(const char *text)
{
	return strspn(text, "0123456789-") == strcspn(text, ".") && ends_with(text, ".conf") &&
	       strchr(text, '.') == text + strlen(text) - 5;
}

/* NAME+LEFT-DONE.conf: an entry whose boots are counted. */
static char *find_counted(struct arena *arena, const char *directory, const char *name)
{
	DIR *entries = opendir(directory);
	size_t chars = strlen(name);
	const struct dirent *file;
	char *found = NULL;

	while (entries && !found && (file = readdir(entries)))
		if (!strncmp(file->d_name, name, chars) && file->d_name[chars] == '+' &&
		    is_counter(file->d_name + chars + 1))
			found = arena_printf(arena, "%s%s", directory, file->d_name);
	if (entries)
		closedir(entries);
	return found;
}

static const char *find_entry(const struct world *world, struct arena *arena, const char *name,
			      struct error *err)
{
	const char *suffix = ends_with(name, ".conf") ? "" : ".conf";
	char *path = NULL;

	if (strchr(name, '/'))
		return name;
	for (size_t i = 0; i < sizeof(boots) / sizeof(boots[0]); i++) {
		const char *directory = arena_printf(arena, "%s%s" ENTRIES, world->root, boots[i]);

		if (directory)
			path = arena_printf(arena, "%s%s%s", directory, name, suffix);
		if (!path) {
			error_no_memory(err);
			return NULL;
		}
		if (!access(path, F_OK) || (path = find_counted(arena, directory, name)))
			return path;
	}
	error_set(err,
		  "there is no boot loader entry '%s' in /boot" ENTRIES ", /efi" ENTRIES
		  " or /boot/efi" ENTRIES,
		  name);
	return NULL;
}

/* The partition's mount point: what comes before /loader/entries/ in the entry's path. */
static const char *partition_of(struct arena *arena, const char *path)
{
	const char *found = NULL, *next = path;

	while ((next = strstr(next, ENTRIES)))
		found = next++;
	return found ? arena_printf(arena, "%.*s", (int)(found - path), path) : "";
}

/* GRUB's variables, which its entries may use; empty if there are none. */
static void map_environment(struct arena *arena, const char *partition, struct file_map *map)
{
	static const char *const names[] = { "/grub2/grubenv", "/grub/grubenv" };
	struct error unused;

	*map = (struct file_map){ 0 };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !map->data.size; i++) {
		const char *path = arena_printf(arena, "%s%s", partition, names[i]);

		if (path)
			file_map_joined(&path, 1, map, &unused);
	}
}

static int add_initrd(const char *path, unsigned at, struct options *options, struct error *err)
{
	if (options->initrd_count == OPTIONS_INITRDS_MAX)
		return error_set(err, "more than %d initrds", OPTIONS_INITRDS_MAX);
	memmove(&options->initrds[at + 1], &options->initrds[at],
		(options->initrd_count - at) * sizeof(options->initrds[0]));
	options->initrds[at] = path;
	options->initrd_count++;
	options->given |= REQUEST_INITRD;
	return 0;
}

/* Put the entry in: its initrds come before those of --initrd. */
static int use_entry(struct arena *arena, const char *partition, const struct boot_entry *entry,
		     struct options *options, struct error *err)
{
	options->kernel = arena_printf(arena, "%s%s", partition, entry->image);
	if (!options->kernel)
		return error_no_memory(err);
	for (unsigned i = 0; i < entry->initrd_count; i++) {
		const char *path = arena_printf(arena, "%s%s", partition, entry->initrds[i]);

		if (!path)
			return error_no_memory(err);
		if (add_initrd(path, i, options, err))
			return -1;
	}
	if (*entry->options) {
		options->entry_cmdline = entry->options;
		options->given |= REQUEST_CMDLINE;
	}
	return 0;
}

static int resolve_entry(const struct world *world, struct arena *arena, struct options *options,
			 struct error *err)
{
	const char *path = find_entry(world, arena, options->entry_file, err);
	const char *partition = path ? partition_of(arena, path) : NULL;
	struct file_map text, environment;
	struct boot_entry entry;
	int failed;

	if (!path)
		return -1;
	if (!partition)
		return error_no_memory(err);
	if (file_map_joined(&path, 1, &text, err))
		return -1;
	map_environment(arena, partition, &environment);
	failed = boot_entry_parse(arena, text.data, environment.data, &entry, err);
	file_map_done(&text);
	file_map_done(&environment);
	if (failed)
		return error_prefix(err, "'%s': ", path);
	return use_entry(arena, partition, &entry, options, err);
}

/* --reuseinitrd: the kernel keeps it with retain_initrd and shows it since Linux 6.8. */
static int resolve_initrd(const struct world *world, struct arena *arena, struct options *options,
			  struct error *err)
{
	const char *running = arena_printf(arena, "%s/proc/cmdline", world->root);
	const char *path = arena_printf(arena, "%s/sys/firmware/initrd", world->root);
	struct file_map map;
	struct span unused;
	const char *cmdline;

	if (!running || !path)
		return error_no_memory(err);
	if (file_map_joined(&running, 1, &map, err))
		return -1;
	cmdline = arena_printf(arena, "%.*s", (int)map.data.size, (const char *)map.data.data);
	file_map_done(&map);
	if (!cmdline)
		return error_no_memory(err);
	if (!cmdline_find(cmdline, "retain_initrd", &unused))
		return error_set(err,
				 "unrecoverable error: current boot didn't retain the initrd for "
				 "reuse. Boot with retain_initrd on the command line, or name the "
				 "file by --initrd");
	if (access(path, R_OK))
		return error_set(err,
				 "cannot read '%s': %s: kernels before Linux 6.8 do not show the "
				 "initrd they keep; name the file by --initrd",
				 path, strerror(errno));
	return add_initrd(path, 0, options, err);
}

int sources_resolve(const struct world *world, struct arena *arena, struct options *options,
		    struct error *err)
{
	if (options->entry_file && resolve_entry(world, arena, options, err))
		return -1;
	if (options->reuse_initrd && resolve_initrd(world, arena, options, err))
		return -1;
	return 0;
}
