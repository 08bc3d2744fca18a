package carve.attention;

import carve.api.config.Settings;
import carve.api.mixer.ActivationHook;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.Projection;
import carve.api.mixer.RotaryEmbedding;
import carve.api.mixer.StateSlots;
import carve.api.mixer.StateSpec;
import carve.api.op.Heads;
import carve.api.op.SequenceLayout;
import carve.api.op.SoftmaxAttention;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.DType;
import carve.api.tensor.Op.BinaryFunction;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Causal softmax attention with grouped keys and values (Ainslie et al. 2023, arXiv:2305.13245) and rotary embedding, as
 * decoder-only Transformers have it; {@link AttentionConfig} says what differs between them.
 *
 * <p>Parameters: {@code q_proj.weight (H K, D)}, {@code k_proj.weight} and {@code v_proj.weight (G K, D)}, {@code
 * o_proj.weight (D, H K)}, and their {@code .bias} where the model has them; {@code q_norm} and {@code k_norm} with the
 * parameters of {@link QkNorm}, if queries and keys are normalised; {@code sinks (H)}, if there are any.
 *
 * <p>Keys and values may be remembered in fewer bits than F32; {@link #forward}, with which one trains, does not.
 *
 * @param dims the dimensions of the layer
 * @param config its settings
 */
public record Attention(LayerConfig dims, AttentionConfig config) implements Mixer {
    private static final String KEYS = "keys"; // (B, S, G, K)
    private static final String VALUES = "values";
    private static final String SINKS = "sinks";

    /** Makes attention as Llama has it, which remembers in F32. */
    public Attention(LayerConfig dims) {
        this(dims, AttentionConfig.plain(DType.F32));
    }

    private Projection q() {
        return new Projection("q_proj", dims.heads() * dims.headWidth(), dims.hidden(), dims.bias());
    }

    private Projection k() {
        return new Projection("k_proj", dims.kvHeads() * dims.headWidth(), dims.hidden(), dims.bias());
    }

    private Projection v() {
        return new Projection("v_proj", dims.kvHeads() * dims.headWidth(), dims.hidden(), dims.bias());
    }

    private Projection o() {
        return new Projection("o_proj", dims.hidden(), dims.heads() * dims.headWidth(), dims.outputBias());
    }

    @Override
    public List<ParamSpec> parameters() {
        List<ParamSpec> specs = new ArrayList<>();
        for (Projection part : List.of(q(), k(), v(), o())) {
            specs.addAll(part.parameters());
        }
        specs.addAll(config.qkNorm().parameters("q_norm", dims.heads(), dims.headWidth(), config.qkNormOffset()));
        specs.addAll(config.qkNorm().parameters("k_norm", dims.kvHeads(), dims.headWidth(), config.qkNormOffset()));
        if (config.sinks()) {
            specs.add(new ParamSpec(SINKS, Shape.of(dims.heads()), Init.ZEROS));
        }
        return List.copyOf(specs);
    }

    @Override
    public List<StateSpec> state() {
        return List.of(
                StateSpec.perPosition(KEYS, dims.kvHeads(), dims.headWidth()).storedAs(config.kvCacheType()),
                StateSpec.perPosition(VALUES, dims.kvHeads(), dims.headWidth()).storedAs(config.kvCacheType()));
    }

    @Override
    public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook activationHook) {
        int[] positions = s.positionIds();
        RotaryEmbedding rotary = dims.rotaryEmbedding();
        Tensor q = rotary.rotate(queries(p, x), positions, s.maxLength());
        Tensor k = rotary.rotate(keys(p, x), positions, s.maxLength());
        SoftmaxAttention op = op(s.positions(), s);
        List<Tensor> operands = operands(p, q, k, values(p, x));
        if (activationHook.wants(ActivationHook.MATRIX)) {
            activationHook.publish(ActivationHook.MATRIX, op.weights(operands));
        }
        return projectHeads(p, Tensors.apply(op, operands).getFirst(), activationHook);
    }

    @Override
    public Tensor advance(Params p, Tensor x, StateSlots slots) {
        Tensor q = dims.rotaryEmbedding().rotate(queries(p, x), slots);
        Tensor k = dims.rotaryEmbedding().rotate(keys(p, x), slots);
        Tensor heads = slots.forEachState(List.of(q, k, values(p, x)), (one, qkv) -> {
            Tensor keys = one.append(KEYS, qkv.get(1));
            Tensor values = one.append(VALUES, qkv.get(2));
            return Tensors.apply(op(one.length(), one.layout()), operands(p, qkv.getFirst(), keys, values))
                    .getFirst();
        });
        return projectHeads(p, heads, ActivationHook.NONE);
    }

    private Tensor queries(Params p, Tensor x) {
        return clip(normalise(p, "q_norm", splitHeads(q().apply(p, x))));
    }

    private Tensor keys(Params p, Tensor x) {
        return clip(normalise(p, "k_norm", splitHeads(k().apply(p, x))));
    }

    private Tensor values(Params p, Tensor x) {
        return clip(splitHeads(v().apply(p, x)));
    }

    private Tensor normalise(Params p, String name, Tensor x) {
        return config.qkNorm().apply(p, name, x, dims.epsilon(), config.qkNormOffset());
    }

    private Tensor clip(Tensor x) {
        if (config.clipQkv() == 0) {
            return x;
        }
        Tensor limit = Tensors.scalar(x.device(), config.clipQkv());
        return x.binary(BinaryFunction.MINIMUM, limit).binary(BinaryFunction.MAXIMUM, limit.negate());
    }

    private SoftmaxAttention op(int keys, SequenceLayout s) {
        double scale = config.scale() == 0 ? 1 / Math.sqrt(dims.headWidth()) : config.scale();
        return new SoftmaxAttention(scale, true, config.window(), config.softCap(), keys, s);
    }

    private List<Tensor> operands(Params p, Tensor q, Tensor k, Tensor v) {
        return config.sinks() ? List.of(q, k, v, p.get(SINKS).cast(DType.F32)) : List.of(q, k, v);
    }

    private Tensor projectHeads(Params p, Tensor heads, ActivationHook activationHook) {
        if (activationHook.wants(ActivationHook.HEADS)) {
            activationHook.publish(ActivationHook.HEADS, heads);
        }
        return o().apply(p, Heads.merge(heads));
    }

    private Tensor splitHeads(Tensor x) {
        return Heads.split(x, dims.headWidth());
    }

    /**
     * Returns the parameters of a softmax attention layer, all of which this one must have in the same shape; nothing of a latent
     * one.
     *
     * @throws IllegalArgumentException if the layer has norms or sinks, and this one is set otherwise
     */
    @Override
    public Map<String, Tensor> initFrom(AttentionWeights from) {
        if (from.isLatent()) {
            return Map.of();
        }
        Map<String, Tensor> initial = new LinkedHashMap<>(from.projections());
        Map<String, Shape> own = new LinkedHashMap<>();
        parameters().forEach(spec -> own.put(spec.name(), spec.shape()));
        from.tensors().forEach((name, tensor) -> {
            if (!initial.containsKey(name) && !tensor.shape().equals(own.get(name))) {
                throw new IllegalArgumentException(
                        "attention: the layer has '%s' %s, for which there is no place with qk-norm=%s, sinks=%s; set both as the model has them"
                                .formatted(
                                        name, tensor.shape(), Settings.enumConstant(config.qkNorm()), config.sinks()));
            }
            initial.put(name, tensor);
        });
        return initial;
    }
}
