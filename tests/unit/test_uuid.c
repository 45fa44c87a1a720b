/* SPDX-License-Identifier: GPL-2.0-only */
/* kdump/uuid.c: random numbers are used when there are any, waited for when there are none, and
 * made up for when they do not come. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/random.h>
#include <unistd.h>

#include <cmocka.h>

#include "kdump/uuid.h"

static const struct span notes = { (const uint8_t *)"note of one load", 16 };

static ssize_t plenty(void *buffer, size_t size, unsigned flags)
{
	assert_int_equal(flags, GRND_NONBLOCK);
	memset(buffer, 0xff, size);
	return (ssize_t)size;
}

static ssize_t none(void *buffer, size_t size, unsigned flags)
{
	(void)flags;
	memset(buffer, 0, size);
	errno = EAGAIN;
	return -1;
}

static ssize_t after_a_wait(void *buffer, size_t size, unsigned flags)
{
	if (flags & GRND_NONBLOCK)
		return none(buffer, size, flags);
	memset(buffer, 0, size);
	return (ssize_t)size;
}

static ssize_t never(void *buffer, size_t size, unsigned flags)
{
	if (flags & GRND_NONBLOCK)
		return none(buffer, size, flags);
	pause();
	assert_int_equal(errno, EINTR);
	return -1;
}

static ssize_t too_few(void *buffer, size_t size, unsigned flags)
{
	none(buffer, size, flags);
	return (ssize_t)size - 1;
}

static void assert_version_4(const uint8_t uuid[IMAGE_UUID_BYTES])
{
	assert_int_equal(uuid[6] >> 4, 4);
	assert_int_equal(uuid[8] >> 6, 2);
}

static void test_random_numbers(void **state)
{
	static const uint8_t ones[IMAGE_UUID_BYTES] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
							0x4f, 0xff, 0xbf, 0xff, 0xff, 0xff,
							0xff, 0xff, 0xff, 0xff };
	static const uint8_t zeros[IMAGE_UUID_BYTES] = { [6] = 0x40, [8] = 0x80 };
	uint8_t uuid[IMAGE_UUID_BYTES];

	(void)state;
	uuid_make(plenty, 5, notes, uuid);
	assert_memory_equal(uuid, ones, sizeof(uuid));
	uuid_make(after_a_wait, 5, notes, uuid);
	assert_memory_equal(uuid, zeros, sizeof(uuid));
}

static void test_no_random_numbers(void **state)
{
	static uuid_random *const sources[] = { none, too_few, never };
	uint8_t one[IMAGE_UUID_BYTES], other[IMAGE_UUID_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		uuid_make(sources[i], 1, notes, one);
		uuid_make(sources[i], 0, notes, other);
		assert_version_4(one);
		assert_version_4(other);
		assert_memory_not_equal(one, other, sizeof(one));
	}
}

/* The alarm of a program that uses one goes on, and its handler is the one it had. */
static void test_alarm_is_given_back(void **state)
{
	uint8_t uuid[IMAGE_UUID_BYTES];

	(void)state;
	alarm(1000);
	uuid_make(after_a_wait, 1, notes, uuid);
	assert_in_range(alarm(0), 1, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_numbers),
		cmocka_unit_test(test_no_random_numbers),
		cmocka_unit_test(test_alarm_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
