/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The SHA-256 instructions in 32-bit code, emulated from the invalid-opcode signal: decode, fetch
 * the operands from the saved registers or memory, compute by the model, go on behind the
 * instruction.
 */
#define _GNU_SOURCE /* REG_EIP */
#include "sha_ni_emulation.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "bytes.h"
#include "sha_ni_model.h"

#define OPCODE_RNDS2 0xcb
#define OPCODE_MSG1  0xcc
#define OPCODE_MSG2  0xcd
/* The kernel's frame: the FSAVE image of 112 bytes, then the FXSAVE image with XMM0 at 160. */
#define FRAME_XMM (112 + 160)
#define XMM_BYTES 16

/* Registers in the order in which instructions number them. */
static const int numbered[8] = { REG_EAX, REG_ECX, REG_EDX, REG_EBX,
				 REG_ESP, REG_EBP, REG_ESI, REG_EDI };

static uint32_t value_of(const ucontext_t *context, unsigned number)
{
	return (uint32_t)context->uc_mcontext.gregs[numbered[number]];
}

/* The address that a mod/rm byte at *at describes (mod is not 3); *at moves behind it. */
static uint32_t address_of(const ucontext_t *context, const uint8_t **at)
{
	uint8_t modrm = *(*at)++, mod = modrm >> 6, rm = modrm & 7;
	uint32_t address = 0;

	if (rm == 4) {
		uint8_t sib = *(*at)++, index = sib >> 3 & 7;

		if (index != 4)
			address += value_of(context, index) << (sib >> 6);
		rm = sib & 7;
	}
	if (rm == 5 && mod == 0)
		mod = 2;
	else
		address += value_of(context, rm);
	if (mod == 1) {
		address += (uint32_t)(int8_t) * (*at)++;
	} else if (mod == 2) {
		address += le32_get(*at);
		*at += 4;
	}
	return address;
}

static void emulate(int number, siginfo_t *info, void *context_pointer)
{
	ucontext_t *context = context_pointer;
	uint8_t *xmm = (uint8_t *)context->uc_mcontext.fpregs + FRAME_XMM;
	const uint8_t *at = (const uint8_t *)(uintptr_t)context->uc_mcontext.gregs[REG_EIP];
	uint32_t to[4], from[4], wk[4];
	unsigned reg;
	uint8_t opcode;

	(void)info;
	if (at[0] != 0x0f || at[1] != 0x38 || at[2] < OPCODE_RNDS2 || at[2] > OPCODE_MSG2) {
		signal(number, SIG_DFL); /* not ours: it traps again, and ends the process */
		return;
	}
	opcode = at[2];
	at += 3;
	reg = *at >> 3 & 7;
	memcpy(to, xmm + XMM_BYTES * reg, sizeof(to));
	memcpy(wk, xmm, sizeof(wk));
	if (*at >> 6 == 3) {
		memcpy(from, xmm + XMM_BYTES * (*at & 7), sizeof(from));
		at++;
	} else {
		memcpy(from, (const void *)(uintptr_t)address_of(context, &at), sizeof(from));
	}
	if (opcode == OPCODE_RNDS2)
		model_rnds2(to, from, wk);
	else if (opcode == OPCODE_MSG1)
		model_msg1(to, from);
	else
		model_msg2(to, from);
	memcpy(xmm + XMM_BYTES * reg, to, sizeof(to));
	context->uc_mcontext.gregs[REG_EIP] = (greg_t)(uintptr_t)at;
}

int sha_ni_emulate(void)
{
	struct sigaction action = { .sa_sigaction = emulate, .sa_flags = SA_SIGINFO };

	return sigaction(SIGILL, &action, NULL);
}
