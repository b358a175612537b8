/* SPDX-License-Identifier: Apache-2.0 */
#include "worker-fault.h"

#include <dlfcn.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

static struct {
	struct pel_emu_slot *slot;
	const struct pel_emu_views *views;
	const struct pel_emu_windows *windows;
	const struct pel_emu_order *order; /* NULL: no call yet */
	unsigned char *const *pointers;
	struct abort_words {
		unsigned size;
		char text[];
	} * *abort_words;
} fault;

#define STACK_BYTES 65536

static enum pel_emu_access access_of(const ucontext_t *context)
{
#if defined(__x86_64__)
	/* Bit 1 of a page fault's error code; trap 14 is a page fault. */
	if (context->uc_mcontext.gregs[REG_TRAPNO] == 14)
		return context->uc_mcontext.gregs[REG_ERR] & 2 ? PEL_EMU_ACCESS_WRITE : PEL_EMU_ACCESS_READ;
#endif
	(void)context;
	return PEL_EMU_ACCESS_UNKNOWN;
}

static uintptr_t stack_pointer(const ucontext_t *context)
{
#if defined(__x86_64__)
	return (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
	return (uintptr_t)context->uc_mcontext.sp;
#else
	(void)context;
	return 0;
#endif
}

/* Is `address` in the guards around [memory, memory + bytes)? If so, note the place in the slot. */
static bool locate_in(struct pel_emu_slot *slot, uint32_t arg, uintptr_t address, const unsigned char *region,
		      size_t region_bytes, const unsigned char *memory, uint64_t bytes)
{
	uintptr_t start = (uintptr_t)memory;

	if (!region || address - (uintptr_t)region >= region_bytes)
		return false;
	slot->arg = arg;
	slot->side = address < start ? PEL_EMU_BEFORE : PEL_EMU_PAST;
	slot->distance = address < start ? start - address : address - start - bytes;
	return true;
}

/* If `address` is in the guards of an argument's window or buffer, note the place in the slot. */
static void locate(struct pel_emu_slot *slot, uintptr_t address)
{
	for (uint32_t i = 0; fault.order && i < fault.order->n_args; i++) {
		const struct pel_emu_guarded *guarded = &fault.windows->args[i];
		const struct pel_emu_view *view =
			fault.pointers[i] ? pel_emu_views_find(fault.views, fault.order->args[i].serial) : NULL;

		if (guarded->start && locate_in(slot, i, address, guarded->region, guarded->region_bytes,
						guarded->start, guarded->bytes))
			return;
		if (view &&
		    locate_in(slot, i, address, view->region, view->region_bytes, view->memory, view->bytes))
			return;
	}
}

/* Copy the message ("free(): invalid pointer", a failed assertion) that libc keeps for debuggers when it aborts. */
static void keep_words(struct pel_emu_slot *slot)
{
	const struct abort_words *words = fault.abort_words ? *fault.abort_words : NULL;
	size_t n = 0;

	if (!words)
		return;
	for (; n < sizeof(slot->words) - 1 && n < words->size && words->text[n] && words->text[n] != '\n'; n++)
		slot->words[n] = words->text[n];
	slot->words[n] = '\0';
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
	struct pel_emu_slot *slot = fault.slot;
	uintptr_t address = (uintptr_t)info->si_addr, stack = stack_pointer(context);

	slot->signal = signal;
	slot->code = info->si_code;
	slot->access = PEL_EMU_ACCESS_UNKNOWN;
	slot->side = PEL_EMU_NOWHERE;
	if (signal == SIGABRT) {
		keep_words(slot);
	} else if (info->si_code > 0) {
		slot->address = address;
		slot->access = access_of(context);
		locate(slot, address);
		slot->stack_full = slot->side == PEL_EMU_NOWHERE && signal == SIGSEGV && address > 65536 &&
				   stack - address + 4096 < 2 * 4096 + (1u << 20);
	}
	atomic_store_explicit(&slot->damage, PEL_EMU_DAMAGE_SIGNAL, memory_order_release);
	/* The handler is removed (SA_RESETHAND): on return the fault recurs, and kills the process with a core file if these are enabled. */
	if (info->si_code <= 0)
		raise(signal);
}

void pel_emu_fault_init(struct pel_emu_slot *slot, const struct pel_emu_views *views,
			const struct pel_emu_windows *windows)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
	struct sigaction action = { .sa_sigaction = on_signal,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK | (int)SA_RESETHAND };
	stack_t stack = { .ss_size = STACK_BYTES };

	fault.slot = slot;
	fault.views = views;
	fault.windows = windows;
	fault.abort_words = dlvsym(RTLD_DEFAULT, "__abort_msg", "GLIBC_PRIVATE");
	stack.ss_sp = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stack.ss_sp == MAP_FAILED || sigaltstack(&stack, NULL) < 0)
		action.sa_flags &= ~SA_ONSTACK;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}

void pel_emu_fault_expect(const struct pel_emu_order *order, unsigned char *const *pointers)
{
	fault.order = order;
	fault.pointers = pointers;
}
