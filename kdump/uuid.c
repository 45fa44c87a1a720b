/* SPDX-License-Identifier: GPL-2.0-only */
/* Random numbers, and what stands in for them; see uuid.h. */
#define _GNU_SOURCE
#include "uuid.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define AT_RANDOM_BYTES 16
#define BOOT_ID         "/proc/sys/kernel/random/boot_id"

static void wake(int number)
{
	(void)number; /* to have ended the system call is all */
}

/*
 * A call that waits makes the kernel collect randomness by itself (5.4 and later), asking again and
 * again does not. The timer repeats: an alarm that comes before the call must not be the last one.
 */
static bool wait_for_random(uuid_random *random, unsigned seconds, uint8_t *to, size_t size)
{
	const struct itimerval never = { { 0, 0 }, { 0, 0 } };
	struct itimerval timer = { { 1, 0 }, { (time_t)seconds, 0 } }, old_timer;
	struct sigaction action = { .sa_handler = wake }, old_action;
	ssize_t n;

	if (!seconds)
		return false;
	sigaction(SIGALRM, &action, &old_action);
	setitimer(ITIMER_REAL, &timer, &old_timer);
	n = random(to, size, 0);
	setitimer(ITIMER_REAL, &never, NULL);
	sigaction(SIGALRM, &old_action, NULL);
	setitimer(ITIMER_REAL, &old_timer, NULL);
	return n == (ssize_t)size;
}

static void mix_clocks(struct sha256 *sha)
{
	static const clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC,
					    CLOCK_PROCESS_CPUTIME_ID };
	struct timespec now;

	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		memset(&now, 0, sizeof(now));
		clock_gettime(clocks[i], &now);
		sha256_update(sha, &now, sizeof(now));
	}
}

static void mix_boot_id(struct sha256 *sha)
{
	int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
	char text[64];
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text));

	if (fd >= 0)
		close(fd);
	if (n > 0)
		sha256_update(sha, text, (size_t)n);
}

/* Not as good as random numbers, but no two saves share it. */
static void without_random(struct span notes, uint8_t digest[SHA256_BYTES])
{
	const void *given = (const void *)getauxval(AT_RANDOM);
	pid_t process = getpid();
	struct sha256 sha;

	sha256_init(&sha, sha256_best());
	sha256_update(&sha, notes.data, notes.size);
	if (given)
		sha256_update(&sha, given, AT_RANDOM_BYTES);
	mix_boot_id(&sha);
	mix_clocks(&sha);
	sha256_update(&sha, &process, sizeof(process));
	sha256_final(&sha, digest);
}

void uuid_make(uuid_random *random, unsigned seconds, struct span notes,
	       uint8_t uuid[IMAGE_UUID_BYTES])
{
	uint8_t bytes[SHA256_BYTES];

	if (random(bytes, IMAGE_UUID_BYTES, GRND_NONBLOCK) != IMAGE_UUID_BYTES &&
	    !wait_for_random(random, seconds, bytes, IMAGE_UUID_BYTES))
		without_random(notes, bytes);
	memcpy(uuid, bytes, IMAGE_UUID_BYTES);
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40);
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
}
