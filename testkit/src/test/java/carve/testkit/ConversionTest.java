package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.mixer.ActivationHook;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerCatalog;
import carve.api.mixer.MixerProvider;
import carve.api.mixer.StateSlots;
import carve.api.mixer.StateSpec;
import carve.api.model.LayerPlan;
import carve.api.model.LoadedModel;
import carve.api.model.MixerSpec;
import carve.api.op.SequenceLayout;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.runtime.convert.Conversion;
import carve.runtime.convert.Conversion.Outcome;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A student has of its teacher what the plan leaves it, to the bit, and every tensor is accounted for. */
final class ConversionTest {
    /** Retention with a factor for its output; it takes half of o_proj, and k_proj not at all. */
    private record ScaledMixer(Retention whole) implements Mixer {
        @Override
        public List<ParamSpec> parameters() {
            List<ParamSpec> more = new ArrayList<>(whole.parameters());
            more.add(new ParamSpec("scale", Shape.of(1), Init.ONES));
            return more;
        }

        @Override
        public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook activationHook) {
            return whole.forward(p, x, s, activationHook).multiply(p.get("scale"));
        }

        @Override
        public List<StateSpec> state() {
            return whole.state();
        }

        @Override
        public Tensor advance(Params p, Tensor x, StateSlots slots) {
            return whole.advance(p, x, slots).multiply(p.get("scale"));
        }

        @Override
        public Map<String, Tensor> initFrom(AttentionWeights from) {
            Map<String, Tensor> seed = new HashMap<>(from.projections());
            seed.remove("k_proj.weight");
            if (from.tensors().containsKey("scale")) {
                seed.put("scale", from.tensors().get("scale"));
            }
            seed.put("o_proj.weight", seed.get("o_proj.weight").multiply(0.5));
            return seed;
        }
    }

    private record Provider(String name) implements MixerProvider {
        @Override
        public Mixer create(LayerConfig dims, Settings settings) {
            return new ScaledMixer(new Retention(dims, 0.9));
        }
    }

    private static final MixerCatalog MIXERS =
            TestMixerCatalog.of(new Retention.Provider(), new Provider("scaled"), new Provider("third"));

    @TempDir
    private Path temporary;

    private Path save(String name, DType dtype, String... mixers) throws IOException {
        Path bare = Files.createDirectory(temporary.resolve(name + " without weights"));
        Files.write(
                bare.resolve("config.json"),
                SmallFamily.config(mixers).toString().getBytes(StandardCharsets.UTF_8));
        try (Device device = new ReferenceDevice();
                ModelFolder folder = open(bare);
                LoadedModel model = folder.initial(device, 7)) {
            folder.save(model, temporary.resolve(name), dtype);
        }
        return temporary.resolve(name);
    }

    private static ModelFolder open(Path folder) {
        return ModelFolder.open(folder, List.of(new SmallFamily()), MIXERS);
    }

    private static LayerPlan plan(String... words) {
        return new LayerPlan(List.of(words).stream().map(MixerSpec::of).toList());
    }

    private static Map<String, Outcome> mixer(List<Conversion.TensorReport> account, int layer) {
        Map<String, Outcome> fates = new TreeMap<>();
        String prefix = "layers." + layer + ".mixer.";
        account.stream()
                .filter(tensorReport -> tensorReport.name().startsWith(prefix))
                .forEach(tensorReport ->
                        fates.put(tensorReport.name().substring(prefix.length()), tensorReport.outcome()));
        return fates;
    }

    @Test
    void everyTensorIsAccountedFor() throws IOException {
        try (Device device = new ReferenceDevice();
                ModelFolder teacher = open(save("t", DType.F32, "retention", "retention"))) {
            Conversion conversion = Conversion.of(teacher, plan("keep", "scaled"), MIXERS, device, 42);
            assertEquals(List.of(1), conversion.converted());
            List<Conversion.TensorReport> account = conversion.report();
            assertEquals(
                    Map.of(
                            "q_proj.weight",
                            Outcome.COPIED,
                            "k_proj.weight",
                            Outcome.INITIALISED,
                            "v_proj.weight",
                            Outcome.COPIED,
                            "o_proj.weight",
                            Outcome.TRANSFORMED,
                            "scale",
                            Outcome.INITIALISED),
                    mixer(account, 1));
            account.stream()
                    .filter(tensorReport -> !tensorReport.name().startsWith("layers.1.mixer."))
                    .forEach(tensorReport -> assertEquals(Outcome.COPIED, tensorReport.outcome(), tensorReport.name()));
        }
    }

    @Test
    void whatTheStudentLacksIsDropped() throws IOException {
        try (Device device = new ReferenceDevice();
                ModelFolder teacher = open(save("t", DType.F32, "retention", "scaled"))) {
            Conversion conversion = Conversion.of(teacher, plan("keep", "retention"), MIXERS, device, 42);
            assertEquals(Outcome.DROPPED, mixer(conversion.report(), 1).get("scale"));
        }
    }

    @Test
    void aMixerIsGivenTheOtherTensorsOfAttention() throws IOException {
        try (Device device = new ReferenceDevice();
                ModelFolder teacher = open(save("t", DType.F32, "retention", "scaled"))) {
            Conversion conversion = Conversion.of(teacher, plan("keep", "third"), MIXERS, device, 42);
            assertEquals(Outcome.COPIED, mixer(conversion.report(), 1).get("scale"));
        }
    }

    @Test
    void studentHasTheTeachersBits() throws IOException {
        for (DType dtype : List.of(DType.F32, DType.BF16)) {
            Path students = temporary.resolve("student " + dtype);
            try (AssertingDevice device = new AssertingDevice(new ReferenceDevice());
                    ModelFolder teacher = open(save("teacher " + dtype, dtype, "retention", "retention"))) {
                List<String> begun = new ArrayList<>();
                Conversion conversion = Conversion.of(teacher, plan("keep", "scaled"), MIXERS, device, 42);
                conversion.save(students, begun::add);
                assertEquals(
                        conversion.student().parameters().stream()
                                .map(ParamSpec::name)
                                .sorted()
                                .toList(),
                        begun.stream().sorted().toList(),
                        "told of each parameter once");
                assertEquals(0, device.openBuffers(), "buffers left behind");
                try (ModelFolder student = open(students)) {
                    assertEquals(
                            List.of("retention", "scaled"),
                            student.checkpoint().config().strings("mixers"));
                    assertBits(conversion, teacher, student);
                }
            }
        }
    }

    private static void assertBits(Conversion conversion, ModelFolder teacher, ModelFolder student) {
        for (Conversion.TensorReport tensorReport : conversion.report()) {
            String name = tensorReport.name();
            if (tensorReport.outcome() == Outcome.COPIED) {
                assertEquals(teacher.tensors().type(name), student.tensors().type(name), name);
                assertEquals(
                        -1,
                        teacher.tensors().data(name).mismatch(student.tensors().data(name)),
                        name);
            }
        }
        try (Device device = new ReferenceDevice();
                LoadedModel old = teacher.load(device, WeightPrecision.F32);
                LoadedModel made = student.load(device, WeightPrecision.F32)) {
            String name = "layers.1.mixer.o_proj.weight";
            TensorAssertions.assertBitwiseEqual(
                    name, old.params().get(name).multiply(0.5), made.params().get(name));
        }
    }

    private static void distilled(Path teacher, Path student, LayerPlan plan) {
        Path seeded = student.resolveSibling(student.getFileName() + " seeded");
        try (Device device = new ReferenceDevice();
                ModelFolder folder = open(teacher)) {
            Conversion.of(folder, plan, MIXERS, device, 42).save(seeded, _ -> {});
            try (ModelFolder other = open(seeded);
                    LoadedModel model = other.load(device, WeightPrecision.F32)) {
                for (String name : List.copyOf(model.params().names())) {
                    model.params().put(name, model.params().get(name).multiply(2));
                }
                other.save(model, student);
            }
        }
    }

    @Test
    void conversionsGoOnFromEarlierStudents() throws IOException {
        Path teachers = save("teacher", DType.F32, "retention", "retention");
        Path half = temporary.resolve("half");
        distilled(teachers, half, plan("scaled", "keep"));
        try (Device device = new ReferenceDevice();
                ModelFolder teacher = open(teachers);
                ModelFolder earlier = open(half)) {
            Conversion fresh = Conversion.of(teacher, plan("scaled", "scaled"), MIXERS, device, 42);
            Conversion conversion = fresh.continueFrom(earlier);
            List<Conversion.TensorReport> account = conversion.report();
            assertEquals(
                    List.of(Outcome.CONTINUED),
                    mixer(account, 0).values().stream().distinct().toList());
            assertEquals(mixer(fresh.report(), 1), mixer(account, 1));
            for (Conversion.TensorReport tensorReport : account) {
                var from = tensorReport.outcome() == Outcome.CONTINUED ? earlier.tensors() : fresh.tensors();
                assertEquals(
                        -1,
                        from.data(tensorReport.name())
                                .mismatch(conversion.tensors().data(tensorReport.name())),
                        tensorReport.name());
            }
        }
    }

    @Test
    void earlierStudentsThatDoNotFitAreRefused() throws IOException {
        Path teachers = save("teacher", DType.F32, "retention", "retention");
        Path half = temporary.resolve("half");
        distilled(teachers, half, plan("scaled", "keep"));
        Path other = save("other", DType.F32, "retention", "retention", "retention");
        try (Device device = new ReferenceDevice();
                ModelFolder teacher = open(teachers);
                ModelFolder earlier = open(half);
                ModelFolder longer = open(other)) {
            Conversion conversion = Conversion.of(teacher, plan("keep", "scaled"), MIXERS, device, 42);
            assertEquals(
                    half
                            + ": cannot continue from this student; it does not match the plan:\n  none of the layers that the plan converts,"
                            + " [1], is converted in the student",
                    assertThrows(SettingsException.class, () -> conversion.continueFrom(earlier))
                            .getMessage());
            assertEquals(
                    other
                            + ": expected an earlier student, small of 2 layers of width 24; found small of 3 layers of width 24",
                    assertThrows(SettingsException.class, () -> conversion.continueFrom(longer))
                            .getMessage());
        }
        Path third = save("third", DType.F32, "third", "retention");
        try (Device device = new ReferenceDevice();
                ModelFolder teacher = open(teachers);
                ModelFolder earlier = open(third)) {
            Conversion conversion = Conversion.of(teacher, plan("scaled", "scaled"), MIXERS, device, 42);
            assertEquals(
                    third
                            + ": cannot continue from this student; it does not match the plan:\n  layer 0: the student has third, the plan has scaled",
                    assertThrows(SettingsException.class, () -> conversion.continueFrom(earlier))
                            .getMessage());
        }
    }

    @Test
    void newValuesAreAFunctionOfTheSeed() throws IOException {
        try (Device device = new ReferenceDevice();
                ModelFolder teacher = open(save("t", DType.F32, "retention", "retention"))) {
            List<byte[]> values = new ArrayList<>();
            for (long seed : new long[] {42, 42, 43}) {
                Conversion conversion = Conversion.of(teacher, plan("scaled", "keep"), MIXERS, device, seed);
                values.add(conversion
                        .tensors()
                        .data("layers.0.mixer.k_proj.weight")
                        .toArray(ValueLayout.JAVA_BYTE));
            }
            assertEquals(
                    List.of(true, false),
                    List.of(Arrays.equals(values.get(0), values.get(1)), Arrays.equals(values.get(1), values.get(2))));
        }
    }
}
