package carve.attention;

import carve.api.mixer.ActivationHook;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.Projection;
import carve.api.mixer.RotaryEmbedding;
import carve.api.mixer.StateSlots;
import carve.api.mixer.StateSpec;
import carve.api.op.Heads;
import carve.api.op.RmsNorm;
import carve.api.op.SequenceLayout;
import carve.api.op.SoftmaxAttention;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Multi-head latent attention (DeepSeek-V2, arXiv:2405.04434, section 2.1; also DeepSeek-V3): keys and values of all heads are
 * projected from one latent of R elements, and a key of M rotated elements is shared by all heads. Both are all that is
 * remembered of a position.
 *
 * <pre>{@code
 * q          = q_b_proj(rms_norm(q_a_proj x)) or q_proj x                 (H, N + M), the last M rotated
 * c, k_rope  = kv_a_proj_with_mqa x                                        (R) and (M), the latter rotated
 * k, v       = kv_b_proj(rms_norm(c))                                      (H, N) and (H, V)
 * out        = o_proj(softmax(scale q . [k, k_rope]) v)
 * }</pre>
 *
 * <p>Steps do not compute keys and values of earlier positions: {@code kv_b_proj} is multiplied into queries before, and into
 * means of latents after the softmax (section 2.1.2), so all heads attend to the latents themselves. Where new positions are so
 * many that keys and values cost less than wider heads, they are computed.
 *
 * <p>Parameters: {@code q_proj.weight (H (N + M), D)}, or {@code q_a_proj.weight (Q, D)}, {@code q_a_layernorm.weight (Q)} and
 * {@code q_b_proj.weight (H (N + M), Q)}; {@code kv_a_proj_with_mqa.weight (R + M, D)}, {@code kv_a_layernorm.weight (R)},
 * {@code kv_b_proj.weight (H (N + V), R)} and {@code o_proj.weight (D, H V)}; {@code .bias} of {@code q_a_proj} and {@code
 * kv_a_proj_with_mqa} where the layer's projections have biases, of {@code o_proj} where its output has one.
 *
 * @param dims the dimensions of the layer, of which its kvHeads and headWidth do not matter
 * @param config its settings
 */
public record LatentAttention(LayerConfig dims, LatentAttentionConfig config) implements Mixer {
    private static final String LATENTS = "latents"; // (B, S, 1, R + M)

    private boolean hasQueryLatent() {
        return config.qLoraRank() > 0;
    }

    private int queryWidth() {
        return dims.heads() * config.qkHeadDim();
    }

    private Projection q() {
        return new Projection("q_proj", queryWidth(), dims.hidden(), false);
    }

    private Projection qA() {
        return new Projection("q_a_proj", config.qLoraRank(), dims.hidden(), dims.bias());
    }

    private Projection qB() {
        return new Projection("q_b_proj", queryWidth(), config.qLoraRank(), false);
    }

    private Projection kvA() {
        return new Projection("kv_a_proj_with_mqa", config.cacheWidth(), dims.hidden(), dims.bias());
    }

    private Projection kvB() {
        int width = config.qkNopeHeadDim() + config.vHeadDim();
        return new Projection("kv_b_proj", dims.heads() * width, config.kvLoraRank(), false);
    }

    private Projection o() {
        return new Projection("o_proj", dims.hidden(), dims.heads() * config.vHeadDim(), dims.outputBias());
    }

    @Override
    public List<ParamSpec> parameters() {
        List<ParamSpec> specs = new ArrayList<>();
        if (hasQueryLatent()) {
            specs.addAll(qA().parameters());
            specs.add(new ParamSpec("q_a_layernorm.weight", Shape.of(config.qLoraRank()), Init.ONES));
            specs.addAll(qB().parameters());
        } else {
            specs.addAll(q().parameters());
        }
        specs.addAll(kvA().parameters());
        specs.add(new ParamSpec("kv_a_layernorm.weight", Shape.of(config.kvLoraRank()), Init.ONES));
        specs.addAll(kvB().parameters());
        specs.addAll(o().parameters());
        return List.copyOf(specs);
    }

    @Override
    public List<StateSpec> state() {
        return List.of(StateSpec.perPosition(LATENTS, 1, config.cacheWidth()).storedAs(config.cacheType()));
    }

    @Override
    public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook activationHook) {
        int[] positions = s.positionIds();
        RotaryEmbedding rotary = dims.rotaryEmbedding();
        Tensor q = rotateLast(queries(p, x), part -> rotary.rotate(part, positions, s.maxLength()));
        Tensor latents = rotateLast(latents(p, x), part -> rotary.rotate(part, positions, s.maxLength()));
        return projectHeads(p, attendExpanded(p, q, latents, s, activationHook), activationHook);
    }

    @Override
    public Tensor advance(Params p, Tensor x, StateSlots slots) {
        RotaryEmbedding rotary = dims.rotaryEmbedding();
        Tensor q = rotateLast(queries(p, x), part -> rotary.rotate(part, slots));
        Tensor latents = rotateLast(latents(p, x), part -> rotary.rotate(part, slots));
        Tensor heads = slots.forEachState(List.of(q, latents), (one, parts) -> {
            Tensor cache = one.append(LATENTS, parts.get(1));
            return expands(one)
                    ? attendExpanded(
                            p,
                            parts.get(0),
                            cache.slice(1, 0, one.length()).cast(DType.F32),
                            one.layout(),
                            ActivationHook.NONE)
                    : attendLatents(p, parts.get(0), cache, one);
        });
        return projectHeads(p, heads, ActivationHook.NONE);
    }

    // whether keys and values of all positions take fewer products than heads of the width of latents
    private boolean expands(StateSlots one) {
        long wider = 2L * config.cacheWidth() - config.qkHeadDim() - config.vHeadDim();
        long expansion = (long) config.kvLoraRank() * (config.qkNopeHeadDim() + config.vHeadDim());
        return one.position() == 0 || one.layout().positions() * wider > expansion;
    }

    private Tensor queries(Params p, Tensor x) {
        Tensor q = hasQueryLatent()
                ? qB().apply(p, RmsNorm.apply(qA().apply(p, x), p.get("q_a_layernorm.weight"), config.epsilon()))
                : q().apply(p, x);
        return Heads.split(q, config.qkHeadDim());
    }

    // (B, T, 1, R + M): the normalised latent, and the shared key before it is rotated
    private Tensor latents(Params p, Tensor x) {
        Tensor both = kvA().apply(p, x);
        Tensor latent = both.slice(2, 0, config.kvLoraRank());
        Tensor key = both.slice(2, config.kvLoraRank(), config.cacheWidth());
        Tensor normalised = RmsNorm.apply(latent, p.get("kv_a_layernorm.weight"), config.epsilon());
        return Heads.split(Tensors.concat(2, List.of(normalised, key)), config.cacheWidth());
    }

    private Tensor rotateLast(Tensor x, UnaryOperator<Tensor> rotation) {
        int kept = x.extent(3) - config.qkRopeHeadDim();
        Tensor rotated = rotation.apply(x.slice(3, kept, x.extent(3)));
        return Tensors.concat(3, List.of(x.slice(3, 0, kept), rotated));
    }

    // to latents (B, S, 1, R + M) of all positions, whose keys and values are computed
    private Tensor attendExpanded(Params p, Tensor q, Tensor latents, SequenceLayout s, ActivationHook activationHook) {
        int heads = dims.heads();
        int nope = config.qkNopeHeadDim();
        Tensor latent = Heads.merge(latents.slice(3, 0, config.kvLoraRank()));
        Tensor kv = Heads.split(kvB().apply(p, latent), nope + config.vHeadDim());
        Tensor shared = Heads.repeat(latents.slice(3, config.kvLoraRank(), config.cacheWidth()), heads);
        Tensor k = Tensors.concat(3, List.of(kv.slice(3, 0, nope), shared));
        Tensor v = kv.slice(3, nope, nope + config.vHeadDim());
        if (activationHook.wants(ActivationHook.MATRIX)) {
            activationHook.publish(
                    ActivationHook.MATRIX, op(latents.extent(1), s).weights(List.of(q, k, v)));
        }
        return attend(q, k, v, latents.extent(1), s);
    }

    private Tensor attendLatents(Params p, Tensor q, Tensor cache, StateSlots one) {
        int nope = config.qkNopeHeadDim();
        int rank = config.kvLoraRank();
        Tensor expansion =
                p.get("kv_b_proj.weight").cast(DType.F32).reshape(dims.heads(), nope + config.vHeadDim(), rank);
        Tensor absorbed = perHead(q.slice(3, 0, nope), expansion.slice(1, 0, nope), false);
        Tensor queries = Tensors.concat(3, List.of(absorbed, q.slice(3, nope, config.qkHeadDim())));
        // the rotated keys are averaged as well, and left out: so the cache is read in place
        Tensor means = attend(queries, cache, cache, one.length(), one.layout()).slice(3, 0, rank);
        return perHead(means, expansion.slice(1, nope, nope + config.vHeadDim()), true);
    }

    // x (B, T, H, K) times a matrix (H, K, N) of each head, or the transpose of (H, N, K)
    private static Tensor perHead(Tensor x, Tensor matrices, boolean transpose) {
        int rows = x.extent(0) * x.extent(1);
        Tensor y = x.reshape(rows, x.extent(2), x.extent(3))
                .permute(1, 0, 2)
                .matmul(matrices, false, transpose)
                .permute(1, 0, 2);
        return y.reshape(x.extent(0), x.extent(1), x.extent(2), y.extent(2));
    }

    private Tensor attend(Tensor q, Tensor k, Tensor v, int keys, SequenceLayout s) {
        return Tensors.apply(op(keys, s), q, k, v).getFirst();
    }

    private SoftmaxAttention op(int keys, SequenceLayout s) {
        return new SoftmaxAttention(config.effectiveScale(), true, keys, s);
    }

    private Tensor projectHeads(Params p, Tensor heads, ActivationHook activationHook) {
        if (activationHook.wants(ActivationHook.HEADS)) {
            activationHook.publish(ActivationHook.HEADS, heads);
        }
        return o().apply(p, Heads.merge(heads));
    }

    /** Returns the parameters of a latent attention layer of the same shapes; nothing of other attention. */
    @Override
    public Map<String, Tensor> initFrom(AttentionWeights from) {
        Map<String, Tensor> initial = new LinkedHashMap<>();
        for (ParamSpec spec : from.isLatent() ? parameters() : List.<ParamSpec>of()) {
            Tensor tensor = from.tensors().get(spec.name());
            if (tensor != null && tensor.shape().equals(spec.shape())) {
                initial.put(spec.name(), tensor);
            }
        }
        return initial;
    }
}
