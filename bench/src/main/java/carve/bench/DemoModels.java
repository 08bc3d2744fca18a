package carve.bench;

import carve.api.config.Settings;
import carve.api.config.TreeSettings;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.model.Conversion;
import carve.api.model.LayerPlan;
import carve.api.model.PlanReader;
import carve.api.model.LoadedModel;
import carve.api.model.ModelFolder;
import carve.api.model.Processor;
import carve.api.model.Sample;
import carve.api.model.Storage;
import carve.api.stage.DataProvider;
import carve.api.stage.DataSource;
import carve.hocon.Hocon;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;

/**
 * The demo's teacher and the student that becomes of it, and what they learn from.
 *
 * @param teacher a folder with weights
 * @param student a folder with weights, whose layers are all Mamba-2
 * @param samples conversations about pictures
 */
record DemoModels(Path teacher, Path student, FixedSamples samples) {
    private static final int ROWS = 16;
    private static final long SEED = 42;
    private static final String DATA = """
            type = shapes, pixels = 48, light-percent = 0, max-figures = 3, max-pairs = 8, turns = 1
            shares { count = 0.1, colour = 0.1, shape = 0.1, position = 0.1, existence = 0.1, description = 2, recall = 0.1 }
            """;
    private static final String PLAN = """
            mixers { mamba2 { type = mamba2, seed = mimic } }
            repeat = [mamba2]
            """;

    /** Returns the demo's models from a folder, which may have no weights yet: initial ones are as fast. */
    static DemoModels of(Bench bench, Path folder, Folders folders) {
        Path teacher = folders.yet();
        Path student = folders.yet();
        try (Device device = new ReferenceDevice();
                ModelFolder given = bench.model(folder)) {
            try (LoadedModel model = given.trained() ? given.load(device, Storage.F32) : given.initial(device, SEED)) {
                given.save(model, teacher);
            }
            FixedSamples samples = samples(bench, given);
            try (ModelFolder saved = bench.model(teacher)) {
                TreeSettings settings = Hocon.parse(PLAN, "bench");
                LayerPlan plan = PlanReader.read(settings, saved.spec().layers().size());
                Conversion.of(saved, plan, bench.catalogs().mixerCatalog(), device, SEED)
                        .save(student, _ -> {});
            }
            return new DemoModels(teacher, student, samples);
        }
    }

    private static FixedSamples samples(Bench bench, ModelFolder folder) {
        try (Processor processor = folder.processor();
                DataSource data = bench.catalogs()
                        .data()
                        .create(
                                Hocon.parse(DATA, "bench"),
                                (DataProvider provider, Settings settings) ->
                                        provider.open(settings, processor, SEED))) {
            List<Sample> samples = LongStream.range(0, ROWS)
                    .mapToObj(i -> data.sample(i).orElseThrow())
                    .toList();
            return new FixedSamples(samples);
        }
    }
}
