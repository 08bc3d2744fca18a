package carve.bench;

import carve.api.config.Settings;
import carve.api.config.TreeSettings;
import carve.api.data.Dataset;
import carve.api.data.DatasetProvider;
import carve.api.data.Sample;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.model.LayerPlan;
import carve.api.model.LoadedModel;
import carve.api.text.Processor;
import carve.hocon.Hocon;
import carve.runtime.convert.Conversion;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.runtime.plan.LayerPlanReader;
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
            type = shapes, image-size = 48, light-background-percent = 0, max-shapes = 3, max-recall-pairs = 8, turns = 1
            question-weights { count = 0.1, colour = 0.1, shape = 0.1, position = 0.1, existence = 0.1, description = 2, recall = 0.1 }
            """;
    private static final String PLAN = """
            mixers { mamba2 { type = mamba2, init = mimic } }
            repeat = [mamba2]
            """;

    /** Returns the demo's models from a folder, which may have no weights yet: initial ones are as fast. */
    static DemoModels of(BenchmarkContext benchmarkContext, Path folder, TemporaryFolders temporaryFolders) {
        Path teacher = temporaryFolders.reserve();
        Path student = temporaryFolders.reserve();
        try (Device device = new ReferenceDevice();
                ModelFolder given = benchmarkContext.openModel(folder)) {
            try (LoadedModel model =
                    given.hasWeights() ? given.load(device, WeightPrecision.F32) : given.initial(device, SEED)) {
                given.save(model, teacher);
            }
            FixedSamples samples = samples(benchmarkContext, given);
            try (ModelFolder saved = benchmarkContext.openModel(teacher)) {
                TreeSettings settings = Hocon.parse(PLAN, "bench");
                LayerPlan plan =
                        LayerPlanReader.read(settings, saved.spec().layers().size());
                Conversion.of(saved, plan, benchmarkContext.catalogs().mixerCatalog(), device, SEED)
                        .save(student, _ -> {});
            }
            return new DemoModels(teacher, student, samples);
        }
    }

    private static FixedSamples samples(BenchmarkContext benchmarkContext, ModelFolder folder) {
        try (Processor processor = folder.processor();
                Dataset data = benchmarkContext
                        .catalogs()
                        .data()
                        .create(
                                Hocon.parse(DATA, "bench"),
                                (DatasetProvider provider, Settings settings) ->
                                        provider.open(settings, processor, SEED))) {
            List<Sample> samples = LongStream.range(0, ROWS)
                    .mapToObj(i -> data.sample(i).orElseThrow())
                    .toList();
            return new FixedSamples(samples);
        }
    }
}
