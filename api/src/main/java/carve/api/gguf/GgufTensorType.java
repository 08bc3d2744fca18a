package carve.api.gguf;

import carve.api.tensor.DType;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The storage types of GGUF that Carve has too, by their numbers in the file. */
public enum GgufTensorType {
    F32(0, DType.F32, 0),
    F16(1, DType.F16, 1),
    Q4_0(2, DType.Q4_0, 2),
    Q4_1(3, DType.Q4_1, 3),
    Q8_0(8, DType.Q8_0, 7),
    Q4_K(12, DType.Q4_K, 15),
    Q5_K(13, DType.Q5_K, 17),
    Q6_K(14, DType.Q6_K, 18),
    I8(24, DType.I8, -1),
    I16(25, DType.I16, -1),
    I32(26, DType.I32, -1),
    I64(27, DType.I64, -1),
    F64(28, DType.F64, -1),
    BF16(30, DType.BF16, 32);

    // what llama.cpp calls the numbers that are not here
    private static final List<String> OTHERS =
            List.of("", "", "", "", "", "", "Q5_0", "Q5_1", "", "Q8_1", "Q2_K", "Q3_K", "", "", "", "Q8_K");

    private final int number;
    private final DType dtype;
    private final int fileType;

    GgufTensorType(int number, DType dtype, int fileType) {
        this.number = number;
        this.dtype = dtype;
        this.fileType = fileType;
    }

    static Optional<GgufTensorType> of(int number) {
        return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
    }

    /** Returns the type that stores a dtype, if there is one. */
    public static Optional<GgufTensorType> of(DType dtype) {
        return Arrays.stream(values()).filter(type -> type.dtype == dtype).findFirst();
    }

    /** Returns what to call a number in a message. */
    static String describe(int number) {
        boolean named =
                number >= 0 && number < OTHERS.size() && !OTHERS.get(number).isEmpty();
        return "type " + number + (named ? " (" + OTHERS.get(number) + ")" : "");
    }

    /** Returns the number of {@code ggml_type}. */
    public int number() {
        return number;
    }

    DType dtype() {
        return dtype;
    }

    /** Returns the {@code general.file_type} of files whose matrices are of this type. */
    public int fileType() {
        return fileType;
    }
}
