package carve.models.decoder.gguf;

import carve.api.decoder.DecoderLayer;
import carve.api.gguf.GgufKeys;
import carve.api.json.JsonArray;
import carve.api.json.JsonNumber;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.RopeScaling;
import java.util.List;
import java.util.stream.IntStream;

/** Metadata of hybrids of attention and Mamba-2, which llama.cpp knows by their layers without heads of keys. */
final class HybridTraits {
    private static final String KV_HEADS = "attention.head_count_kv";
    private static final String ROTATED = "rope.scaling.finetuned"; // llama.cpp's word for it, with this architecture
    private static final long ANY_LENGTH = 1 << 20;

    /** The sizes, and which layers have attention. */
    static final GgufTrait SIZES = new GgufTrait(HybridTraits::readSizes, HybridTraits::writeSizes);

    /** The rotary embedding of attention, if there is one. */
    static final GgufTrait ROPE = new GgufTrait(HybridTraits::readRope, HybridTraits::writeRope);

    /** Biases of attention's projections, if a layer has them. */
    static final GgufTrait ATTENTION_BIAS = new GgufTrait(
            r -> {
                if (IntStream.range(0, r.layers()).anyMatch(i -> r.has("blk.%d.attn_q.bias".formatted(i)))) {
                    r.set("attention_bias", true);
                }
            },
            w -> {});

    /** The extents of Mamba-2. */
    static final GgufTrait MAMBA = new GgufTrait(HybridTraits::readMamba, HybridTraits::writeMamba);

    private HybridTraits() {}

    private static List<Integer> kvHeads(GgufReading r) {
        return r.keys().integers(KV_HEADS, r.layers());
    }

    private static void readSizes(GgufReading r) {
        List<Integer> heads = kvHeads(r);
        List<Integer> attention =
                heads.stream().filter(count -> count > 0).distinct().toList();
        if (attention.size() != 1) {
            throw r.keys()
                    .error(
                            KV_HEADS,
                            "is %s; one number of heads for the layers with attention, and 0".formatted(heads));
        }
        SizeTraits.readSizes(r, attention.getFirst());
        r.set("shared_intermediate_size", r.config().integer("intermediate_size"))
                .set("num_local_experts", 0)
                .set("num_experts_per_tok", 0)
                .set(
                        "layer_types",
                        JsonArray.ofStrings(heads.stream()
                                .map(count -> count > 0 ? "full_attention" : "linear_attention")
                                .toList()));
    }

    private static void writeSizes(GgufWriting w) {
        SizeTraits.SIZES.write().accept(w);
        w.set(
                KV_HEADS,
                new JsonArray(w.decoder().layers().stream()
                        .<JsonValue>map(layer -> JsonNumber.of((long)
                                (PaddedHeads.isMamba(layer) ? 0 : layer.config().kvHeads())))
                        .toList()));
        if (w.decoder().layers().stream().allMatch(PaddedHeads::isMamba)) {
            w.problem("no layer with attention, whose sizes llama.cpp requires");
        }
    }

    private static void readRope(GgufReading r) {
        boolean rotated = r.keys().flag(ROTATED, true);
        if (rotated) {
            RopeTraits.WHOLE.read().accept(r);
        }
        r.keys().ignore("rope.dimension_count", "rope.freq_base");
        r.set("position_embedding_type", new JsonString(rotated ? "rope" : "nope"));
    }

    private static void writeRope(GgufWriting w) {
        boolean rotated = w.rope().width() > 0;
        w.set(ROTATED, rotated);
        if (!rotated) {
            w.set("context_length", ANY_LENGTH);
            return;
        }
        RopeTraits.WHOLE.write().accept(w);
        if (w.rope().scaling() instanceof RopeScaling.LongRope) {
            w.problem("factors of rotary frequencies for short and for long sequences, which llama.cpp does not read");
        }
    }

    private static void readMamba(GgufReading r) {
        GgufKeys keys = r.keys();
        int hidden = r.config().integer("hidden_size");
        int inner = keys.integer("ssm.inner_size");
        int heads = keys.integer("ssm.time_step_rank");
        if (heads < 1 || inner % heads != 0 || inner % hidden != 0) {
            throw keys.error(
                    "ssm.inner_size",
                    "%d is not a multiple of %d heads and of the width %d".formatted(inner, heads, hidden));
        }
        int firstMamba = kvHeads(r).indexOf(0);
        r.set("mamba_n_heads", heads)
                .set("mamba_d_head", inner / heads)
                .set("mamba_expand", inner / hidden)
                .set("mamba_n_groups", keys.integer("ssm.group_count"))
                .set("mamba_d_state", keys.integer("ssm.state_size"))
                .set("mamba_d_conv", keys.integer("ssm.conv_kernel"))
                .set("mamba_conv_bias", r.has("blk.%d.ssm_conv1d.bias".formatted(firstMamba)))
                .set("mamba_proj_bias", false);
    }

    private static void writeMamba(GgufWriting w) {
        w.decoder().layers().stream()
                .filter(PaddedHeads::isMamba)
                .findFirst()
                .ifPresentOrElse(
                        layer -> writeMamba(w, layer),
                        () -> w.problem("no layer with Mamba-2, whose sizes llama.cpp requires"));
    }

    private static void writeMamba(GgufWriting w, DecoderLayer layer) {
        LayerConfig config = layer.config();
        int inner = config.heads() * config.headWidth();
        w.set("ssm.conv_kernel", (long) GgufWriting.setting(layer, "conv-width"))
                .set("ssm.inner_size", inner)
                .set("ssm.state_size", (long) GgufWriting.setting(layer, "state-width"))
                .set("ssm.time_step_rank", config.heads())
                .set("ssm.group_count", config.kvHeads());
        if (inner != 2 * config.hidden()) {
            w.problem("an inner width of Mamba-2 of %d in place of %d, which llama.cpp does not read"
                    .formatted(inner, 2 * config.hidden()));
        }
        if (Boolean.FALSE.equals(layer.mixer().settings().toMap().get("conv-bias"))) {
            w.problem("a convolution without a bias, which llama.cpp requires");
        }
    }
}
