/* SPDX-License-Identifier: Apache-2.0 */
#include <gst/base/gstbasesink.h>
#include <gst/base/gstbasetransform.h>
#include <gst/base/gstpushsrc.h>
#include <gst/gst.h>

#include "peer.h"

/* Elements of our own, and one queue in the middle for the second thread. A buffer is a batch. */

#define CHUNK 8192u
#define LIVE  16u

static uint64_t sink_total;
static stopwatch running; /* from the first call of the source */

/* ---- source ---- */

struct PeerSource {
	GstPushSrc base;
	GstBufferPool *pool; /* its size bounds what is under way */
	uint64_t at, tokens;
};
struct PeerSourceClass {
	GstPushSrcClass base;
};
G_DEFINE_TYPE(PeerSource, peer_source, GST_TYPE_PUSH_SRC)

static GstFlowReturn source_create(GstPushSrc *base, GstBuffer **buffer)
{
	PeerSource *s = (PeerSource *)base;
	size_t n = (size_t)std::min<uint64_t>(CHUNK, s->tokens - s->at);
	GstFlowReturn r;
	GstMapInfo map;

	if (!s->at)
		running = stopwatch();
	if (!n)
		return GST_FLOW_EOS;
	if ((r = gst_buffer_pool_acquire_buffer(s->pool, buffer, NULL)) != GST_FLOW_OK)
		return r;
	if (!gst_buffer_map(*buffer, &map, GST_MAP_WRITE))
		return GST_FLOW_ERROR;
	w2_source((float *)map.data, s->at, n);
	gst_buffer_unmap(*buffer, &map);
	gst_buffer_set_size(*buffer, (gssize)(n * sizeof(float)));
	s->at += n;
	return GST_FLOW_OK;
}

static void any_pad(gpointer element_class, const char *name, GstPadDirection direction)
{
	gst_element_class_add_pad_template(GST_ELEMENT_CLASS(element_class),
					   gst_pad_template_new(name, direction, GST_PAD_ALWAYS, GST_CAPS_ANY));
}

static void peer_source_class_init(PeerSourceClass *c)
{
	any_pad(c, "src", GST_PAD_SRC);
	GST_PUSH_SRC_CLASS(c)->create = source_create;
}

static void peer_source_init(PeerSource *s)
{
	gst_base_src_set_format(GST_BASE_SRC(s), GST_FORMAT_TIME);
}

/* ---- stage, in place, and copying stage ---- */

struct PeerStage {
	GstBaseTransform base;
	float offset;
};
struct PeerStageClass {
	GstBaseTransformClass base;
};
G_DEFINE_TYPE(PeerStage, peer_stage, GST_TYPE_BASE_TRANSFORM)

static GstFlowReturn stage_transform(GstBaseTransform *base, GstBuffer *buffer)
{
	GstMapInfo map;

	if (!gst_buffer_map(buffer, &map, GST_MAP_READWRITE))
		return GST_FLOW_ERROR;
	w2_stage_in_place((float *)map.data, map.size / sizeof(float), ((PeerStage *)base)->offset);
	gst_buffer_unmap(buffer, &map);
	return GST_FLOW_OK;
}

static void peer_stage_class_init(PeerStageClass *c)
{
	any_pad(c, "sink", GST_PAD_SINK);
	any_pad(c, "src", GST_PAD_SRC);
	GST_BASE_TRANSFORM_CLASS(c)->transform_ip = stage_transform;
}

static void peer_stage_init(PeerStage *s)
{
	gst_base_transform_set_qos_enabled(GST_BASE_TRANSFORM(s), FALSE);
}

struct PeerCopy {
	GstBaseTransform base;
};
struct PeerCopyClass {
	GstBaseTransformClass base;
};
G_DEFINE_TYPE(PeerCopy, peer_copy, GST_TYPE_BASE_TRANSFORM)

static GstFlowReturn copy_prepare(GstBaseTransform *, GstBuffer *in, GstBuffer **out)
{
	*out = gst_buffer_new_allocate(NULL, gst_buffer_get_size(in), NULL);
	return *out ? GST_FLOW_OK : GST_FLOW_ERROR;
}

static GstFlowReturn copy_transform(GstBaseTransform *, GstBuffer *in, GstBuffer *out)
{
	GstMapInfo from, to;

	if (!gst_buffer_map(in, &from, GST_MAP_READ) || !gst_buffer_map(out, &to, GST_MAP_WRITE))
		return GST_FLOW_ERROR;
	memcpy(to.data, from.data, from.size);
	gst_buffer_unmap(out, &to);
	gst_buffer_unmap(in, &from);
	return GST_FLOW_OK;
}

static void peer_copy_class_init(PeerCopyClass *c)
{
	any_pad(c, "sink", GST_PAD_SINK);
	any_pad(c, "src", GST_PAD_SRC);
	GST_BASE_TRANSFORM_CLASS(c)->prepare_output_buffer = copy_prepare;
	GST_BASE_TRANSFORM_CLASS(c)->transform = copy_transform;
}

static void peer_copy_init(PeerCopy *s)
{
	gst_base_transform_set_qos_enabled(GST_BASE_TRANSFORM(s), FALSE);
}

/* ---- sink ---- */

struct PeerSink {
	GstBaseSink base;
};
struct PeerSinkClass {
	GstBaseSinkClass base;
};
G_DEFINE_TYPE(PeerSink, peer_sink, GST_TYPE_BASE_SINK)

static GstFlowReturn sink_render(GstBaseSink *, GstBuffer *buffer)
{
	GstMapInfo map;

	if (!gst_buffer_map(buffer, &map, GST_MAP_READ))
		return GST_FLOW_ERROR;
	sink_total += sink_sum((const float *)map.data, map.size / sizeof(float));
	gst_buffer_unmap(buffer, &map);
	return GST_FLOW_OK;
}

static void peer_sink_class_init(PeerSinkClass *c)
{
	any_pad(c, "sink", GST_PAD_SINK);
	GST_BASE_SINK_CLASS(c)->render = sink_render;
}

static void peer_sink_init(PeerSink *s)
{
	gst_base_sink_set_sync(GST_BASE_SINK(s), FALSE);
	gst_base_sink_set_last_sample_enabled(GST_BASE_SINK(s), FALSE);
	gst_base_sink_set_qos_enabled(GST_BASE_SINK(s), FALSE);
}

/* ---- a pipeline ---- */

static void append(GstBin *bin, GstElement **last, GstElement *element)
{
	gst_bin_add(bin, element);
	if (*last && !gst_element_link_pads_full(*last, "src", element, "sink", GST_PAD_LINK_CHECK_NOTHING))
		die("elements do not link");
	*last = element;
}

static void run_to_end(uint64_t tokens, unsigned stages, bool copies)
{
	GstElement *pipeline = gst_pipeline_new(NULL), *last = NULL;
	PeerSource *source = (PeerSource *)g_object_new(peer_source_get_type(), NULL);
	GstBufferPool *pool = gst_buffer_pool_new();
	GstStructure *config = gst_buffer_pool_get_config(pool);
	GstAllocationParams params;
	GstMessage *message;

	gst_allocation_params_init(&params);
	params.align = 63;
	gst_buffer_pool_config_set_params(config, NULL, CHUNK * sizeof(float), LIVE, LIVE);
	gst_buffer_pool_config_set_allocator(config, NULL, &params);
	if (!gst_buffer_pool_set_config(pool, config) || !gst_buffer_pool_set_active(pool, TRUE))
		die("no pool of buffers");
	source->pool = pool;
	source->tokens = tokens;
	append(GST_BIN(pipeline), &last, GST_ELEMENT(source));
	for (unsigned k = 0; k < stages; k++) {
		if (k == (stages + 1) / 2 || stages == 1) {
			GstElement *queue = gst_element_factory_make("queue", NULL);

			if (!queue)
				die("GStreamer has no element 'queue'");
			g_object_set(queue, "max-size-buffers", LIVE, "max-size-bytes", 0, "max-size-time",
				     (guint64)0, NULL);
			append(GST_BIN(pipeline), &last, queue);
		}
		if (copies) {
			append(GST_BIN(pipeline), &last,
			       (GstElement *)g_object_new(peer_copy_get_type(), NULL));
		} else {
			PeerStage *stage = (PeerStage *)g_object_new(peer_stage_get_type(), NULL);

			stage->offset = w2_offset(k);
			append(GST_BIN(pipeline), &last, GST_ELEMENT(stage));
		}
	}
	append(GST_BIN(pipeline), &last, (GstElement *)g_object_new(peer_sink_get_type(), NULL));
	if (gst_element_set_state(pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
		die("the pipeline does not start");
	message = gst_bus_timed_pop_filtered(GST_ELEMENT_BUS(pipeline), GST_CLOCK_TIME_NONE,
					     (GstMessageType)(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
	if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_EOS)
		die("the pipeline failed");
	gst_message_unref(message);
	/* It is left as it is, since the process ends now. */
}

/* Keep its list of plugins out of the user's home folder. */
static void start()
{
	scratch_home home("XDG_CACHE_HOME");

	gst_init(NULL, NULL);
}

static outcome run_w2(unsigned stages, double scale)
{
	uint64_t tokens = stream_tokens(scale);

	start();
	run_to_end(tokens, stages, false);
	double wall = running.stop();

	return running.result((double)tokens / wall, "floats/s", sink_total);
}

static outcome run_w4(unsigned stages, double)
{
	/* The elements call each other, so their number is bounded by a thread's stack. */
	if (stages > 10000)
		exit(3);
	start();
	stopwatch watch;
	run_to_end(1000, stages, true);
	double wall = watch.stop();

	return watch.result(1e3 * wall, "ms", sink_total);
}

const std::vector<workload> peer_workloads = { { "w2", run_w2 }, { "w4", run_w4 } };
