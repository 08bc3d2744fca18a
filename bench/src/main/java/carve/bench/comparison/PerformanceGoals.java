package carve.bench.comparison;

import carve.api.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The ratios that are asked for.
 *
 * @param measurementFiles what was gathered
 */
record PerformanceGoals(MeasurementFiles measurementFiles) {
    private static final List<String> TYPES = List.of("f32", "bf16", "q8_0", "q4_0");
    private static final List<Integer> PROMPTS = List.of(512, 2048);
    private static final List<Integer> ANSWERS = List.of(32, 64);
    private static final String DEEP = " @ d105472";

    /** Returns those for which there are figures. */
    List<SpeedRatio> ratios() throws IOException {
        List<SpeedRatio> ratios = new ArrayList<>();
        for (String model : List.of("mamba2-130m", "mamba2-370m", "llama-1b")) {
            for (String type : TYPES) {
                for (int prompt : PROMPTS) {
                    add(ratios, model + "-" + type, "pp" + prompt, prompt, 0, prefillGoal(model, type));
                }
                for (int answer : ANSWERS) {
                    add(ratios, model + "-" + type, "tg" + answer, 0, answer, decodeGoal(model, type));
                }
            }
        }
        jlama(ratios);
        machine(ratios);
        return ratios;
    }

    private static double prefillGoal(String model, String type) {
        if (model.startsWith("llama")) {
            return type.startsWith("q") ? 0.8 : 0;
        }
        return switch (type) {
            case "f32", "bf16" -> 1.2;
            case "q8_0" -> 1;
            default -> 0;
        };
    }

    private static double decodeGoal(String model, String type) {
        if (model.startsWith("llama")) {
            return type.startsWith("q") ? 0.8 : 0;
        }
        return type.equals("q4_0") ? 0 : 1;
    }

    private void add(List<SpeedRatio> ratios, String model, String test, int prompt, int answer, double goal)
            throws IOException {
        put(
                ratios,
                model + " " + test,
                "llama.cpp",
                measurementFiles.carve(model, test),
                measurementFiles.llamaCpp(model, prompt, answer),
                "tokens/s",
                goal);
    }

    private static void put(
            List<SpeedRatio> ratios,
            String work,
            String against,
            OptionalDouble ours,
            OptionalDouble theirs,
            String unit,
            double goal) {
        if (ours.isPresent() && theirs.isPresent()) {
            ratios.add(new SpeedRatio(work, against, ours.getAsDouble(), theirs.getAsDouble(), unit, goal));
        }
    }

    // its weights have 4 bits whatever ours have
    private void jlama(List<SpeedRatio> ratios) throws IOException {
        for (String type : List.of("q8_0", "q4_0")) {
            for (String test : List.of("pp512", "tg32", "tg64")) {
                put(
                        ratios,
                        "llama-1b-" + type + " " + test,
                        "Jlama, native, JQ4",
                        measurementFiles.carve("llama-1b-" + type, test),
                        measurementFiles.peer("jlama", "llama-1b", test),
                        "tokens/s",
                        1.3);
            }
        }
    }

    private void machine(List<SpeedRatio> ratios) throws IOException {
        List<JsonObject> limits = measurementFiles.lines("cpu-").stream()
                .filter(line -> line.has("bandwidth"))
                .toList();
        OptionalDouble bandwidth = best(limits, "bandwidth");
        for (int answer : ANSWERS) {
            OptionalDouble rate = MeasurementFiles.median(
                    measurementFiles.lines("ours-"),
                    line -> line.string("model").equals("llama-1b-bf16.gguf")
                            && line.string("test").equals("tg" + answer),
                    line -> MeasurementFiles.numbers(line, "seconds").stream()
                            .map(seconds -> line.real("weight-bytes") * answer / seconds * 1e-9)
                            .toList());
            put(ratios, "llama-1b-bf16 tg" + answer, "reading memory", rate, scaled(bandwidth), "GB/s", 0.85);
        }
        put(
                ratios,
                "decay scan, forward and backward, T 2048, 16 heads x 128",
                "PyTorch, chunked SSD",
                inverse(sum("decay scan forward", "decay scan backward")),
                inverse(MeasurementFiles.median(
                        measurementFiles.lines("torch-"),
                        line -> true,
                        line -> List.of(line.real("forward_backward_ms") * 1e-3))),
                "runs/s",
                3);
        put(
                ratios,
                "attention forward, T 2048, 16 heads x 128",
                "F32 FMA",
                MeasurementFiles.median(
                        op("softmax attention forward"),
                        line -> line.has("median"),
                        line -> List.of(line.real("flops") / line.real("median") * 1e-9)),
                scaled(best(limits, "flops")),
                "GFLOP/s",
                0.5);
        for (int answer : ANSWERS) {
            put(
                    ratios,
                    "mamba2-130m-bf16 tg" + answer + DEEP,
                    "at depth 0",
                    measurementFiles.carve("mamba2-130m-bf16", "tg" + answer + DEEP),
                    measurementFiles.carve("mamba2-130m-bf16", "tg" + answer),
                    "tokens/s",
                    0.97);
        }
    }

    private static OptionalDouble best(List<JsonObject> limits, String key) {
        return limits.stream().mapToDouble(line -> line.real(key)).max();
    }

    private static OptionalDouble scaled(OptionalDouble value) {
        return value.isPresent() ? OptionalDouble.of(value.getAsDouble() * 1e-9) : value;
    }

    private static OptionalDouble inverse(OptionalDouble value) {
        return value.isPresent() ? OptionalDouble.of(1 / value.getAsDouble()) : value;
    }

    private List<JsonObject> op(String name) throws IOException {
        return measurementFiles.lines("cpu-").stream()
                .filter(line -> line.has("name")
                        && line.string("name").equals(name)
                        && line.string("shape").contains("T 2048"))
                .toList();
    }

    private OptionalDouble sum(String... names) throws IOException {
        double sum = 0;
        for (String name : names) {
            OptionalDouble median =
                    MeasurementFiles.median(op(name), line -> line.has("median"), line -> List.of(line.real("median")));
            if (median.isEmpty()) {
                return median;
            }
            sum += median.getAsDouble();
        }
        return OptionalDouble.of(sum);
    }
}
