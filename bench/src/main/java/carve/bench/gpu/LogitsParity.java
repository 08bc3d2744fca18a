package carve.bench.gpu;

import carve.api.checkpoint.DTypeConversion;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.model.ActivationRecorder;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.op.SequenceLayout;
import carve.api.param.ParamStore;
import carve.api.tensor.DType;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.runtime.safetensors.SafeTensorsFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Logits of the fixtures' models, of text: in F32 against those that the official code computed in float64; in BF16 against
 * those of the same rounded weights on the reference device, since what rounding weights changes is no fault of a card.
 */
final class LogitsParity {
    private static final String PART = "agreement with the fixtures";
    private static final List<String> MODELS =
            List.of("hovle_tiny", "mmmamba_linear_tiny", "mmmamba_hybrid_tiny", "matvlm_teacher_tiny", "matvlm_tiny");
    private static final List<String> CASES = List.of("L7s0", "L64s2");
    private static final double F32 = 1e-4;
    private static final double BF16 = 2e-2;

    private final BenchmarkSession benchmarkSession;
    private final Path fixtures;

    LogitsParity(BenchmarkSession benchmarkSession, Path fixtures) {
        this.benchmarkSession = benchmarkSession;
        this.fixtures = fixtures;
    }

    /** Returns a figure for each model and storage type. */
    List<Measurement> figures() {
        List<Measurement> figures = new ArrayList<>();
        for (String model : MODELS) {
            if (Files.exists(fixtures.resolve(model)) && benchmarkSession.hasTimeLeft()) {
                figures.add(figure(model, DType.F32, CudaSettings.of("f32"), F32));
                figures.add(figure(model, DType.BF16, CudaSettings.of("bf16"), BF16));
            }
        }
        return figures;
    }

    private Measurement figure(String name, DType dtype, CudaSettings settings, double limit) {
        Path folder = fixtures.resolve(name);
        try (Device device = benchmarkSession.open(settings);
                ModelFolder opened = benchmarkSession.model(folder);
                LoadedModel model = stored(opened, device, dtype);
                SafeTensorsFile io = SafeTensorsFile.open(folder.resolve("io.safetensors"));
                SafeTensorsFile truth = SafeTensorsFile.open(folder.resolve("io.f64.safetensors"))) {
            double worst = 0;
            long same = 0;
            long rows = 0;
            for (String each : CASES) {
                if (!truth.names().contains("out." + each + ".logits")) {
                    continue;
                }
                double[] expected = dtype == DType.F32
                        ? doubles(truth, "out." + each + ".logits")
                        : rounded(opened, dtype, io, each);
                float[] actual = logits(model, io, each);
                worst = Math.max(worst, difference(expected, actual));
                int width = model.spec().vocabulary();
                for (int from = 0; from < expected.length; from += width) {
                    int begin = actual.length - expected.length + from;
                    same += best(expected, from, width) == best(actual, begin, width) ? 1 : 0;
                    rows++;
                }
            }
            String verdict = worst <= limit ? "within" : "NOT WITHIN";
            return Measurement.number(
                    PART,
                    name + " in " + dtype,
                    worst,
                    "of the rms",
                    String.format(
                            Locale.ROOT,
                            "%s %.0e; best token the same at %d of %d positions",
                            verdict,
                            limit,
                            same,
                            rows));
        }
    }

    private static double[] rounded(ModelFolder folder, DType dtype, SafeTensorsFile io, String name) {
        try (Device reference = new ReferenceDevice();
                LoadedModel model = stored(folder, reference, dtype)) {
            float[] logits = logits(model, io, name);
            return IntStream.range(0, logits.length).mapToDouble(i -> logits[i]).toArray();
        }
    }

    private static LoadedModel stored(ModelFolder folder, Device device, DType dtype) {
        LoadedModel model = folder.load(device, WeightPrecision.F32);
        ParamStore params = model.params();
        for (String name : List.copyOf(params.names())) {
            if (params.get(name).shape().rank() == 2) {
                Scope.run(device, () -> params.put(name, params.get(name).cast(dtype)));
            }
        }
        return model;
    }

    private static float[] logits(LoadedModel model, SafeTensorsFile io, String name) {
        String ids = "in." + name + ".input_ids";
        Shape shape = io.type(ids).shape();
        int[] tokens = DTypeConversion.ints(io.type(ids).dtype(), io.data(ids));
        var modelInputs = new ModelInputs(tokens, SequenceLayout.unpadded(shape.extent(0), shape.extent(1)), Map.of());
        return Scope.run(
                        model.device(),
                        () -> List.<Tensor>of(
                                model.model().forward(model.params(), modelInputs, ActivationRecorder.NONE)))
                .getFirst()
                .floats();
    }

    private static double[] doubles(SafeTensorsFile file, String name) {
        return DTypeConversion.doubles(file.type(name).dtype(), file.data(name));
    }

    // rms of the difference over rms of what is expected; a file may hold the last positions only
    private static double difference(double[] expected, float[] actual) {
        double difference = 0;
        double square = 0;
        for (int i = 0; i < expected.length; i++) {
            double error = actual[actual.length - expected.length + i] - expected[i];
            difference += error * error;
            square += expected[i] * expected[i];
        }
        return Math.sqrt(difference / square);
    }

    private static int best(double[] values, int from, int width) {
        int best = 0;
        for (int i = 1; i < width; i++) {
            best = values[from + i] > values[from + best] ? i : best;
        }
        return best;
    }

    private static int best(float[] values, int from, int width) {
        int best = 0;
        for (int i = 1; i < width; i++) {
            best = values[from + i] > values[from + best] ? i : best;
        }
        return best;
    }
}
