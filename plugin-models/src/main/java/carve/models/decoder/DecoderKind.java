package carve.models.decoder;

import carve.api.model.Norm;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The kinds of text decoders, by {@code model_type}, with the defaults of their configurations. */
public enum DecoderKind {
    /** Llama: sequential blocks, RMS norms, gated feed-forward part. */
    LLAMA(DecoderTensorNames.HUGGING_FACE, "rms_norm_eps", 1e-6),
    /** Mistral, as Llama; without a sliding window. */
    MISTRAL(DecoderTensorNames.HUGGING_FACE, "rms_norm_eps", 1e-6),
    /** Qwen2: as Llama, with biases of queries, keys and values. */
    QWEN2(DecoderTensorNames.HUGGING_FACE, "rms_norm_eps", 1e-6),
    /** InternLM2: as Llama, with queries, keys and values in one tensor. */
    INTERNLM2(DecoderTensorNames.INTERN_LM2, "rms_norm_eps", 1e-6),
    /** Phi-1 to Phi-2: parallel blocks, layer norms, biases everywhere, rotation of a part of each head. */
    PHI(DecoderTensorNames.PHI, "layer_norm_eps", 1e-5);

    private final DecoderTensorNames names;
    private final String epsilonKey;
    private final double epsilon;

    DecoderKind(DecoderTensorNames names, String epsilonKey, double epsilon) {
        this.names = names;
        this.epsilonKey = epsilonKey;
        this.epsilon = epsilon;
    }

    /** Returns the kind of a {@code model_type}, if it is one of these. */
    public static Optional<DecoderKind> of(String modelType) {
        return Arrays.stream(values())
                .filter(kind -> kind.modelType().equals(modelType))
                .findFirst();
    }

    /** Returns the {@code model_type}s. */
    public static List<String> modelTypes() {
        return Arrays.stream(values()).map(DecoderKind::modelType).toList();
    }

    private String modelType() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Returns the names of its tensors. */
    DecoderTensorNames names() {
        return names;
    }

    /** Returns the key of the epsilon of its norms. */
    String epsilonKey() {
        return epsilonKey;
    }

    /** Returns the epsilon of a configuration without one. */
    double epsilon() {
        return epsilon;
    }

    boolean isPhi() {
        return this == PHI;
    }

    Norm.Kind norm() {
        return isPhi() ? Norm.Kind.LAYER : Norm.Kind.RMS;
    }
}
