/* SPDX-License-Identifier: Apache-2.0 */
#include "device-life.h"

#include <errno.h>
#include <string.h>

#define SILENT_TICKS 15 /* after so many ticks without a sign of life the device is lost */
#define TICK_MIN_MS  90

void pel_device_lose(struct pel_device *device, const char *why)
{
	pid_t model = device->shared ? atomic_load_explicit(&device->shared->model_pid, memory_order_relaxed)
				     : 0;

	if (device->lost)
		return;
	device->lost = true;
	snprintf(device->why, sizeof(device->why), "%.*s", (int)sizeof(device->why) - 1, why);
	/* A process that does not answer might still write to the channels. */
	pel_device_process_kill(&device->process, model);
}

static void lose_ended(struct pel_device *device)
{
	char fate[64], words[200], why[400];

	pel_device_process_fate(&device->process, fate, sizeof(fate));
	pel_device_process_last_words(&device->process, words, sizeof(words));
	/* After SIGKILL, the last line of the log says nothing about the reason. */
	if (strstr(fate, "signal 9"))
		words[0] = '\0';
	snprintf(why, sizeof(why), "the device process %s%s%s%s", fate,
		 *words ? "; XRT's last message: '" : "", words, *words ? "'" : "");
	pel_device_lose(device, why);
}

/* Read unsolicited messages of the device process: it sends one only to say why it ends. */
static void receive_reports(struct pel_device *device)
{
	/* Check this before reading: if the process sends its reason and ends in between, we must not miss the reason. */
	bool ended = pel_device_process_ended(&device->process, 0);
	int r;

	while ((r = pel_device_process_receive(&device->process)) == 1)
		if (device->process.message.kind == PEL_MESSAGE_LOST) {
			pel_device_lose(device, device->process.message.text);
			return;
		}
	if (r < 0 || ended) {
		pel_device_process_ended(&device->process,
					 100); /* its socket closes shortly before the process has ended */
		lose_ended(device);
	}
}

static bool is_silent(struct pel_device_sign *sign, uint32_t beat, bool tick)
{
	if (beat != sign->beat) {
		*sign = (struct pel_device_sign){ .beat = beat };
		return false;
	}
	sign->silent_ticks += tick;
	return sign->silent_ticks > SILENT_TICKS;
}

static void listen_for_life(struct pel_device *device)
{
	int64_t now = pel_device_now_ms();
	bool tick = now - device->last_tick_ms >= TICK_MIN_MS;
	const struct pel_device_shared *shared = device->shared;

	if (tick)
		device->last_tick_ms = now;
	if (is_silent(&device->process_sign, atomic_load_explicit(&shared->beat, memory_order_relaxed), tick))
		pel_device_lose(device, "the device process does not answer");
	/* The device process forwards the model's signs of life, so ticks count only while the device process itself is not silent. */
	else if (atomic_load_explicit(&shared->has_model, memory_order_relaxed) &&
		 is_silent(&device->model_sign, atomic_load_explicit(&shared->model_beat, memory_order_relaxed),
			   tick && device->process_sign.silent_ticks == 0))
		pel_device_lose(device, "the device model does not answer");
}

int pel_device_check(struct pel_device *device)
{
	if (!device->lost)
		receive_reports(device);
	if (!device->lost)
		listen_for_life(device);
	return device->lost ? -EIO : 0;
}

const char *pel_device_why(const struct pel_device *device)
{
	return device->why;
}

int pel_device_fd(const struct pel_device *device)
{
	return device->epoll;
}

pid_t pel_device_pid(const struct pel_device *device)
{
	return device->process.pid;
}
