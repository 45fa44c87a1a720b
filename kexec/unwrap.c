/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds the type of an image that holds another one. Does not know how these types look inside. */
#include "unwrap.h"

int request_unwrap(const struct arch *arch, struct request *request, struct arena *arena,
		   struct error *err)
{
	for (unsigned i = 0; arch->loaders[i]; i++) {
		const struct loader *loader = arch->loaders[i];
		struct request inner = *request;
		struct error unused;

		if (!loader->unwrap || (request->type && strcmp(request->type, loader->name) != 0))
			continue;
		if (loader->probe(request->image, &unused))
			continue;
		if (loader->unwrap(request, arena, &inner, err))
			return error_prefix(err, "'%s': ", request->image_name);
		inner.type = NULL;
		inner.wrapper = loader->name;
		*request = inner;
		return 0;
	}
	return 0;
}
