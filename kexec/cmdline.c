/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looking for and dropping parameters of a kernel command line. Knows how the kernel splits words;
 * does not know where the text comes from or what a parameter means.
 */
#include "cmdline.h"

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next word at or behind *at, as the kernel's next_arg() splits; empty at the end. */
static struct span next_word(const char **at)
{
	const char *start = *at, *end;
	bool quoted = false;

	while (is_blank(*start))
		start++;
	for (end = start; *end && (quoted || !is_blank(*end)); end++)
		if (*end == '"')
			quoted = !quoted;
	*at = end;
	return (struct span){ (const uint8_t *)start, (size_t)(end - start) };
}

static char same_dash(char c)
{
	return c == '-' ? '_' : c;
}

/* Whether the word is the parameter name; *rest is what follows the name. */
static bool is_named(struct span word, const char *name, struct span *rest)
{
	const char *text = (const char *)word.data;
	size_t i = 0;

	if (word.size && *text == '"') { /* "name=a value" in quotes as a whole */
		text++;
		word.size--;
	}
	while (i < word.size && name[i] && same_dash(text[i]) == same_dash(name[i]))
		i++;
	if (name[i] || (i < word.size && text[i] != '=' && text[i] != '"'))
		return false;
	*rest = (struct span){ (const uint8_t *)text + i, word.size - i };
	return true;
}

/* Behind "--" the words are for init: the kernel reads no parameters there. */
static bool is_end(struct span word)
{
	return word.size == 2 && !memcmp(word.data, "--", 2);
}

bool cmdline_find(const char *text, const char *name, struct span *value)
{
	bool found = false;
	struct span word, rest;

	while ((word = next_word(&text)).size && !is_end(word)) {
		if (!is_named(word, name, &rest))
			continue;
		if (rest.size && *rest.data == '=') {
			rest.data++;
			rest.size--;
		}
		if (rest.size && *rest.data == '"') {
			rest.data++;
			rest.size--;
		}
		if (rest.size && rest.data[rest.size - 1] == '"')
			rest.size--;
		*value = rest;
		found = true;
	}
	return found;
}

char *cmdline_without(struct arena *arena, const char *text, const char *const *names)
{
	char *copy = arena_alloc(arena, strlen(text) + 1), *end = copy;
	struct span word, rest;
	bool ended = false;

	if (!copy)
		return NULL;
	while ((word = next_word(&text)).size) {
		const char *const *name = names;

		ended = ended || is_end(word);
		while (*name && !is_named(word, *name, &rest))
			name++;
		if (*name && !ended)
			continue;
		if (end != copy)
			*end++ = ' ';
		memcpy(end, word.data, word.size);
		end += word.size;
	}
	*end = '\0';
	return copy;
}

char *cmdline_add(struct arena *arena, const char *text, const char *parameters)
{
	const char *rest = text;
	struct span word;

	while ((word = next_word(&rest)).size)
		if (is_end(word))
			return arena_printf(arena, "%.*s%s %s",
					    (int)((const char *)word.data - text), text, parameters,
					    (const char *)word.data);
	return arena_printf(arena, "%s%s%s", text, *text ? " " : "", parameters);
}

/* The name of a parameter, without the quote before it. */
static struct span name_of(struct span word)
{
	size_t chars = 0;

	if (word.size && *word.data == '"') {
		word.data++;
		word.size--;
	}
	while (chars < word.size && word.data[chars] != '=' && word.data[chars] != '"')
		chars++;
	return (struct span){ word.data, chars };
}

/* Names as the kernel reads them: '-' is '_'. A name of the list that ends in '.' is a prefix. */
static bool is_listed(struct span name, const char *const *list)
{
	for (; *list; list++) {
		size_t chars = strlen(*list), i = 0;
		bool prefix = (*list)[chars - 1] == '.';

		if (prefix ? name.size < chars : name.size != chars)
			continue;
		while (i < chars && same_dash((char)name.data[i]) == same_dash((*list)[i]))
			i++;
		if (i == chars)
			return true;
	}
	return false;
}

static bool same_name(struct span a, struct span b)
{
	if (a.size != b.size)
		return false;
	for (size_t i = 0; i < a.size; i++)
		if (same_dash((char)a.data[i]) != same_dash((char)b.data[i]))
			return false;
	return true;
}

/* Whether a later word makes this one superfluous. rest is what follows it. */
static bool comes_again(struct span word, const char *rest)
{
	static const char *const ordered[] = { "hugepagesz", "hugepages", "default_hugepagesz",
					       NULL };
	static const char *const collected[] = {
		"console",   "earlycon", "earlyprintk",  "crashkernel",
		"memmap",    "mem",      "dyndbg",       "initrd",
		"ip",        "ifname",   "nameserver",   "pci",
		"acpi_osi",  "video",    "modules_load", "module_blacklist",
		"modprobe.", "rd.",      "systemd.",     "udev.",
		"vconsole.", "luks.",    "locale.",      NULL
	};
	struct span name = name_of(word), later;
	bool by_value = is_listed(name, collected);

	if (is_listed(name, ordered))
		return false;
	while ((later = next_word(&rest)).size && !is_end(later)) {
		if (by_value ? later.size == word.size && !memcmp(later.data, word.data, word.size)
			     : same_name(name, name_of(later)))
			return true;
	}
	return false;
}

char *cmdline_dedup(struct arena *arena, const char *text)
{
	char *copy = arena_alloc(arena, strlen(text) + 1), *end = copy;
	bool ended = false;
	struct span word;

	if (!copy)
		return NULL;
	while ((word = next_word(&text)).size) {
		ended = ended || is_end(word);
		if (!ended && comes_again(word, text))
			continue;
		if (end != copy)
			*end++ = ' ';
		memcpy(end, word.data, word.size);
		end += word.size;
	}
	*end = '\0';
	return copy;
}
