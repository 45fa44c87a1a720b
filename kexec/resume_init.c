/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /init of the second kernel: finds the disk, restores the direct way, marks the image and jumps.
 * It mounts no disk. When anything is wrong it says so and starts the machine anew; the image is as
 * it was.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "life.h"
#include "request_files.h"
#include "resume.h"
#include "resume_config.h"
#include "sys.h"

#define DISK_PATIENCE_SECONDS 30
#define FAREWELL_SECONDS      15

bool resume_init_wanted(void)
{
	return getpid() == 1 && !access(RESUME_INIT_CONFIG, R_OK);
}

static void mount_what_is_needed(void)
{
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
}

static int read_config(struct resume_config *config, struct error *err)
{
	const char *const name[] = { RESUME_INIT_CONFIG };
	struct file_map map = { 0 };
	int result;

	if (file_map_joined(name, 1, &map, err))
		return -1;
	/* Joined files end at a page boundary; the text does not hold zeros. */
	result = resume_config_parse((const char *)map.data.data,
				     strnlen((const char *)map.data.data, map.data.size), config,
				     err);
	file_map_done(&map);
	return result;
}

/* Open the image at its extents on this device: 0 only when it is the one that is wanted. */
static int open_on(const char *device, const struct resume_config *config,
		   struct resume_image *image, struct error *err)
{
	struct backing backing;

	if (backing_open(device, config->has_uuid ? BACKING_WRITE : BACKING_READ, &backing, err))
		return -1;
	if (backing_set_extents(&backing, config->extents, config->extent_count, err)) {
		backing_close(&backing);
		return -1;
	}
	if (resume_image_take(&backing, image, err))
		return -1;
	if (!config->has_uuid ||
	    (image->has_info && !memcmp(image->info.uuid, config->uuid, IMAGE_UUID_BYTES)))
		return 0;
	resume_image_close(image);
	return error_set(err, "'%s' holds another image", device);
}

/* Disks may have other names here: by the image's UUID every one will do. */
static int search(const struct resume_config *config, struct resume_image *image)
{
	char line[256], name[128], path[160];
	FILE *partitions = fopen("/proc/partitions", "re");
	struct error ignored;
	int result = -1;

	while (partitions && result && fgets(line, sizeof(line), partitions)) {
		if (sscanf(line, "%*u %*u %*u %127s", name) != 1)
			continue;
		snprintf(path, sizeof(path), "/dev/%s", name);
		result = open_on(path, config, image, &ignored);
	}
	if (partitions)
		fclose(partitions);
	return result;
}

static int find_image(const struct resume_config *config, struct resume_image *image,
		      struct error *err)
{
	for (unsigned tries = 0;; tries++) {
		if (!open_on(config->device, config, image, err) ||
		    (config->has_uuid && !search(config, image)))
			return 0;
		if (tries == DISK_PATIENCE_SECONDS)
			return error_prefix(err, "the image was not found: ");
		sleep(1);
	}
}

static int resume(struct error *err)
{
	struct resume_request request = { .way = RESTORE_DIRECT, .out = stdout };
	struct resume_loaded loaded;
	struct resume_config config;
	struct resume_image image;
	struct machine machine;
	int failure;

	if (read_config(&config, err) || machine_read("", 0, &machine, err) ||
	    find_image(&config, &image, err))
		return -1;
	request.image = image.backing.path;
	request.entry = config.entry;
	request.entry_given = true;
	if (resume_opened(&request, &image, &machine, &loaded, err))
		return -1;
	if (image.has_info && life_mark_backing(&image.backing, &image.info, IMAGE_RESUMING, err))
		return -1;
	printf("kexec: going back\n");
	fflush(stdout);
	sys_sync();
	failure = sys_reboot_kexec();
	return error_set(err, "the jump failed: %s", strerror(-failure));
}

int resume_init(void)
{
	struct error err;

	setvbuf(stdout, NULL, _IOLBF, 0);
	mount_what_is_needed();
	resume(&err);
	printf("kexec: %s\nkexec: nothing was resumed; this machine starts anew in %d seconds\n",
	       err.text, FAREWELL_SECONDS);
	fflush(stdout);
	sys_sync();
	sleep(FAREWELL_SECONDS);
	reboot(RB_AUTOBOOT);
	return 255;
}
