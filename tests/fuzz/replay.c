/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs a fuzz target without a fuzzer: every seed, cut short and mutated in ways that are the same
 * on every run, and files that are named. The target works in a child, so that the input that broke
 * it can be made again and written down. Knows nothing of any parser.
 */
#include <errno.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"

#define INPUT_MAX    ((size_t)4 << 20)
#define SEEDS_MAX    1000u
#define CUTS         40u
#define ROUNDS       2000u
#define CASE_SECONDS 60u

/* Where the child is, for the parent to know when it is gone. */
struct place {
	unsigned seed, round;
	const char *file; /* not from a seed but from this file */
};

struct options {
	const char *name; /* of the target: what follows "replay_" */
	unsigned rounds;
	const char *corpus;
	char **files;
	int file_count;
};

static uint64_t random_state;

/* xorshift64*: Marsaglia, "Xorshift RNGs"; the same numbers everywhere. */
static uint64_t random_next(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * UINT64_C(0x2545f4914f6cdd1d);
}

static size_t random_below(size_t limit)
{
	return limit ? (size_t)(random_next() >> 11) % limit : 0;
}

static const uint64_t interesting[] = {
	0,
	1,
	2,
	3,
	4,
	7,
	8,
	15,
	16,
	31,
	32,
	63,
	64,
	127,
	128,
	255,
	256,
	511,
	512,
	0xfff,
	0x1000,
	0x7fff,
	0x8000,
	0xfffe,
	0xffff,
	0x10000,
	0xfffff,
	0x100000,
	0x7fffffff,
	0x80000000,
	0xfffff000,
	0xfffffffe,
	0xffffffff,
	UINT64_C(0x100000000),
	UINT64_C(0x7fffffffffffffff),
	UINT64_C(0x8000000000000000),
	UINT64_C(0xfffffffffffff000),
	UINT64_C(0xffffffffffffffff),
};

/* A value with a meaning somewhere, at a multiple of its width. */
static void put_value(uint8_t *data, size_t size)
{
	size_t width = (size_t)1 << random_below(4);
	uint64_t value = interesting[random_below(sizeof(interesting) / sizeof(interesting[0]))];
	size_t at = random_below(size) / width * width;

	for (size_t i = 0; i < width && at + i < size; i++)
		data[at + i] = (uint8_t)(value >> i * 8);
}

/* A little more or less of what is there. */
static void add_to_value(uint8_t *data, size_t size)
{
	size_t width = (size_t)1 << random_below(4);
	size_t at = random_below(size) / width * width;
	uint64_t value = 0;

	if (at + width > size)
		return;
	for (size_t i = 0; i < width; i++)
		value |= (uint64_t)data[at + i] << i * 8;
	value += random_below(33);
	value -= 16;
	for (size_t i = 0; i < width; i++)
		data[at + i] = (uint8_t)(value >> i * 8);
}

static void copy_block(uint8_t *data, size_t size)
{
	size_t from = random_below(size), to = random_below(size);
	size_t most = size - (from > to ? from : to);

	memmove(data + to, data + from, 1 + random_below(most < 64 ? most : 64));
}

/* Take a block out, or put one in twice. */
static void resize(uint8_t *data, size_t *size)
{
	size_t at = random_below(*size), bytes = 1 + random_below(64);

	if (bytes > *size - at)
		bytes = *size - at;
	if (random_next() & 1) {
		memmove(data + at, data + at + bytes, *size - at - bytes);
		*size -= bytes;
	} else if (*size + bytes <= INPUT_MAX) {
		memmove(data + at + bytes, data + at, *size - at);
		*size += bytes;
	}
}

static void mutate(uint8_t *data, size_t *size)
{
	for (unsigned steps = 1 + (unsigned)random_below(4); steps && *size; steps--) {
		/* Most of what matters is in the first bytes. */
		size_t reach = random_next() & 1 && *size > 256 ? 256 : *size;

		switch (random_below(8)) {
		case 0:
		case 1:
			data[random_below(reach)] ^= (uint8_t)(1u << random_below(8));
			break;
		case 2:
			data[random_below(reach)] = (uint8_t)random_next();
			break;
		case 3:
		case 4:
			put_value(data, reach);
			break;
		case 5:
			add_to_value(data, reach);
			break;
		case 6:
			copy_block(data, *size);
			break;
		default:
			resize(data, size);
			break;
		}
	}
}

/* Input number round of a seed: itself, cut CUTS times, then changed. The size; 0 = no seed. */
static size_t make_input(unsigned seed, unsigned round, uint8_t *data)
{
	size_t size = fuzz_seed(seed, data, INPUT_MAX);

	random_state = (uint64_t)(seed + 1) << 32 | (round + 1);
	for (int i = 0; i < 8; i++)
		random_next();
	if (round > CUTS)
		mutate(data, &size);
	else if (round)
		size = round <= CUTS / 2 ? size * round / (CUTS / 2 + 1) : random_below(size);
	return size;
}

/* In memory of just its size, so that a byte too far is seen. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *exact = fuzz_copy((struct span){ data, size });

	if (&fuzz_accepted)
		fuzz_accepted = false;
	alarm(CASE_SECONDS);
	LLVMFuzzerTestOneInput(exact, size);
	alarm(0);
	free(exact);
}

static int read_file(const char *path, uint8_t *data, size_t *size)
{
	FILE *file = fopen(path, "rb");

	if (!file) {
		fprintf(stderr, "'%s': %s\n", path, strerror(errno));
		return -1;
	}
	*size = fread(data, 1, INPUT_MAX, file);
	fclose(file);
	return 0;
}

static int write_file(const char *path, const uint8_t *data, size_t size)
{
	FILE *file = fopen(path, "wb");
	size_t put = file ? fwrite(data, 1, size, file) : 0;

	if (file && !fclose(file) && put == size)
		return 0;
	fprintf(stderr, "'%s': %s\n", path, strerror(errno));
	return -1;
}

static uint8_t *input_buffer(void)
{
	uint8_t *data = malloc(INPUT_MAX);

	if (!data)
		abort();
	return data;
}

static unsigned count_seeds(uint8_t *data)
{
	unsigned count = 0;

	while (count < SEEDS_MAX && fuzz_seed(count, data, INPUT_MAX))
		count++;
	return count;
}

/* Everything that was asked for, noting in place what comes next. */
static int run_all(const struct options *options, struct place *place)
{
	uint8_t *data = input_buffer();
	unsigned seeds = options->file_count ? 0 : count_seeds(data);
	size_t size;

	for (int i = 0; i < options->file_count; i++) {
		place->file = options->files[i];
		if (read_file(place->file, data, &size))
			return 1;
		run(data, size);
	}
	for (place->seed = 0; place->seed < seeds; place->seed++)
		for (place->round = 0; place->round <= CUTS + options->rounds; place->round++) {
			size = make_input(place->seed, place->round, data);
			run(data, size);
			if (!place->round && &fuzz_accepted && !fuzz_accepted) {
				fprintf(stderr, "seed %u is refused\n", place->seed);
				return 1;
			}
		}
	free(data);
	return 0;
}

/* The child is gone: make its last input again and keep it. */
static int report(const struct options *options, const struct place *place, int status)
{
	bool killed = WIFSIGNALED(status);
	int number = killed ? WTERMSIG(status) : WEXITSTATUS(status);
	uint8_t *data;
	char path[128];

	printf("FAIL replay_%s: ended with %s %d", options->name, killed ? "signal" : "status",
	       number);
	if (place->file) {
		printf(" at '%s'\n", place->file);
		return 1;
	}
	snprintf(path, sizeof(path), "crash-%s-%u-%u", options->name, place->seed, place->round);
	data = input_buffer();
	write_file(path, data, make_input(place->seed, place->round, data));
	free(data);
	printf(" at seed %u, round %u: '%s'\n", place->seed, place->round, path);
	return 1;
}

static int replay(const struct options *options)
{
	struct place *place = mmap(NULL, sizeof(*place), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t child;

	if (place == MAP_FAILED)
		return 1;
	fflush(stdout);
	child = fork();
	if (child < 0)
		return 1;
	if (!child)
		exit(run_all(options, place));
	if (waitpid(child, &status, 0) != child)
		return 1;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return report(options, place, status);
	printf("ok replay_%s\n", options->name);
	return 0;
}

/* Seeds as files, for a fuzzer to start from. */
static int write_corpus(const struct options *options)
{
	uint8_t *data = input_buffer();
	unsigned seeds = count_seeds(data);
	int failed = 0;

	for (unsigned i = 0; i < seeds && !failed; i++) {
		size_t size = fuzz_seed(i, data, INPUT_MAX);
		char path[4096];

		snprintf(path, sizeof(path), "%s/seed-%s-%u", options->corpus, options->name, i);
		failed = write_file(path, data, size);
	}
	free(data);
	return failed ? 1 : 0;
}

static int usage(const char *program)
{
	fprintf(stderr,
		"usage: %s [--rounds N] [FILE...]\n"
		"       %s --write-corpus FOLDER\n"
		"Run every seed with N mutations (default $REPLAY_ROUNDS, else %u), or the inputs "
		"in files.\n",
		program, program, ROUNDS);
	return 2;
}

int main(int argc, char **argv)
{
	const char *program = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	const char *name = strstr(program, "replay_");
	const char *rounds = getenv("REPLAY_ROUNDS");
	struct options options = { .name = name ? name + strlen("replay_") : program,
				   .rounds =
					   rounds ? (unsigned)strtoul(rounds, NULL, 10) : ROUNDS };
	int i = 1;

	for (; i < argc && !strncmp(argv[i], "--", 2); i += 2) {
		if (i + 1 == argc)
			return usage(program);
		if (!strcmp(argv[i], "--rounds"))
			options.rounds = (unsigned)strtoul(argv[i + 1], NULL, 10);
		else if (!strcmp(argv[i], "--write-corpus"))
			options.corpus = argv[i + 1];
		else
			return usage(program);
	}
	options.files = argv + i;
	options.file_count = argc - i;
	return options.corpus ? write_corpus(&options) : replay(&options);
}
