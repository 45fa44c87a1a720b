/* SPDX-License-Identifier: GPL-2.0-only */
/* kexec/guard.c: a mapped file that becomes smaller is an error with a message. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "kexec/guard.h"

#define FILE_BYTES 8192

/* What a program does that maps a file and reads on while somebody cuts it. */
static void read_cut_file(int out)
{
	FILE *file = tmpfile();
	const volatile uint8_t *map;

	dup2(out, STDERR_FILENO);
	guard_mapped_files();
	if (!file || ftruncate(fileno(file), FILE_BYTES))
		_exit(1);
	map = mmap(NULL, FILE_BYTES, PROT_READ, MAP_PRIVATE, fileno(file), 0);
	if (map == MAP_FAILED || map[FILE_BYTES - 1] || ftruncate(fileno(file), 0))
		_exit(2);
	_exit(map[FILE_BYTES - 1] ? 3 : 4);
}

static void test_file_becomes_smaller(void **state)
{
	char text[200] = "";
	int ends[2], status;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (!child)
		read_cut_file(ends[1]);
	close(ends[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 255);
	assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
	close(ends[0]);
	assert_non_null(strstr(text, "a file became smaller"));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file_becomes_smaller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
