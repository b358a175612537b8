/* SPDX-License-Identifier: Apache-2.0 */
#include "cu.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include "interrupted.h"

#include "cu-worker.h"
#include "report.h"

/*
 * Calls of compute units. XRT sees the state of a unit in its control register:
 *   idle (4) -> start is written: running (1) -> the worker is done or dead: done and idle (6) -> read once: idle (4)
 * The arguments are copied at the start; writes to them while the unit runs apply to the next call.
 */

#define CONTROL_START 1u
#define CONTROL_DONE  2u
#define CONTROL_IDLE  4u

/* ---- starting ---- */

/* Static because it is large; only one order at a time is being built. */
static struct pel_emu_order order;
static int order_fds[PEL_EMU_ARGS_MAX];
static struct pel_emu_buffer *order_buffers[PEL_EMU_ARGS_MAX]; /* the buffers of order.maps */

/* Add `buffer` to the order's maps, unless it is there. */
static void bring(struct pel_emu_buffer *buffer)
{
	for (uint32_t i = 0; i < order.n_maps; i++)
		if (order_buffers[i] == buffer)
			return;
	order_fds[order.n_maps] = buffer->fd;
	order_buffers[order.n_maps] = buffer;
	order.maps[order.n_maps++] =
		(struct pel_emu_order_map){ buffer->serial, buffer->bytes, !buffer->foreign, 0 };
}

/* Resolve pointer argument `arg`; if the worker has not mapped the buffer yet, add it to the order. False: it points to no buffer. */
static bool resolve(struct pel_emu *emu, struct pel_emu_cu *cu, const struct pel_emu_arg *arg)
{
	struct pel_emu_buffer *buffer;
	uint64_t value;

	memcpy(&value, cu->slot->registers + arg->offset, sizeof(value));
	buffer = pel_emu_memory_find(&emu->memory, value, 0);
	if (!buffer)
		return value == 0; /* 0: the host never set the argument */
	order.args[arg->id] =
		(struct pel_emu_order_arg){ .serial = buffer->serial, .offset = value - buffer->address };
	if (!(buffer->mapped[cu->number / 64] >> cu->number % 64 & 1))
		bring(buffer);
	return true;
}

/* ---- windows ---- */

/* Store the windows of a future call. False: the message is invalid, or names an unknown compute unit. */
static bool keep_windows(struct pel_emu *emu, const struct pel_windows *from, size_t size)
{
	struct pel_emu_cu *cu = NULL;

	if (size < offsetof(struct pel_windows, windows) || from->count > PEL_WINDOWS_MAX ||
	    size < offsetof(struct pel_windows, windows) + from->count * sizeof(from->windows[0]) ||
	    !memchr(from->cu, '\0', sizeof(from->cu)))
		return false;
	for (size_t i = 0; i < emu->n_cus && !cu; i++)
		if (strcmp(emu->cus[i].decl->name, from->cu) == 0)
			cu = &emu->cus[i];
	if (!cu ||
	    pel_grow(&cu->announced, &cu->announced_capacity, cu->n_announced + 1, sizeof(*cu->announced)) < 0)
		return false;
	cu->announced[cu->n_announced++] = *from;
	return true;
}

/* The sender has sent the windows before XRT can start the call, so they can be read without waiting. */
static void receive_windows(struct pel_emu *emu)
{
	static struct pel_windows windows;
	unsigned interrupted = 0;
	ssize_t n = 0;

	while (emu->options.windows >= 0) {
		n = recv(emu->options.windows, &windows, sizeof(windows), MSG_DONTWAIT);
		if (n < 0 && pel_interrupted(&interrupted))
			continue;
		if (n <= 0)
			break;
		if (!keep_windows(emu, &windows, (size_t)n))
			pel_emu_break(emu, 0, "the device model cannot store the windows of a call");
	}
	if (n < 0 && errno != EAGAIN)
		pel_emu_break(emu, -errno, "the device model cannot receive the windows of a call");
}

/* The windows announced for the current call; NULL: none. Those of earlier calls are dropped. */
static const struct pel_windows *announced_windows(struct pel_emu_cu *cu)
{
	size_t old = 0;

	while (old < cu->n_announced && cu->announced[old].call < cu->call)
		old++;
	cu->n_announced -= old;
	memmove(cu->announced, cu->announced + old, cu->n_announced * sizeof(*cu->announced));
	return cu->n_announced && cu->announced[0].call == cu->call ? &cu->announced[0] : NULL;
}

static void set_windows(struct pel_emu *emu, struct pel_emu_cu *cu)
{
	const struct pel_windows *announced = cu->n_announced ? announced_windows(cu) : NULL;

	for (uint32_t i = 0; announced && i < announced->count; i++) {
		const struct pel_window *window = &announced->windows[i];
		struct pel_emu_order_arg *arg = window->arg < order.n_args ? &order.args[window->arg] : NULL;
		const struct pel_emu_buffer *buffer = NULL;
		uint64_t address;

		for (size_t k = 0; arg && k < cu->kernel->n_args; k++)
			if (cu->kernel->args[k].id == window->arg &&
			    cu->kernel->args[k].kind == PEL_EMU_POINTER) {
				memcpy(&address, cu->slot->registers + cu->kernel->args[k].offset,
				       sizeof(address));
				buffer = pel_emu_memory_find(&emu->memory, address, window->bytes);
			}
		if (!buffer || buffer->serial != arg->serial)
			continue; /* the address is wrong: resolve() reports that */
		arg->window = window->bytes;
		arg->writes = window->writes;
	}
}

/* ---- orders ---- */

static int build_order(struct pel_emu *emu, struct pel_emu_cu *cu)
{
	const struct pel_emu_kernel *kernel = cu->kernel;

	order.kind = PEL_EMU_ORDER_CALL;
	order.n_args = order.n_maps = 0;
	memset(order.args, 0, sizeof(order.args));
	for (size_t i = 0; i < kernel->n_args; i++) {
		const struct pel_emu_arg *arg = &kernel->args[i];

		if (arg->id >= order.n_args)
			order.n_args = arg->id + 1;
		if (arg->kind != PEL_EMU_POINTER || resolve(emu, cu, arg))
			continue;
		pel_emu_report(emu, cu,
			       "received a value for argument '%s' that is not the address of a buffer",
			       arg->name);
		return -EFAULT;
	}
	set_windows(emu, cu);
	return 0;
}

static int send_order(struct pel_emu *emu, struct pel_emu_cu *cu)
{
	int r = build_order(emu, cu);

	if (r == 0)
		r = pel_emu_worker_order(cu, &order, order_fds, order.n_maps);
	for (uint32_t i = 0; i < order.n_maps && r == 0; i++)
		order_buffers[i]->mapped[cu->number / 64] |= UINT64_C(1) << cu->number % 64;
	return r;
}

/* Send the call to the worker. If the worker has died between calls, start a new one. */
static int hand_over(struct pel_emu *emu, struct pel_emu_cu *cu)
{
	int r = cu->worker ? send_order(emu, cu) : -EPIPE;

	if (r == 0 || r == -EFAULT)
		return r;
	pel_emu_worker_kill(cu);
	r = pel_emu_worker_start(emu, cu);
	return r < 0 ? r : send_order(emu, cu);
}

static void start(struct pel_emu *emu, struct pel_emu_cu *cu)
{
	struct pel_emu_slot *slot = cu->slot;
	int r;

	cu->call++;
	cu->timed_out = false;
	memcpy(slot->registers, cu->registers, cu->kernel->extent);
	pel_emu_worker_flush(cu);
	slot->words[0] = '\0';
	receive_windows(emu);
	atomic_store_explicit(&slot->damage, PEL_EMU_DAMAGE_NONE, memory_order_relaxed);
	atomic_store_explicit(&slot->state, PEL_EMU_CALL_RUNNING,
			      memory_order_relaxed); /* sending on the socket orders it */
	pel_emu_log(emu, "CU %s: call %llu", cu->decl->name, (unsigned long long)cu->call);
	r = hand_over(emu, cu);
	cu->state = r == 0 ? PEL_EMU_CU_RUNNING : PEL_EMU_CU_FAULTED;
	cu->deadline_ms =
		emu->options.timeout_ms && !emu->options.wait ? pel_emu_now_ms() + emu->options.timeout_ms : 0;
	if (r < 0 && r != -EFAULT)
		pel_emu_report(emu, cu, "could not be started: %s", strerror(-r));
}

/* ---- ending ---- */

/* The host may see the call as ended only once the fault event has been sent. */
static void settle_fault(struct pel_emu *emu, struct pel_emu_cu *cu)
{
	if (pel_events_tick(emu->options.events, pel_emu_now_ms()))
		cu->state = PEL_EMU_CU_DONE;
}

static void note_death(struct pel_emu *emu, struct pel_emu_cu *cu, int status)
{
	if (cu->state != PEL_EMU_CU_RUNNING) {
		pel_emu_log(emu, "CU %s: its worker ended between two calls", cu->decl->name);
		return;
	}
	cu->state = PEL_EMU_CU_FAULTED;
	pel_emu_kill_strays(emu);
	if (!cu->greeted)
		pel_emu_report(emu, cu, "could not be restarted: its worker ended while it loaded the library");
	else
		pel_emu_report_death(emu, cu, status);
	pel_emu_worker_start(emu, cu); /* if that fails, the next call tries again */
}

/* Update the state from the worker's slot. */
static void look(struct pel_emu *emu, struct pel_emu_cu *cu)
{
	struct pel_emu_slot *slot = cu->slot;

	/* Acquire: once the state is visible, so are the worker's notes on damage and its writes to buffers. */
	if (cu->state == PEL_EMU_CU_RUNNING &&
	    atomic_load_explicit(&slot->state, memory_order_acquire) == PEL_EMU_CALL_DONE) {
		cu->state = PEL_EMU_CU_DONE;
		switch (atomic_load_explicit(&slot->damage, memory_order_relaxed)) {
		case PEL_EMU_DAMAGE_SLACK:
			cu->state = PEL_EMU_CU_FAULTED;
			pel_emu_report_slack(emu, cu);
			break;
		case PEL_EMU_DAMAGE_WINDOW:
			cu->state = PEL_EMU_CU_FAULTED;
			pel_emu_report_window(emu, cu);
			break;
		}
	}
	if (cu->state == PEL_EMU_CU_FAULTED)
		settle_fault(emu, cu);
}

void pel_emu_tick(struct pel_emu *emu)
{
	uint64_t now = pel_emu_now_ms();

	pel_events_tick(emu->options.events, now);
	for (size_t i = 0; i < emu->n_cus; i++) {
		struct pel_emu_cu *cu = &emu->cus[i];
		int status;

		look(emu, cu);
		if (cu->state == PEL_EMU_CU_RUNNING && cu->deadline_ms && now >= cu->deadline_ms) {
			cu->timed_out = true;
			pel_emu_worker_kill(cu);
			note_death(emu, cu, 0);
		} else if (pel_emu_worker_dead(cu, &status)) {
			look(emu, cu); /* the call may have been done before the worker died */
			note_death(emu, cu, status);
		}
	}
}

/* ---- registers ---- */

static struct pel_emu_cu *find_cu(struct pel_emu *emu, uint64_t address)
{
	for (size_t i = 0; i < emu->n_cus; i++)
		if (!emu->cus[i].kernel->free_running && address - emu->cus[i].decl->base < PEL_EMU_WINDOW_BYTES)
			return &emu->cus[i];
	return NULL;
}

static uint32_t control(struct pel_emu *emu, struct pel_emu_cu *cu)
{
	look(emu, cu);
	switch (cu->state) {
	case PEL_EMU_CU_IDLE:
		return CONTROL_IDLE;
	case PEL_EMU_CU_DONE:
		cu->state = PEL_EMU_CU_IDLE;
		return CONTROL_DONE | CONTROL_IDLE;
	default:
		return CONTROL_START;
	}
}

bool pel_emu_write_registers(struct pel_emu *emu, uint64_t address, const unsigned char *bytes, size_t size)
{
	struct pel_emu_cu *cu = find_cu(emu, address);
	size_t offset = cu ? (size_t)(address - cu->decl->base) : 0, skip = offset < 4 ? 4 - offset : 0;

	if (!cu)
		return false;
	if (size > PEL_EMU_WINDOW_BYTES - offset)
		size = PEL_EMU_WINDOW_BYTES - offset;
	if (size > skip)
		memcpy(cu->registers + offset + skip, bytes + skip, size - skip);
	if (offset != 0 || size == 0 || !(bytes[0] & CONTROL_START))
		return true;
	look(emu, cu);
	if (cu->state == PEL_EMU_CU_IDLE || cu->state == PEL_EMU_CU_DONE)
		start(emu, cu);
	return true;
}

bool pel_emu_read_registers(struct pel_emu *emu, uint64_t address, unsigned char *bytes, size_t size)
{
	struct pel_emu_cu *cu = find_cu(emu, address);
	size_t offset = cu ? (size_t)(address - cu->decl->base) : 0, here;
	uint32_t word;

	memset(bytes, 0, size);
	if (!cu)
		return false;
	here = size > PEL_EMU_WINDOW_BYTES - offset ? PEL_EMU_WINDOW_BYTES - offset : size;
	memcpy(bytes, cu->registers + offset, here);
	if (offset < 4 && here) {
		word = control(emu, cu);
		memcpy(bytes, (unsigned char *)&word + offset, here < 4 - offset ? here : 4 - offset);
	}
	return true;
}
