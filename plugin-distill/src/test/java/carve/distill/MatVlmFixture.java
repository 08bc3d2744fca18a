package carve.distill;

import carve.api.checkpoint.DTypeConversion;
import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.TensorData;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.data.Sample;
import carve.api.device.Device;
import carve.api.model.LayerPlan;
import carve.api.model.LoadedModel;
import carve.api.model.ModelSpec;
import carve.api.param.ParamSpec;
import carve.api.param.ParamStore;
import carve.api.param.Selector;
import carve.api.stage.ProgressListener;
import carve.api.tensor.DType;
import carve.api.tensor.HostTensor;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import carve.hocon.Hocon;
import carve.models.llava.LlavaFamily;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.runtime.plan.LayerPlanReader;
import carve.runtime.train.StageContext;
import carve.testkit.Fixture;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A fixture's teacher and student on a device. */
record MatVlmFixture(Fixture fixture, LoadedModel teacher, LoadedModel student, NameMap names)
        implements AutoCloseable {
    /** The prefix of the names of initial values. */
    static final String INIT = "init.model.";

    private static final LlavaFamily FAMILY = new LlavaFamily();
    private static final int IMAGE = -200;
    private static final int FEATURES = 15;

    static MatVlmFixture open(Device device) {
        Fixture fixture = Fixture.open("distill_ma/step");
        Path path = Fixture.folder().resolve("matvlm_teacher_tiny");
        try (ModelFolder files = ModelFolder.open(path, List.of(FAMILY), TestCatalogs.CATALOGS.mixerCatalog())) {
            LoadedModel teacher = files.load(device, WeightPrecision.F32);
            LayerPlan plan = LayerPlanReader.read(Hocon.parse("layers = [mamba-in-llama, \"keep x3\"]", "plan"));
            ModelSpec spec = FAMILY.studentSpec(files.spec(), plan, TestCatalogs.CATALOGS.mixerCatalog());
            NameMap names = FAMILY.names(spec);
            return new MatVlmFixture(fixture, teacher, student(fixture, teacher, spec, names), names);
        }
    }

    private static LoadedModel student(Fixture fixture, LoadedModel teacher, ModelSpec spec, NameMap names) {
        Map<String, TensorData> given = new LinkedHashMap<>();
        for (String name : fixture.names()) {
            if (name.startsWith(INIT)) {
                TensorType type = new TensorType(DType.F32, fixture.shape(name));
                given.put(
                        name.substring(INIT.length()),
                        new TensorData(type, MemorySegment.ofArray(fixture.floats(name))));
            }
        }
        TensorSource init = names.toModel(TensorSources.of(given));
        ParamStore params = new ParamStore(teacher.device());
        for (ParamSpec param : spec.parameters()) {
            Tensor value = init.names().contains(param.name())
                    ? Tensors.upload(teacher.device(), init.type(param.name()), init.data(param.name()))
                    : Tensors.of(
                            teacher.device(),
                            param.shape(),
                            teacher.params().get(param.name()).floats());
            params.put(param.name(), value);
        }
        return new LoadedModel(teacher.family(), spec, params);
    }

    /** Returns values by the names of the official student. */
    Map<String, double[]> official(Map<String, Tensor> values) {
        Map<String, TensorData> data = new LinkedHashMap<>();
        values.forEach((name, tensor) ->
                data.put(name, new TensorData(tensor.type(), MemorySegment.ofArray(tensor.floats()))));
        TensorSource checkpoint = names.toCheckpoint(TensorSources.of(data));
        Map<String, double[]> official = new LinkedHashMap<>();
        for (String name : checkpoint.names()) {
            if (fixture.names().contains(INIT + name)) {
                official.put(name, DTypeConversion.doubles(checkpoint.type(name).dtype(), checkpoint.data(name)));
            }
        }
        return official;
    }

    Set<String> trained() {
        Set<String> names =
                new LinkedHashSet<>(student.params().select(Selector.of("layers.0.mixer.**", "input.connector.**")));
        return names;
    }

    StageContext context(Path folder, List<Sample> samples, ProgressListener progressListener) {
        return new StageContext(
                Optional.of(teacher),
                student,
                List.of(0),
                new FixtureDataSource(samples),
                folder,
                Optional.empty(),
                false,
                progressListener);
    }

    /** Returns the rows of a batch, with a token for each position of a picture. */
    List<Sample> samples(String prefix) {
        int[] ids = fixture.ints("in." + prefix + "input_ids");
        int[] labels = fixture.ints("in." + prefix + "labels");
        float[] pixels = fixture.floats("in." + prefix + "images");
        Shape picture = fixture.shape("in." + prefix + "images").with(0, 1);
        int rows = fixture.shape("in." + prefix + "input_ids").extent(0);
        int each = ids.length / rows;
        List<Sample> samples = new ArrayList<>();
        for (int b = 0; b < rows; b++) {
            List<Integer> tokens = new ArrayList<>();
            List<Boolean> answers = new ArrayList<>();
            for (int t = b * each; t < (b + 1) * each && present(prefix, t); t++) {
                for (int i = 0; i < (ids[t] == IMAGE ? FEATURES : 1); i++) {
                    tokens.add(ids[t]);
                    answers.add(labels[t] >= 0);
                }
            }
            boolean[] answer = new boolean[tokens.size()];
            for (int t = 0; t < answer.length; t++) {
                answer[t] = answers.get(t);
            }
            int size = (int) picture.size();
            samples.add(new Sample(
                    tokens.stream().mapToInt(i -> i).toArray(),
                    answer,
                    Map.of("images", new HostTensor(picture, Arrays.copyOfRange(pixels, b * size, (b + 1) * size)))));
        }
        return samples;
    }

    private boolean present(String prefix, int at) {
        String mask = "in." + prefix + "attention_mask";
        return !fixture.names().contains(mask) || fixture.ints(mask)[at] == 1;
    }

    @Override
    public void close() {
        fixture.close();
        teacher.close();
        student.close();
    }
}
