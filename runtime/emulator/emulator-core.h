/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EMU_CORE_H
#define PEL_EMU_CORE_H

#include <sys/types.h>

#include "emulator.h"
#include "windows.h"
#include "worker.h"

/* What the parts of the emulated device share. */

enum pel_emu_cu_state {
	PEL_EMU_CU_IDLE,
	PEL_EMU_CU_RUNNING,
	PEL_EMU_CU_FAULTED /* to be told */,
	PEL_EMU_CU_DONE
};

struct pel_emu_cu {
	const struct pel_emu_cu_decl *decl;
	const struct pel_emu_kernel *kernel;
	unsigned number;
	enum pel_emu_cu_state state;
	bool timed_out;
	uint64_t call, deadline_ms; /* of the call at hand; 0: none */
	unsigned char *registers;   /* the host's view, PEL_EMU_WINDOW_BYTES */
	struct pel_emu_slot *slot;  /* shared with the worker */
	pid_t worker;		    /* 0: none */
	int socket;
	bool greeted;	 /* it has said that it loaded the library */
	uint64_t *drops; /* serials it has to unmap and could not be told yet */
	size_t n_drops, drops_capacity;
	/* What the host's starter has said of calls that XRT has not started yet, or of the one at hand. */
	struct pel_windows *told; /* n_told of them, in their order */
	size_t n_told, told_capacity;
};

struct pel_emu {
	struct pel_emu_options options;
	struct pel_emu_memory memory;
	struct pel_emu_metadata metadata;
	char *library; /* path */
	struct pel_emu_cu *cus;
	size_t n_cus;
	bool broken;
};

uint64_t pel_emu_now_ms(void);

/* ---- workers (staff.c) ---- */

/* Start one for `cu`, without waiting for it. 0 or a negative errno. */
int pel_emu_worker_start(struct pel_emu *emu, struct pel_emu_cu *cu);
/* Wait for its first words, until `deadline_ms`. 0, or a negative errno and the reason in text. */
int pel_emu_worker_greet(struct pel_emu *emu, struct pel_emu_cu *cu, uint64_t deadline_ms, char *text,
			 size_t size);
void pel_emu_worker_kill(struct pel_emu_cu *cu);
/* End what kernels have started and left; of workers that live nothing. */
void pel_emu_kill_strays(const struct pel_emu *emu);
/* Has it died? Then *status is what waitpid() says, and it is cleared away. */
bool pel_emu_worker_dead(struct pel_emu_cu *cu, int *status);
/* Send the order, with `n_fds` descriptors. 0 or a negative errno. */
int pel_emu_worker_order(struct pel_emu_cu *cu, const struct pel_emu_order *order, const int *fds,
			 size_t n_fds);
/* Let it forget a buffer, as soon as it has ears. */
void pel_emu_worker_unmap(struct pel_emu_cu *cu, uint64_t serial);
void pel_emu_worker_flush(struct pel_emu_cu *cu);

/* ---- faults (report.c) ---- */

/* Tell of call number cu->call that it went wrong: `what` continues "kernel 'k' (CU k_1) ". */
void pel_emu_report(struct pel_emu *emu, const struct pel_emu_cu *cu, const char *fmt, ...) PEL_PRINTF(3, 4);
/* The same for what the slot says about it, the worker being alive. */
void pel_emu_report_slack(struct pel_emu *emu, const struct pel_emu_cu *cu);
void pel_emu_report_window(struct pel_emu *emu, const struct pel_emu_cu *cu);
/* The same for the death of its worker, by waitpid()'s status. */
void pel_emu_report_death(struct pel_emu *emu, const struct pel_emu_cu *cu, int status);

#endif
