/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signatures of file systems, partition tables and stacked storage, as their formats document them.
 * Only what is commonly met: a device that is in use is refused by the kernel in any case.
 */
#include "signature.h"

struct signature {
	uint32_t offset;
	const char *bytes;
	uint32_t length;
	const char *name;
};

static const struct signature signatures[] = {
	{ 0x438, "\x53\xef", 2, "an ext2/3/4 file system" },
	{ 0, "XFSB", 4, "an XFS file system" },
	{ 0x10040, "_BHRfS_M", 8, "a btrfs file system" },
	{ 0x400, "\x10\x20\xf5\xf2", 4, "an F2FS file system" },
	{ 0x36, "FAT1", 4, "a FAT file system" },
	{ 0x52, "FAT32", 5, "a FAT file system" },
	{ 3, "NTFS    ", 8, "an NTFS file system" },
	{ 3, "EXFAT   ", 8, "an exFAT file system" },
	{ 0, "hsqs", 4, "a squashfs file system" },
	{ 0x8001, "CD001", 5, "an ISO 9660 file system" },
	{ 0, "LUKS\xba\xbe", 6, "a LUKS volume" },
	{ 0x200, "LABELONE", 8, "an LVM physical volume" },
	{ 0, "\xfc\x4e\x2b\xa9", 4, "a member of a RAID array" },
	{ 0x1000, "\xfc\x4e\x2b\xa9", 4, "a member of a RAID array" },
	{ 0x200, "EFI PART", 8, "a GPT partition table" },
	{ 0x1fe, "\x55\xaa", 2, "a partition table or boot sector" },
};

const char *signature_of(struct span start)
{
	for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
		const struct signature *s = &signatures[i];

		if (bytes_fit(start.size, s->offset, s->length) &&
		    !memcmp(start.data + s->offset, s->bytes, s->length))
			return s->name;
	}
	return NULL;
}
