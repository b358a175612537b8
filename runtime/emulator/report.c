/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>

void pel_emu_log(const struct pel_emu *emu, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	if (!emu->options.log)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	fprintf(stderr, "pelton-emulator: %s\n", line);
}

void pel_emu_break(struct pel_emu *emu, int code, const char *fmt, ...)
{
	char what[512], why[PEL_ERRNO_BYTES] = "";
	va_list ap;

	if (emu->broken)
		return;
	emu->broken = true;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (code)
		pel_errno_text(-code, why);
	if (!emu->options.quiet)
		fprintf(stderr, "pelton-emulator: %s%s%s\n", what, *why ? ": " : "", why);
	pel_events_say(emu->options.events, "broken %s%s%s", what, *why ? ": " : "", why);
}

bool pel_emu_is_broken(const struct pel_emu *emu)
{
	return emu->broken;
}

void pel_emu_report(struct pel_emu *emu, const struct pel_emu_cu *cu, const char *fmt, ...)
{
	const char *kernel = cu->kernel->name, *name = cu->decl->name;
	char what[640];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (!emu->options.quiet)
		fprintf(stderr, "pelton-emulator: kernel '%s' (CU %s), call %llu: %s\n", kernel, name,
			(unsigned long long)cu->call, what);
	pel_events_say(emu->options.events, "fault %s %llu kernel '%s' (CU %s) %s", name,
		       (unsigned long long)cu->call, kernel, name, what);
}

static const char *arg_name(const struct pel_emu_cu *cu, uint32_t id)
{
	for (size_t i = 0; i < cu->kernel->n_args; i++)
		if (cu->kernel->args[i].id == id)
			return cu->kernel->args[i].name;
	return "?";
}

void pel_emu_report_slack(struct pel_emu *emu, const struct pel_emu_cu *cu)
{
	unsigned long long n = cu->slot->distance;

	pel_emu_report(emu, cu, "wrote past the end of argument '%s': %llu byte%s after its buffer %s changed",
		       arg_name(cu, cu->slot->arg), n, n == 1 ? "" : "s", n == 1 ? "has" : "have");
}

void pel_emu_report_window(struct pel_emu *emu, const struct pel_emu_cu *cu)
{
	unsigned long long n = cu->slot->distance;
	bool past = cu->slot->side == PEL_EMU_PAST;

	pel_emu_report(emu, cu, "wrote %s of argument '%s': %llu byte%s %s its window %s changed",
		       past ? "past the end" : "before the start", arg_name(cu, cu->slot->arg), n,
		       n == 1 ? "" : "s", past ? "after" : "before", n == 1 ? "has" : "have");
}

static const char *signal_words(const struct pel_emu_slot *slot, int signal)
{
	switch (signal) {
	case SIGSEGV:
		return "segmentation fault";
	case SIGBUS:
		return "bus error";
	case SIGILL:
		return "illegal instruction";
	case SIGFPE:
		return slot->signal == SIGFPE && slot->code == FPE_INTDIV ? "division by zero"
									  : "arithmetic error";
	default:
		return strsignal(signal);
	}
}

static const char *did(const struct pel_emu_slot *slot)
{
	return slot->access == PEL_EMU_ACCESS_WRITE  ? "wrote"
	       : slot->access == PEL_EMU_ACCESS_READ ? "read"
						     : "went";
}

/* Report a crash at an address. */
static void report_address(struct pel_emu *emu, const struct pel_emu_cu *cu, int signal)
{
	const struct pel_emu_slot *slot = cu->slot;
	const char *words = signal_words(slot, signal);
	unsigned long long distance = slot->distance;

	if (slot->side == PEL_EMU_PAST && distance == 0)
		pel_emu_report(emu, cu, "crashed: %s, it %s just past the end of argument '%s'", words,
			       did(slot), arg_name(cu, slot->arg));
	else if (slot->side != PEL_EMU_NOWHERE)
		pel_emu_report(emu, cu, "crashed: %s, it %s %llu byte%s %s of argument '%s'", words,
			       did(slot), distance, distance == 1 ? "" : "s",
			       slot->side == PEL_EMU_PAST ? "past the end" : "before the start",
			       arg_name(cu, slot->arg));
	else if (slot->stack_full)
		pel_emu_report(emu, cu, "crashed: %s, stack overflow", words);
	else if (slot->access == PEL_EMU_ACCESS_UNKNOWN)
		pel_emu_report(emu, cu, "crashed: %s", words);
	else
		pel_emu_report(emu, cu, "crashed: %s, it %s address 0x%llx, which is in no buffer", words,
			       slot->access == PEL_EMU_ACCESS_WRITE ? "wrote to" : "read from",
			       (unsigned long long)slot->address);
}

void pel_emu_report_death(struct pel_emu *emu, const struct pel_emu_cu *cu, int status)
{
	struct pel_emu_slot *slot = cu->slot;
	bool noted = atomic_load_explicit(&slot->damage, memory_order_acquire) == PEL_EMU_DAMAGE_SIGNAL;
	int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	slot->words[sizeof(slot->words) - 1] = '\0'; /* a kernel may have written there */
	if (cu->timed_out)
		pel_emu_report(emu, cu, "did not end within %llu ms",
			       (unsigned long long)emu->options.timeout_ms);
	else if (!signal)
		pel_emu_report(emu, cu, "called exit(%d)", WEXITSTATUS(status));
	else if (signal == SIGABRT)
		pel_emu_report(emu, cu, "crashed: aborted%s%s", slot->words[0] ? ": " : "", slot->words);
	else if (noted && slot->signal == signal)
		report_address(emu, cu, signal);
	else if (signal == SIGKILL && slot->words[0])
		pel_emu_report(emu, cu, "%s", slot->words);
	else
		pel_emu_report(emu, cu, "was killed: %s", strsignal(signal));
}
