package carve.app.integration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.CpuTarget;
import carve.api.device.Device;
import carve.api.device.Kernel;
import carve.api.device.KernelProvider;
import carve.api.device.KernelTarget;
import carve.api.device.ReferenceDevice;
import carve.api.model.LoadedModel;
import carve.api.op.SampleToken;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import carve.api.text.Processor;
import carve.app.TestDistribution;
import carve.runtime.catalog.Catalogs;
import carve.runtime.engine.Completion;
import carve.runtime.engine.EngineModel;
import carve.runtime.engine.GenerationEvent;
import carve.runtime.engine.GenerationJob;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.Generator;
import carve.runtime.engine.ModelEngine;
import carve.runtime.engine.PipelinedDecoder;
import carve.runtime.engine.Prompt;
import carve.runtime.engine.Sampler;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.testkit.HostDevice;
import carve.testkit.SmallFamily;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that sampling on the device gives the tokens that sampling on the host gives. */
final class DeviceSamplingTest {
    private static final Path FIXTURES = Path.of(System.getProperty("carve.fixtures"));
    private static final int TOKENS = 9;

    private static final Sampler GREEDY = Sampler.greedy(Set.of(1));
    private static final Sampler RANDOM = new Sampler(0.9, 20, 0.95, 42, Set.of(1));

    /** A kernel that chooses as the op is defined, and counts; from a call on it finds logits of a second row broken. */
    private static final class SamplingKernels implements KernelProvider {
        private final int brokenFrom;
        private int calls;
        private int pairs;

        SamplingKernels() {
            this(Integer.MAX_VALUE);
        }

        SamplingKernels(int brokenFrom) {
            this.brokenFrom = brokenFrom;
        }

        @Override
        public String name() {
            return "choosing";
        }

        @Override
        public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands, KernelTarget host) {
            return op instanceof SampleToken sample ? Optional.of(kernel(sample, (CpuTarget) host)) : Optional.empty();
        }

        private Kernel kernel(SampleToken op, CpuTarget memory) {
            return new Kernel() {
                @Override
                public String name() {
                    return "defined";
                }

                @Override
                public List<Tensor> forward(List<Tensor> operands) {
                    calls++;
                    Tensor logits = operands.getFirst();
                    pairs += logits.extent(0) == 2 ? 1 : 0;
                    if (logits.extent(0) == 2 && pairs >= brokenFrom) {
                        long last = logits.shape().size() - 1;
                        memory.memory(logits).setAtIndex(ValueLayout.JAVA_FLOAT, last, Float.NaN);
                    }
                    List<Tensor> results = op.results(List.of(logits.type())).stream()
                            .map(memory::allocate)
                            .toList();
                    try (Device reference = new ReferenceDevice()) {
                        Tensor copy = Tensors.upload(reference, logits.type(), memory.memory(logits));
                        List<Tensor> defined = op.reference(List.of(copy));
                        for (int i = 0; i < results.size(); i++) {
                            reference.download(defined.get(i), memory.memory(results.get(i)));
                        }
                    }
                    return results;
                }
            };
        }
    }

    private static final List<Prompt> PROMPTS = List.of(Prompt.text(5, 17, 3, 90), Prompt.text(7, 1, 22, 41));

    private interface Body {
        void run(ModelFolder folder);
    }

    private static void with(String name, Body body) {
        Catalogs catalogs = TestDistribution.catalogs();
        try (ModelFolder folder =
                ModelFolder.open(FIXTURES.resolve(name), catalogs.families().providers(), catalogs.mixerCatalog())) {
            body.run(folder);
        }
    }

    private static List<int[]> answers(
            ModelFolder folder, Device on, Sampler sampler, Set<Integer> stops, List<List<Integer>> told) {
        try (Device device = on;
                LoadedModel model = folder.load(device, WeightPrecision.F32)) {
            Sampler words =
                    sampler.excluding(Set.of(folder.spec().input().imageToken().orElseThrow()));
            List<GenerationRequest> requests = PROMPTS.stream()
                    .map(prompt -> new GenerationRequest(prompt, words, stops, TOKENS))
                    .toList();
            PROMPTS.forEach(_ -> told.add(new ArrayList<>()));
            try (Generator generator = new Generator(model)) {
                return generator
                        .generate(requests, (row, token) -> told.get(row).add(token))
                        .stream()
                        .map(Completion::tokens)
                        .toList();
            }
        }
    }

    private static void same(ModelFolder folder, Sampler sampler, Set<Integer> stops) {
        List<List<Integer>> expectedTold = new ArrayList<>();
        List<List<Integer>> told = new ArrayList<>();
        List<int[]> expected = answers(folder, new ReferenceDevice(), sampler, stops, expectedTold);
        var samplingKernels = new SamplingKernels();
        List<int[]> actual = answers(folder, new HostDevice(samplingKernels), sampler, stops, told);
        assertTrue(samplingKernels.calls > 0, "tokens are chosen on the device");
        for (int row = 0; row < expected.size(); row++) {
            assertArrayEquals(expected.get(row), actual.get(row), "row " + row);
        }
        assertEquals(expectedTold, told);
    }

    @ParameterizedTest
    @ValueSource(strings = {"hovle_tiny", "mmmamba_hybrid_tiny", "matvlm_tiny"})
    void answersAreThoseThatTheHostChooses(String name) {
        with(name, folder -> {
            same(folder, GREEDY, Set.of());
            same(folder, RANDOM, Set.of());
        });
    }

    /** Checks that every token sampled on the device comes from finite logits, not only the first one. */
    @Test
    void rowWithoutFiniteLogitsFailsAlone() {
        with("mmmamba_hybrid_tiny", folder -> {
            List<int[]> expected = answers(folder, new ReferenceDevice(), GREEDY, Set.of(), new ArrayList<>());
            try (ModelEngine engine = engine(folder, new SamplingKernels(3))) {
                List<GenerationJob> jobs = PROMPTS.stream()
                        .map(prompt -> engine.submit(new GenerationRequest(
                                prompt,
                                GREEDY.excluding(Set.of(
                                        folder.spec().input().imageToken().orElseThrow())),
                                Set.of(),
                                TOKENS)))
                        .toList();
                List<List<GenerationEvent>> events =
                        jobs.stream().map(DeviceSamplingTest::events).toList();
                int broken = events.get(0).getLast() instanceof GenerationEvent.Failed ? 0 : 1;
                assertInstanceOf(
                        GenerationEvent.Finished.class, events.get(1 - broken).getLast());
                assertArrayEquals(expected.get(1 - broken), tokens(events.get(1 - broken)));
                GenerationEvent.Failed failed = assertInstanceOf(
                        GenerationEvent.Failed.class, events.get(broken).getLast());
                assertTrue(failed.message().startsWith("A logit is not a number, or is infinite"), failed.message());
                int[] begun = tokens(events.get(broken));
                assertTrue(begun.length > 1 && begun.length < TOKENS, () -> begun.length + " tokens");
                assertArrayEquals(Arrays.copyOf(expected.get(broken), begun.length), begun);
            }
        });
    }

    private static ModelEngine engine(ModelFolder folder, SamplingKernels kernels) {
        return ModelEngine.open(
                "broken",
                () -> {
                    Device device = new HostDevice(kernels);
                    LoadedModel model = folder.load(device, WeightPrecision.F32);
                    Processor letters = new SmallFamily().processor(model.spec(), Path.of("."));
                    return new EngineModel(model, letters, List.of("broken"), List.of(device));
                },
                TestEngines.config(1 << 20, 0, List.of()));
    }

    private static List<GenerationEvent> events(GenerationJob job) {
        List<GenerationEvent> events = new ArrayList<>();
        try {
            while (events.isEmpty()
                    || !(events.getLast() instanceof GenerationEvent.Finished
                            || events.getLast() instanceof GenerationEvent.Failed)) {
                job.take(1000).ifPresent(events::add);
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return events;
    }

    private static int[] tokens(List<GenerationEvent> events) {
        return events.stream()
                .filter(GenerationEvent.TokenGenerated.class::isInstance)
                .mapToInt(event -> ((GenerationEvent.TokenGenerated) event).token())
                .toArray();
    }

    @Test
    void stepsRunAheadOfTheLastTokenAreDropped() {
        with("mmmamba_hybrid_tiny", folder -> {
            List<int[]> free = answers(folder, new ReferenceDevice(), RANDOM, Set.of(), new ArrayList<>());
            Set<Integer> stops = Set.of(free.get(0)[2], free.get(1)[4]);
            same(folder, RANDOM, stops);
            var samplingKernels = new SamplingKernels();
            List<int[]> answers = answers(folder, new HostDevice(samplingKernels), RANDOM, stops, new ArrayList<>());
            int read = Math.max(answers.get(0).length, answers.get(1).length);
            // the steps under way when the first row ends are read for the other
            assertTrue(
                    samplingKernels.calls >= read && samplingKernels.calls < read + PipelinedDecoder.MAX_IN_FLIGHT,
                    () -> samplingKernels.calls + " steps for " + read + " tokens");
        });
    }
}
