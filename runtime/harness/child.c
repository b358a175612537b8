/* SPDX-License-Identifier: Apache-2.0 */
#include "child.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "support.h"

/* After this time the kernel is reported as hanging. */
#define SECONDS_MAX 300
#define NOT_DONE    INT_MIN

void pel_child_now(struct pel_child_report *report, const char *doing, const char *cpu)
{
	snprintf(report->doing, sizeof(report->doing), "%s%s%s", doing, cpu ? ", " : "", cpu ? cpu : "");
}

static int explain_death(const struct pel_kernel *kernel, const struct pel_child_report *report, int status,
			 struct pel_error *err)
{
	struct pel_place nowhere = { 0 };

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		return pel_fail(err, -ETIMEDOUT, nowhere,
				"kernel %s: round %u (%s): it did not return within %d seconds", kernel->name,
				report->round, report->doing, SECONDS_MAX);
	pel_fail(err, -EFAULT, nowhere, "kernel %s: round %u (%s): it crashed (%s)", kernel->name,
		 report->round, report->doing, WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "exit");
	pel_hint(err, "a segmentation fault means that it accessed memory outside its windows");
	return -EFAULT;
}

static int judge(const struct pel_kernel *kernel, const struct pel_child_report *report, int status,
		 struct pel_error *err)
{
	if (!WIFEXITED(status) || report->code == NOT_DONE)
		return explain_death(kernel, report, status, err);
	if (report->code >= 0)
		return 0;
	if (!report->round)
		return pel_fail(err, report->code, (struct pel_place){ 0 }, "%s", report->text);
	return pel_fail(err, report->code, (struct pel_place){ 0 }, "kernel %s: round %u (%s): %s",
			kernel->name, report->round, report->doing, report->text);
}

static int child(pel_child_work *work, void *context, struct pel_child_report *report)
{
	struct pel_error err = { 0 };
	int r;

	alarm(SECONDS_MAX);
	r = work(context, report, &err);
	if (r < 0)
		snprintf(report->text, sizeof(report->text), "%s",
			 err.count ? err.items[0].text : strerror(-r));
	pel_error_fini(&err);
	report->code = r;
	return r < 0;
}

int pel_child_run(const struct pel_kernel *kernel, pel_child_work *work, void *context, struct pel_error *err)
{
	struct pel_child_report *report =
		mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = 0, r;
	pid_t pid;

	if (report == MAP_FAILED)
		return pel_nomem(err);
	report->code = NOT_DONE;
	pid = fork();
	if (pid == 0)
		_exit(child(work, context, report));
	r = pid < 0 ? -errno : 0;
	while (r == 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			r = -errno;
	if (r < 0)
		pel_fail(err, r, (struct pel_place){ 0 }, "cannot start a process for the test: %s",
			 strerror(-r));
	else
		r = judge(kernel, report, status, err);
	munmap(report, sizeof(*report));
	return r;
}
