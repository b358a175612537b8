/* SPDX-License-Identifier: Apache-2.0 */
#include "analysis-result.h"
#include "analysis-view.h"

#include <errno.h>
#include <inttypes.h>

int pel_bound_view_init(struct pel_bound_view *view, const struct pel_analysis *a)
{
	int r = 0;

	*view = (struct pel_bound_view){ .analysis = a };
	if (!a || !a->throughput_known) {
		view->analysis = NULL;
		return 0;
	}
	for (uint32_t i = 0; i < a->model.sdf.n_actors && r != -ENOMEM; i++)
		r = pel_map_put(&view->actors, a->model.actors[i], i);
	for (uint32_t i = 0; i < a->model.n_own && r != -ENOMEM; i++)
		if (a->model.channels[i])
			r = pel_map_put(&view->channels, a->model.channels[i], i);
	return r == -ENOMEM ? r : 0;
}

void pel_bound_view_fini(struct pel_bound_view *view)
{
	pel_map_fini(&view->actors);
	pel_map_fini(&view->channels);
}

static bool find(const struct pel_bound_view *view, const struct pel_map *map, const char *name, size_t *index)
{
	if (!view->analysis)
		return false;
	*index = pel_map_get(map, name);
	return *index != PEL_MAP_NONE;
}

bool pel_bound_actor_is_critical(const struct pel_bound_view *view, const char *actor)
{
	size_t i;

	return find(view, &view->actors, actor, &i) && view->analysis->critical_actors[i];
}

bool pel_bound_channel_is_critical(const struct pel_bound_view *view, const char *channel)
{
	size_t i;

	return find(view, &view->channels, channel, &i) && view->analysis->critical_channels[i];
}

uint64_t pel_bound_channel_needs(const struct pel_bound_view *view, const char *channel)
{
	size_t i;

	return find(view, &view->channels, channel, &i) && view->analysis->enlarge.channel == i
		       ? view->analysis->enlarge.capacity
		       : 0;
}

bool pel_bound_share(const struct pel_bound_view *view, const char *actor, char *buf, size_t size)
{
	const struct pel_analysis *a = view->analysis;
	const struct pel_sdf_times *times;
	double sum = 0;
	size_t i;

	if (!find(view, &view->actors, actor, &i) || !a->throughput.den)
		return false;
	times = &a->model.times[i];
	for (uint32_t k = 0; k < times->n; k++)
		sum += (double)times->values[k];
	sum *= (double)a->q[i] * a->model.sdf.phases[i] / times->n;
	sum *= (double)a->throughput.num / (double)a->throughput.den;
	snprintf(buf, size, "\xc3\x97%" PRIu64 ", %.0f %% of an iteration", a->q[i] * a->model.sdf.phases[i],
		 100 * sum);
	return true;
}

void pel_bound_write_title(const struct pel_bound_view *view, FILE *out)
{
	char buf[PEL_FRACTION_BYTES];

	if (view->analysis)
		fprintf(out, "; at most %s %s", pel_fraction_format(&view->analysis->throughput, buf),
			pel_times_rate(view->analysis->model.known_times));
}

const char *pel_fraction_format(const struct pel_sdf_fraction *f, char *buf)
{
	if (!f->den)
		return "inf";
	if (!f->num)
		return "0";
	if (f->den == 1)
		snprintf(buf, PEL_FRACTION_BYTES, "%" PRIu64, f->num);
	else
		snprintf(buf, PEL_FRACTION_BYTES, "%" PRIu64 "/%" PRIu64, f->num, f->den);
	return buf;
}
