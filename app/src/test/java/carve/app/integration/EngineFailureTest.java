package carve.app.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.checkpoint.CheckpointException;
import carve.api.device.Device;
import carve.api.device.KernelPolicy;
import carve.api.device.ReferenceDevice;
import carve.api.model.LoadedModel;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensors;
import carve.app.TestDistribution;
import carve.runtime.catalog.Catalogs;
import carve.runtime.device.DeviceSelector;
import carve.runtime.device.ReferenceDeviceProvider;
import carve.runtime.engine.EngineException;
import carve.runtime.engine.EngineModel;
import carve.runtime.engine.GenerationEvent;
import carve.runtime.engine.GenerationJob;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.Generator;
import carve.runtime.engine.ModelEngine;
import carve.runtime.engine.ModelFiles;
import carve.runtime.engine.Prompt;
import carve.runtime.engine.Sampler;
import carve.runtime.engine.TokenListener;
import carve.testkit.SmallFamily;
import carve.testkit.SmallModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is thrown while a request is processed ends that request, and the model goes on answering. */
@Timeout(60)
final class EngineFailureTest {
    private static final Runnable NOTHING = () -> {};
    private static final String TABLE = "input.tokens.weight";

    private final AtomicReference<Runnable> fault = new AtomicReference<>(NOTHING);
    private final AtomicReference<Runnable> loadFault = new AtomicReference<>(NOTHING);
    private final AtomicInteger loads = new AtomicInteger();

    private ModelEngine engine() {
        return ModelEngine.open("small", this::load, TestEngines.config(1 << 20, 0, List.of()));
    }

    private EngineModel load() {
        loadFault.get().run();
        loads.incrementAndGet();
        Device device = new FailingDevice(
                new ReferenceDevice(), () -> fault.getAndSet(NOTHING).run());
        LoadedModel model = SmallModels.decoder(device, 42);
        return new EngineModel(
                model, new SmallFamily().processor(model.spec(), Path.of(".")), List.of("small"), List.of(device));
    }

    private static GenerationJob ask(ModelEngine engine) {
        return engine.submit(RandomPrompts.request(Prompt.text(1, 2, 3), 1, 5, false));
    }

    private static EngineException failure(GenerationJob job) throws InterruptedException {
        GenerationEvent event = job.take();
        while (!(event instanceof GenerationEvent.Failed)) {
            event = job.take();
        }
        return assertInstanceOf(EngineException.class, ((GenerationEvent.Failed) event).cause());
    }

    private static Error error(String kind) {
        return switch (kind) {
            case "memory" -> new OutOfMemoryError("Java heap space");
            case "stack" -> new StackOverflowError();
            case "linkage" -> new NoSuchMethodError("carve.Mixer.step()");
            case "truncated" -> new InternalError("a fault occurred in an unsafe memory access operation");
            case "assertion" -> new AssertionError("of a plugin");
            default -> throw new IllegalArgumentException(kind);
        };
    }

    private static Runnable throwing(Supplier<Error> error) {
        return FailingDevice.throwing(error);
    }

    @ParameterizedTest
    @ValueSource(strings = {"memory", "stack", "linkage", "truncated", "assertion"})
    void anErrorEndsItsRequestAndNotTheModel(String kind) throws InterruptedException {
        try (ModelEngine engine = engine()) {
            List<Integer> expected = RandomPrompts.answer(ask(engine)).tokens();
            for (int i = 0; i < 3; i++) {
                fault.set(throwing(() -> error(kind)));
                EngineException failure = failure(ask(engine));
                assertEquals(EngineException.Reason.FAILED, failure.reason());
                assertTrue(failure.getMessage().contains(error(kind).toString()), failure::getMessage);
                assertEquals(expected, RandomPrompts.answer(ask(engine)).tokens());
                assertTrue(engine.isRunning());
            }
            assertEquals(Set.of("linkage", "truncated").contains(kind) ? 3 : 0, loads.get() - 1);
        }
    }

    @Test
    void untilTheModelIsOpenAgainRequestsAreRefusedWithTheReason() throws InterruptedException {
        try (ModelEngine engine = engine()) {
            CheckpointException problem = new CheckpointException("model.safetensors: ends after 7 bytes");
            loadFault.set(() -> {
                throw problem;
            });
            fault.set(throwing(() -> error("truncated")));
            assertEquals(EngineException.Reason.FAILED, failure(ask(engine)).reason());
            String message = "The model 'small' cannot answer at present: " + problem.getMessage();
            while (!engine.outage().equals(Optional.of(message))) {
                Thread.sleep(1);
            }
            assertEquals(
                    message,
                    assertThrows(EngineException.class, () -> ask(engine)).getMessage());
            loadFault.set(NOTHING);
            while (!engine.isRunning()) {
                Thread.sleep(1);
            }
            assertFalse(RandomPrompts.answer(ask(engine)).tokens().isEmpty());
        }
    }

    @Test
    void weightsThatAreOverwrittenWhileTheyAreServedAreRefused(@TempDir Path folder) throws IOException {
        Path weights = Files.writeString(folder.resolve("model.safetensors"), "weights");
        ModelFiles files = ModelFiles.of(folder);
        try (ModelEngine engine = ModelEngine.open(
                "small",
                () -> {
                    EngineModel model = load();
                    return new EngineModel(
                            model.model(), List.of(), model.processor(), model.fingerprint(), model.resources(), files);
                },
                TestEngines.config(1 << 20, 0, List.of(folder.resolve("states"))))) {
            assertFalse(RandomPrompts.answer(ask(engine)).tokens().isEmpty());
            assertTrue(engine.isRunning());
            Files.writeString(weights, "other weights");
            for (Executable use : List.<Executable>of(() -> ask(engine), () -> engine.pin(Prompt.text(1, 2)))) {
                EngineException e = assertThrows(EngineException.class, use);
                assertEquals(EngineException.Reason.UNAVAILABLE, e.reason());
                assertTrue(e.getMessage().contains("model.safetensors had 7 bytes of "), e::getMessage);
            }
            assertFalse(engine.isRunning());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void logitsThatAreNotFiniteNameTheirLayer(boolean scored) {
        try (Device device = new ReferenceDevice();
                LoadedModel model = SmallModels.decoder(device, 42);
                Generator generator = new Generator(model)) {
            String name = "layers.1.mixer.o_proj.weight";
            model.params()
                    .put(name, Tensors.full(device, model.params().get(name).shape(), Double.NaN));
            for (Sampler sampler : List.of(Sampler.greedy(Set.of()), new Sampler(0.9, 5, 0.9, 1, Set.of()))) {
                GenerationRequest request = new GenerationRequest(Prompt.text(1, 2, 3), sampler, Set.of(), 5)
                        .with(new GenerationRequest.Outputs(scored ? 0 : -1, scored, false));
                EngineException e =
                        assertThrows(EngineException.class, () -> generator.generate(request, TokenListener.NONE));
                assertEquals(
                        "The logit of token 0 is NaN: layer llm.1: mixer 'retention' of carve.testkit.Retention gives values that are"
                                + " not finite; check the weights of the model and their numeric type.",
                        e.getMessage());
            }
        }
    }

    /** Each token comes from logits that are finite, also where the first ones did. */
    @ParameterizedTest
    @ValueSource(strings = {"reference", "cpu"})
    void laterLogitsAreCheckedToo(String name) {
        Catalogs catalogs = TestDistribution.catalogs(new ReferenceDeviceProvider());
        try (Device device = new DeviceSelector(catalogs.devices(), name, KernelPolicy.PREFERRED).open();
                LoadedModel model = SmallModels.decoder(device, 42);
                Generator generator = new Generator(model)) {
            for (Sampler sampler : List.of(Sampler.greedy(Set.of()), new Sampler(0.9, 5, 0.9, 1, Set.of()))) {
                float[] table = model.params().get(TABLE).floats();
                GenerationRequest request = new GenerationRequest(Prompt.text(1, 2, 3), sampler, Set.of(), 8);
                int[] tokens = generator.generate(request, TokenListener.NONE).tokens();
                int fed = IntStream.range(1, tokens.length)
                        .filter(i ->
                                tokens[i] > 3 && Arrays.stream(tokens, 0, i).noneMatch(token -> token == tokens[i]))
                        .findFirst()
                        .orElseThrow();
                putTable(model, withBrokenRow(table, tokens[fed]));
                List<Integer> begun = new ArrayList<>();
                EngineException e = assertThrows(
                        EngineException.class, () -> generator.generate(request, (_, token) -> begun.add(token)));
                assertEquals(EngineException.Reason.NON_FINITE_LOGITS, e.reason());
                assertEquals(Arrays.stream(tokens, 0, fed + 1).boxed().toList(), begun);
                putTable(model, table);
            }
        }
    }

    private static float[] withBrokenRow(float[] table, int token) {
        float[] values = table.clone();
        int width = table.length / SmallFamily.VOCABULARY;
        Arrays.fill(values, token * width, (token + 1) * width, Float.NaN);
        return values;
    }

    private static void putTable(LoadedModel model, float[] values) {
        Shape shape = model.params().get(TABLE).shape();
        model.params().put(TABLE, Tensors.of(model.device(), shape, values));
    }
}
