/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory with something to lose: fills anonymous memory or a file with a pattern in which every
 * word tells where it belongs, and compares it when asked. Much faster than checksums where the
 * processor is emulated. Knows nothing of jumps.
 *
 * usage: keeper hold MEGABYTES ANSWERS   fills memory, adds "ready" to the file ANSWERS; on SIGUSR1
 *                                        compares all of it and adds "right" or "wrong ..."
 *        keeper fill FILE MEGABYTES      writes a file
 *        keeper check FILE               compares it; exit status 0 if nothing changed
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_BYTES 4096u
#define PAGE_WORDS (PAGE_BYTES / sizeof(uint32_t))
#define MIB_PAGES  256u

/* Every page begins elsewhere and no word is like its neighbour. */
static uint32_t first_word(uint32_t page)
{
	uint32_t x = page * 0x9e3779b1u + 0x7f4a7c15u;

	x ^= x >> 15;
	x *= 0x85ebca6bu;
	return x ^ x >> 13;
}

static void fill(uint32_t *memory, uint32_t pages)
{
	for (uint32_t page = 0; page < pages; page++) {
		uint32_t word = first_word(page);

		for (unsigned i = 0; i < PAGE_WORDS; i++, word += 0x9e3779b9u)
			*memory++ = word;
	}
}

/* The number of the first wrong word, or of all words if there is none. */
static uint64_t compare(const uint32_t *memory, uint32_t pages)
{
	for (uint32_t page = 0; page < pages; page++, memory += PAGE_WORDS) {
		uint32_t word = first_word(page), wrong = 0;

		for (unsigned i = 0; i < PAGE_WORDS; i++, word += 0x9e3779b9u)
			wrong |= memory[i] ^ word;
		if (!wrong)
			continue;
		word = first_word(page);
		for (unsigned i = 0; i < PAGE_WORDS; i++, word += 0x9e3779b9u)
			if (memory[i] != word)
				return (uint64_t)page * PAGE_WORDS + i;
	}
	return (uint64_t)pages * PAGE_WORDS;
}

static int die(const char *what)
{
	fprintf(stderr, "keeper: %s: %s\n", what, strerror(errno));
	return 1;
}

static int answer(const char *file, const char *text)
{
	FILE *out = fopen(file, "a");

	if (!out)
		return die(file);
	fprintf(out, "%s\n", text);
	return fclose(out) ? die(file) : 0;
}

static void on_signal(int number)
{
	(void)number;
}

static int hold(uint32_t pages, const char *answers)
{
	uint32_t *memory = mmap(NULL, (size_t)pages * PAGE_BYTES, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t asked, before;

	if (memory == MAP_FAILED)
		return die("memory");
	sigemptyset(&asked);
	sigaddset(&asked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &asked, &before);
	sigaction(SIGUSR1, &action, NULL);
	fill(memory, pages);
	if (answer(answers, "ready"))
		return 1;
	while (sigsuspend(&before) && errno == EINTR) {
		uint64_t words = (uint64_t)pages * PAGE_WORDS, at = compare(memory, pages);
		char text[80];

		snprintf(text, sizeof(text), "wrong: word 0x%llx is 0x%x", (unsigned long long)at,
			 at < words ? memory[at] : 0);
		if (answer(answers, at == words ? "right" : text))
			return 1;
	}
	return die("waiting");
}

static int with_file(const char *name, uint32_t pages)
{
	int fd = open(name, pages ? O_RDWR | O_CREAT | O_TRUNC : O_RDONLY, 0600);
	struct stat st = { .st_size = (off_t)pages * PAGE_BYTES };
	uint32_t *memory;

	if (fd < 0 || (pages ? ftruncate(fd, st.st_size) : fstat(fd, &st)))
		return die(name);
	memory = mmap(NULL, (size_t)st.st_size, pages ? PROT_READ | PROT_WRITE : PROT_READ,
		      MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return die(name);
	if (pages) {
		fill(memory, pages);
		return 0;
	}
	pages = (uint32_t)(st.st_size / PAGE_BYTES);
	if (compare(memory, pages) == (uint64_t)pages * PAGE_WORDS)
		return 0;
	fprintf(stderr, "keeper: '%s' has changed\n", name);
	return 1;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (argc == 4 && !strcmp(what, "hold"))
		return hold((uint32_t)strtoul(argv[2], NULL, 0) * MIB_PAGES, argv[3]);
	if (argc == 4 && !strcmp(what, "fill"))
		return with_file(argv[2], (uint32_t)strtoul(argv[3], NULL, 0) * MIB_PAGES);
	if (argc == 3 && !strcmp(what, "check"))
		return with_file(argv[2], 0);
	fprintf(stderr,
		"usage: keeper hold MEGABYTES ANSWERS | fill FILE MEGABYTES | check FILE\n");
	return 2;
}
