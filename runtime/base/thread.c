/* SPDX-License-Identifier: Apache-2.0 */
#include "thread.h"

#include <signal.h>

int pel_thread_create(pthread_t *ret, size_t stack_bytes, void *(*body)(void *), void *context)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS };
	sigset_t blocked, before;
	pthread_attr_t attr;
	int r = pthread_attr_init(&attr);

	if (r)
		return r;
	r = pthread_attr_setstacksize(&attr, stack_bytes ? stack_bytes : PEL_STACK_BYTES);
	if (r == 0) {
		sigfillset(&blocked);
		for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
			sigdelset(&blocked, faults[i]);
		pthread_sigmask(SIG_SETMASK, &blocked, &before); /* new threads inherit it */
		r = pthread_create(ret, &attr, body, context);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	pthread_attr_destroy(&attr);
	return r;
}

struct call {
	int (*work)(void *context);
	void *context;
	int result;
};

static void *call_main(void *data)
{
	struct call *call = data;

	call->result = call->work(call->context);
	return NULL;
}

int pel_on_own_stack(int (*work)(void *context), void *context)
{
	struct call call = { work, context, 0 };
	pthread_t thread;
	int cancel;

	if (pel_thread_create(&thread, 0, call_main, &call) != 0)
		return work(context);
	/* If the host cancels the caller, the thread must not be left using a stack frame that is gone. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	pthread_join(thread, NULL);
	pthread_setcancelstate(cancel, &cancel);
	return call.result;
}
