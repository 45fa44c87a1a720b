/* SPDX-License-Identifier: GPL-2.0-only */
/* The actions about images, between the command line and resume.h. */
#ifndef KEXEC_RESUME_ACTION_H
#define KEXEC_RESUME_ACTION_H

#include "actions.h"

/* Whether the options ask for an image to be resumed: --load-resume-image, or --load of a core. */
bool wants_resume(const struct options *options);

/* They return an exit code; for one other than 0 err has a text. */
int action_resume(const struct world *world, const struct options *options, struct error *err);
int action_image_info(const struct world *world, const struct options *options, struct error *err);

#endif
