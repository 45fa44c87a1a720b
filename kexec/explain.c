/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Turns the errno of a refused system call into what the user can do, asking the kernel's small
 * files which of several causes it was. Knows the kernel's reasons (kernel/kexec.c, kexec_core.c of
 * Linux 6.1 and later); calls nothing and changes nothing.
 */
#include "explain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "state.h"

#define MIB (UINT64_C(1) << 20)

/* What several calls are refused for. */
static const char no_kexec[] = "this kernel was built without CONFIG_KEXEC";
static const char busy[] = "another kexec is at work: try again";

static void explain_permission(const char *root, bool crash, char *text, size_t size)
{
	char level[32];

	if (!state_may_boot(root))
		snprintf(text, size,
			 "this needs CAP_SYS_BOOT: run it as root, outside a container");
	else if (state_load_disabled(root))
		snprintf(
			text, size,
			"kernel.kexec_load_disabled is 1, which holds until the next boot: take it "
			"out of the sysctl settings (/etc/sysctl.d) and reboot");
	else if (state_load_limit_reached(root, crash))
		snprintf(text, size,
			 "kernel.kexec_load_limit_%s is 0: no kernel may be loaded any more until "
			 "the next boot",
			 crash ? "panic" : "reboot");
	else if (state_lockdown(root, level, sizeof(level)))
		snprintf(text, size,
			 "the kernel is locked down (%s) and then never allows kexec_load: boot "
			 "with Secure Boot off and without lockdown= on the command line",
			 level);
	else
		snprintf(text, size,
			 "a security policy of the kernel or of the container forbids it (seccomp, "
			 "SELinux, IMA)");
}

static uint64_t segment_bytes(const struct plan *plan)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < plan->segment_count; i++)
		total += range_bytes(plan->segments[i].at);
	return total;
}

static void explain_invalid(const struct machine *machine, const struct plan *plan, char *text,
			    size_t size)
{
	uint64_t bytes = segment_bytes(plan);

	if (machine->total_bytes && bytes > machine->total_bytes / 2)
		snprintf(text, size,
			 "the image takes %llu MiB, and the kernel loads no image larger than half "
			 "of its %llu MiB of memory: use a smaller initrd or kernel",
			 (unsigned long long)(bytes / MIB),
			 (unsigned long long)(machine->total_bytes / MIB));
	else if (plan->flags & PLAN_PRESERVE_CONTEXT)
		snprintf(text, size,
			 "the kernel may have been built without CONFIG_KEXEC_JUMP, or not for "
			 "this program's word size");
	else
		snprintf(text, size,
			 "the kernel does not accept the image's segments or flags: is this "
			 "program built for the word size of the running kernel?");
}

int explain_load(const char *root, int why, const struct machine *machine, const struct plan *plan,
		 struct error *err)
{
	char text[320] = "";

	switch (why) {
	case EPERM:
		explain_permission(root, plan->flags & PLAN_ON_CRASH, text, sizeof(text));
		break;
	case EINVAL:
		explain_invalid(machine, plan, text, sizeof(text));
		break;
	case EACCES:
		snprintf(text, sizeof(text),
			 "the kernel demands a signature (IMA), which kexec_load cannot carry");
		break;
	case EADDRNOTAVAIL:
		snprintf(text, sizeof(text),
			 "the kernel cannot use one of the addresses: run it with --dry-run to see "
			 "them, and keep away from them by --mem-min and --mem-max");
		break;
	case EBUSY:
		snprintf(text, sizeof(text), "%s", busy);
		break;
	case ENOMEM:
		snprintf(text, sizeof(text),
			 "%llu MiB are needed and the kernel does not find them: stop programs, or "
			 "use a smaller initrd, kernel or --mem-max",
			 (unsigned long long)((segment_bytes(plan) + MIB - 1) / MIB));
		break;
	case EFAULT:
		snprintf(text, sizeof(text), "a file became shorter while it was being loaded");
		break;
	case ENOSYS:
		snprintf(text, sizeof(text), "%s", no_kexec);
		break;
	default:
		break;
	}
	return error_set(err, "kexec_load failed: %s%s%s", strerror(why), *text ? ": " : "", text);
}

int explain_probe(const char *root, int why, struct error *err)
{
	char text[320];

	switch (why) {
	case EINVAL:
		return error_set(
			err, "this kernel was built without CONFIG_KEXEC_JUMP and cannot be kept: "
			     "boot a kernel that has CONFIG_KEXEC_JUMP=y (it needs "
			     "CONFIG_KEXEC and CONFIG_HIBERNATION)");
	case ENOSYS:
		return error_set(err,
				 "this kernel was built without CONFIG_KEXEC: boot one that has "
				 "CONFIG_KEXEC=y and CONFIG_KEXEC_JUMP=y");
	case EPERM:
		explain_permission(root, false, text, sizeof(text));
		return error_set(err, "kexec_load failed: %s: %s", strerror(why), text);
	default:
		return error_set(err, "kexec_load failed: %s", strerror(why));
	}
}

int explain_unload(const char *root, const char *call, int why, struct error *err)
{
	char text[320] = "";

	if (why == EPERM)
		explain_permission(root, false, text, sizeof(text));
	else if (why == ENOSYS)
		snprintf(text, sizeof(text), "%s", no_kexec);
	else if (why == EBUSY)
		snprintf(text, sizeof(text), "%s", busy);
	return error_set(err, "%s failed: %s%s%s", call, strerror(why), *text ? ": " : "", text);
}

/* Why a kernel that looks at signatures does not want a file. */
static const char *file_reason(int why)
{
	static const struct {
		int why;
		const char *text;
	} reasons[] = {
		{ EKEYREJECTED, "the signature of the image is wrong, or its key is revoked or not "
				"trusted by this kernel: use a kernel signed by your distribution, "
				"or enroll its key (mokutil --import)" },
		{ ENOKEY, "the image is signed with a key that this kernel does not have: use a "
			  "kernel signed by your distribution, or enroll its key (mokutil "
			  "--import)" },
		{ EKEYEXPIRED, "the key that the image is signed with has expired" },
		{ ENOPKG, "this kernel lacks an algorithm that the signature of the image needs "
			  "(CONFIG_SIGNED_PE_FILE_VERIFICATION, CONFIG_CRYPTO_...)" },
		{ ENODATA, "the image has no signature, and this kernel demands one: sign it, or "
			   "use a signed kernel" },
		{ EBADMSG, "the signature of the image is damaged" },
		{ ELIBBAD,
		  "this kernel demands a signature, and the image is not in the format that "
		  "carries one (PE): use a signed bzImage, not unpacked from anything" },
		{ EMSGSIZE, "the list of signatures in the image is damaged" },
		{ EACCES, "a policy (IMA) demands a signature that a file does not have" },
		{ ENOEXEC, "this kernel loads no image of this type itself: leave "
			   "--kexec-file-syscall out" },
		{ EINVAL, "it does not accept the image, or the command line is longer than the "
			  "image takes: leave --kexec-file-syscall out to be told why" },
		{ ENOTSUP,
		  "this kernel cannot take such an image: leave --kexec-file-syscall out" },
		{ EFBIG, "a file is too large" },
		{ ENOMEM, "the kernel does not find the memory: stop programs, or use a smaller "
			  "initrd" },
		{ EADDRNOTAVAIL, "there is no free stretch of memory that is large enough: use a "
				 "smaller initrd" },
		{ EBUSY, busy },
		{ EIO, "a file cannot be read" },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].why == why)
			return reasons[i].text;
	return "";
}

/* Lockdown leaves this call a way: a signature. */
static void explain_file_permission(const char *root, bool crash, char *text, size_t size)
{
	char level[32];

	if (state_may_boot(root) && !state_load_disabled(root) &&
	    !state_load_limit_reached(root, crash) && state_lockdown(root, level, sizeof(level)))
		snprintf(text, size,
			 "the kernel is locked down (%s) and loads only what is signed with a key "
			 "it trusts: use a kernel signed by your distribution",
			 level);
	else
		explain_permission(root, crash, text, size);
}

/* All of a crash kernel has to be in what was reserved, or it is told so in these two ways. */
static void explain_reservation(const char *root, char *text, size_t size)
{
	snprintf(text, size,
		 "the crash kernel and its initrd do not fit into the %llu MiB reserved for them: "
		 "boot this kernel with a larger crashkernel=",
		 (unsigned long long)(state_crash_bytes(root) / MIB));
}

int explain_file_load(const char *root, int why, bool crash, struct error *err)
{
	char text[320];

	snprintf(text, sizeof(text), "%s", file_reason(why));
	if (why == EPERM)
		explain_file_permission(root, crash, text, sizeof(text));
	else if (crash && (why == EADDRNOTAVAIL || why == ENOMEM))
		explain_reservation(root, text, sizeof(text));
	return error_set(err, "kexec_file_load failed: %s%s%s", strerror(why), *text ? ": " : "",
			 text);
}

int explain_exec(const char *root, int why, bool comes_back, struct error *err)
{
	const char *text;

	if (why == EPERM && !state_may_boot(root))
		text = "this needs CAP_SYS_BOOT: run it as root, outside a container";
	else if (why == EINVAL)
		text = "nothing is loaded, or this kernel was built without CONFIG_KEXEC";
	else if (why == EBUSY && comes_back)
		text = "a process or a device did not stop, or another kexec is at work: the "
		       "kernel log (dmesg) names it";
	else if (why == EBUSY)
		text = busy;
	else if (comes_back)
		text = "the devices could not be stopped: the kernel log (dmesg) names the one";
	else
		text = "the kernel log (dmesg) may say more";
	return error_set(err, "kexec failed: %s: %s", strerror(why), text);
}
