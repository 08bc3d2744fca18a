package carve.runtime.model;

import carve.api.config.NameSuggestions;
import carve.api.tensor.DType;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The ways in which matrices of a model are stored, by llama.cpp's names of file types. */
public enum QuantisationMix {
    F32(DType.F32),
    F16(DType.F16),
    BF16(DType.BF16),
    Q8_0(DType.Q8_0),
    Q4_0(DType.Q4_0),
    Q4_1(DType.Q4_1),
    Q5_0(DType.Q5_0),
    Q5_1(DType.Q5_1),
    /** Q4_K, with Q6_K for the output matrix and some of the matrices that matter most. */
    Q4_K_M(DType.Q4_K),
    /** Q5_K, with Q6_K for the output matrix and some of the matrices that matter most. */
    Q5_K_M(DType.Q5_K),
    /** Q6_K. */
    Q6_K(DType.Q6_K);

    private final DType matrices;

    QuantisationMix(DType matrices) {
        this.matrices = matrices;
    }

    /** Returns all names, in lower case. */
    public static List<String> keys() {
        return Arrays.stream(values()).map(QuantisationMix::key).toList();
    }

    /**
     * Returns the mix of a name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static QuantisationMix of(String key) {
        return Arrays.stream(values())
                .filter(mix -> mix.key().equals(key))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException(NameSuggestions.unknown("storage type of matrices", key, keys())));
    }

    /** Returns the name in lower case, as commands and configurations write it. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Returns the type of most matrices. */
    public DType matrices() {
        return matrices;
    }

    /** Returns the type of the output matrix. */
    DType output() {
        return switch (this) {
            case Q4_0 -> DType.Q8_0;
            case Q4_K_M, Q5_K_M -> DType.Q6_K;
            default -> matrices;
        };
    }

    /** Returns the type of the token embedding, which may be the output matrix as well. */
    DType embedding(boolean tied) {
        return tied || this == Q4_0 ? output() : matrices;
    }

    /** Returns whether some matrices have more bits than most. */
    boolean isMixed() {
        return this == Q4_K_M || this == Q5_K_M;
    }

    /**
     * Returns a type whose blocks a row is a whole number of: the same, or the one that llama.cpp takes instead of it (llama-quant.cpp,
     * {@code tensor_type_fallback}), which may not fit either.
     */
    static DType fitting(DType dtype, int width) {
        if (width % dtype.blockElements() == 0) {
            return dtype;
        }
        return switch (dtype) {
            case Q4_K -> DType.Q5_0;
            case Q5_K -> DType.Q5_1;
            case Q6_K -> DType.Q8_0;
            default -> dtype;
        };
    }
}
