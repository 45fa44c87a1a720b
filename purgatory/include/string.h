/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands in for libc's header where there is no libc: the three functions of purgatory/string.c, so
 * that sources shared with the loader compile unchanged.
 */
#ifndef PURGATORY_STRING_H
#define PURGATORY_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);

#endif
