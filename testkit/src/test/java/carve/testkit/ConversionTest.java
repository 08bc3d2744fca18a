package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerCatalog;
import carve.api.mixer.MixerDims;
import carve.api.mixer.MixerProvider;
import carve.api.mixer.MixerState;
import carve.api.mixer.Probe;
import carve.api.model.Conversion;
import carve.api.model.Conversion.Fate;
import carve.api.model.LayerChoice;
import carve.api.model.LayerPlan;
import carve.api.model.LoadedModel;
import carve.api.model.ModelFolder;
import carve.api.model.Storage;
import carve.api.op.Sequences;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
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
    private record Scaled(Retention whole) implements Mixer {
        @Override
        public List<ParamSpec> parameters() {
            List<ParamSpec> more = new ArrayList<>(whole.parameters());
            more.add(new ParamSpec("scale", Shape.of(1), Init.ONES));
            return more;
        }

        @Override
        public Tensor forward(Params p, Tensor x, Sequences s, Probe probe) {
            return whole.forward(p, x, s, probe).multiply(p.get("scale"));
        }

        @Override
        public MixerState newState(Device device, int batch, int capacity) {
            return whole.newState(device, batch, capacity);
        }

        @Override
        public Tensor advance(Params p, Tensor x, MixerState state) {
            return whole.advance(p, x, state).multiply(p.get("scale"));
        }

        @Override
        public boolean constantState() {
            return whole.constantState();
        }

        @Override
        public long stateBytes(int batch, long positions) {
            return whole.stateBytes(batch, positions);
        }

        @Override
        public Map<String, Tensor> seed(AttentionWeights from) {
            Map<String, Tensor> seed = new HashMap<>(from.tensors());
            seed.remove("k_proj.weight");
            seed.put("o_proj.weight", seed.get("o_proj.weight").multiply(0.5));
            return seed;
        }
    }

    private record Provider(String name) implements MixerProvider {
        @Override
        public Mixer create(MixerDims dims, Settings settings) {
            return new Scaled(new Retention(dims, 0.9));
        }
    }

    private static final MixerCatalog MIXERS =
            MixerList.of(new Retention.Provider(), new Provider("scaled"), new Provider("third"));

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
        return new LayerPlan(List.of(words).stream().map(LayerChoice::of).toList());
    }

    private static Map<String, Fate> mixer(List<Conversion.Entry> account, int layer) {
        Map<String, Fate> fates = new TreeMap<>();
        String prefix = "layers." + layer + ".mixer.";
        account.stream()
                .filter(entry -> entry.name().startsWith(prefix))
                .forEach(entry -> fates.put(entry.name().substring(prefix.length()), entry.fate()));
        return fates;
    }

    @Test
    void everyTensorIsAccountedFor() throws IOException {
        try (Device device = new ReferenceDevice();
                ModelFolder teacher = open(save("t", DType.F32, "retention", "retention"))) {
            Conversion conversion = Conversion.of(teacher, plan("keep", "scaled"), MIXERS, device, 42);
            assertEquals(List.of(1), conversion.converted());
            List<Conversion.Entry> account = conversion.account();
            assertEquals(
                    Map.of(
                            "q_proj.weight",
                            Fate.TAKEN,
                            "k_proj.weight",
                            Fate.NEW,
                            "v_proj.weight",
                            Fate.TAKEN,
                            "o_proj.weight",
                            Fate.TRANSFORMED,
                            "scale",
                            Fate.NEW),
                    mixer(account, 1));
            account.stream()
                    .filter(entry -> !entry.name().startsWith("layers.1.mixer."))
                    .forEach(entry -> assertEquals(Fate.TAKEN, entry.fate(), entry.name()));
        }
    }

    @Test
    void whatTheStudentLacksIsDropped() throws IOException {
        try (Device device = new ReferenceDevice();
                ModelFolder teacher = open(save("t", DType.F32, "retention", "scaled"))) {
            Conversion conversion = Conversion.of(teacher, plan("keep", "retention"), MIXERS, device, 42);
            assertEquals(Fate.DROPPED, mixer(conversion.account(), 1).get("scale"));
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
        for (Conversion.Entry entry : conversion.account()) {
            String name = entry.name();
            if (entry.fate() == Fate.TAKEN) {
                assertEquals(teacher.tensors().type(name), student.tensors().type(name), name);
                assertEquals(
                        -1,
                        teacher.tensors().data(name).mismatch(student.tensors().data(name)),
                        name);
            }
        }
        try (Device device = new ReferenceDevice();
                LoadedModel old = teacher.load(device, Storage.F32);
                LoadedModel made = student.load(device, Storage.F32)) {
            String name = "layers.1.mixer.o_proj.weight";
            Close.bits(name, old.params().get(name).multiply(0.5), made.params().get(name));
        }
    }

    private static void distilled(Path teacher, Path student, LayerPlan plan) {
        Path seeded = student.resolveSibling(student.getFileName() + " seeded");
        try (Device device = new ReferenceDevice();
                ModelFolder folder = open(teacher)) {
            Conversion.of(folder, plan, MIXERS, device, 42).save(seeded, _ -> {});
            try (ModelFolder other = open(seeded);
                    LoadedModel model = other.load(device, Storage.F32)) {
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
            Conversion conversion = fresh.continuing(earlier);
            List<Conversion.Entry> account = conversion.account();
            assertEquals(
                    List.of(Fate.CONTINUED),
                    mixer(account, 0).values().stream().distinct().toList());
            assertEquals(mixer(fresh.account(), 1), mixer(account, 1));
            for (Conversion.Entry entry : account) {
                var from = entry.fate() == Fate.CONTINUED ? earlier.tensors() : fresh.tensors();
                assertEquals(
                        -1,
                        from.data(entry.name()).mismatch(conversion.tensors().data(entry.name())),
                        entry.name());
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
                            + ": as an earlier student it does not fit the plan:\n  none of the layers that the plan converts,"
                            + " [1], is converted there",
                    assertThrows(SettingsException.class, () -> conversion.continuing(earlier))
                            .getMessage());
            assertEquals(
                    other
                            + ": expected an earlier student, small of 2 layers of width 24; found small of 3 layers of width 24",
                    assertThrows(SettingsException.class, () -> conversion.continuing(longer))
                            .getMessage());
        }
        Path third = save("third", DType.F32, "third", "retention");
        try (Device device = new ReferenceDevice();
                ModelFolder teacher = open(teachers);
                ModelFolder earlier = open(third)) {
            Conversion conversion = Conversion.of(teacher, plan("scaled", "scaled"), MIXERS, device, 42);
            assertEquals(
                    third
                            + ": as an earlier student it does not fit the plan:\n  layer 0 is third there, the plan has scaled",
                    assertThrows(SettingsException.class, () -> conversion.continuing(earlier))
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
