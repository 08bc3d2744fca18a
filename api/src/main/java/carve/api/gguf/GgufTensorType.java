package carve.api.gguf;

import carve.api.gguf.block.BlockFormat;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.ShapeException;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The storage types of GGUF, by their numbers in the file. Those that are a {@link DType} too stay as they are; the others are
 * unpacked, without loss, when a tensor is read.
 */
public enum GgufTensorType {
    F32(0, DType.F32, 0),
    F16(1, DType.F16, 1),
    Q4_0(2, DType.Q4_0, 2),
    Q4_1(3, DType.Q4_1, 3),
    Q5_0(6, DType.Q5_0, 8),
    Q5_1(7, DType.Q5_1, 9),
    Q8_0(8, DType.Q8_0, 7),
    Q2_K(10, BlockFormat.Q2_K, 10),
    Q3_K(11, BlockFormat.Q3_K, 12),
    Q4_K(12, DType.Q4_K, 15),
    Q5_K(13, DType.Q5_K, 17),
    Q6_K(14, DType.Q6_K, 18),
    IQ2_XXS(16, BlockFormat.IQ2_XXS, 19),
    IQ2_XS(17, BlockFormat.IQ2_XS, 20),
    IQ3_XXS(18, BlockFormat.IQ3_XXS, 23),
    IQ1_S(19, BlockFormat.IQ1_S, 24),
    IQ4_NL(20, BlockFormat.IQ4_NL, 25),
    IQ3_S(21, BlockFormat.IQ3_S, 26),
    IQ2_S(22, BlockFormat.IQ2_S, 28),
    IQ4_XS(23, BlockFormat.IQ4_XS, 30),
    I8(24, DType.I8, -1),
    I16(25, DType.I16, -1),
    I32(26, DType.I32, -1),
    I64(27, DType.I64, -1),
    F64(28, DType.F64, -1),
    IQ1_M(29, BlockFormat.IQ1_M, 31),
    BF16(30, DType.BF16, 32),
    TQ1_0(34, BlockFormat.TQ1_0, 36),
    TQ2_0(35, BlockFormat.TQ2_0, 37),
    MXFP4(39, BlockFormat.MXFP4, 38),
    NVFP4(40, BlockFormat.NVFP4, 39),
    Q1_0(41, BlockFormat.Q1_0, 40),
    Q2_0(42, BlockFormat.Q2_0, 41);

    // what ggml called the numbers that files may have had, or that only live inside its products
    private static final Map<Integer, String> REFUSED = Map.ofEntries(
            Map.entry(4, "Q4_2, which llama.cpp removed"),
            Map.entry(5, "Q4_3, which llama.cpp removed"),
            Map.entry(9, "Q8_1, which is for activations"),
            Map.entry(15, "Q8_K, which is for activations"),
            Map.entry(31, "Q4_0_4_4, which llama.cpp removed"),
            Map.entry(32, "Q4_0_4_8, which llama.cpp removed"),
            Map.entry(33, "Q4_0_8_8, which llama.cpp removed"),
            Map.entry(36, "IQ4_NL_4_4, which llama.cpp removed"),
            Map.entry(37, "IQ4_NL_4_8, which llama.cpp removed"),
            Map.entry(38, "IQ4_NL_8_8, which llama.cpp removed"));

    private final int number;
    private final BlockFormat format;
    private final int fileType;

    GgufTensorType(int number, DType dtype, int fileType) {
        this(number, BlockFormat.unchanged(dtype), fileType);
    }

    GgufTensorType(int number, BlockFormat format, int fileType) {
        this.number = number;
        this.format = format;
        this.fileType = fileType;
    }

    static Optional<GgufTensorType> of(int number) {
        return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
    }

    /** Returns the type that stores a dtype as it is, if there is one. */
    public static Optional<GgufTensorType> of(DType dtype) {
        return Arrays.stream(values())
                .filter(type -> !type.isUnpacked() && type.dtype() == dtype)
                .findFirst();
    }

    /** Returns why a number that no type has is refused. */
    static String refusal(int number) {
        String names = Arrays.stream(values()).map(GgufTensorType::name).collect(Collectors.joining(", "));
        return "type %d%s is not supported; there are %s"
                .formatted(number, REFUSED.containsKey(number) ? " (" + REFUSED.get(number) + ")" : "", names);
    }

    /** Returns the number of {@code ggml_type}. */
    public int number() {
        return number;
    }

    /** Returns the type of a tensor after it was read: the same, or what it is unpacked to. */
    public DType dtype() {
        return format.unpacked();
    }

    /** Returns whether tensors of this type are unpacked to another when they are read. */
    public boolean isUnpacked() {
        return format.isUnpacked();
    }

    BlockFormat format() {
        return format;
    }

    /**
     * Returns the size in bytes of a tensor of this type in a file.
     *
     * @throws ShapeException if its rows are no whole number of blocks
     */
    public long bytes(Shape shape) {
        int block = format.elements();
        if (block > 1 && (shape.rank() == 0 || shape.extent(-1) % block != 0)) {
            throw new ShapeException("%s %s: rows lie in blocks, the last extent must be a multiple of %d"
                    .formatted(this, shape, block));
        }
        return Math.multiplyExact(shape.size() / block, (long) format.bytes());
    }

    /** Returns the {@code general.file_type} of files whose matrices are of this type; negative if there is none. */
    public int fileType() {
        return fileType;
    }
}
