package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.TensorSource;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.mixer.MixerCatalog;
import carve.api.model.ActivationRecorder;
import carve.api.model.InputEncoder;
import carve.api.model.LayerPlan;
import carve.api.model.LoadedModel;
import carve.api.model.MixerSpec;
import carve.api.model.ModelFamily;
import carve.api.model.ModelInputs;
import carve.api.model.ModelState;
import carve.api.param.ParamSpec;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.runtime.safetensors.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The laws of model families, on a checkpoint of theirs: names are invertible, loading and saving round-trips, and the
 * two forms of the model agree.
 *
 * <pre>{@code
 * final class HovleFamilyTest extends FamilyContract {
 *     @Override
 *     protected ModelFamily family() {
 *         return new HovleFamily();
 *     }
 *
 *     @Override
 *     protected MixerCatalog mixers() {
 *         return TestMixerCatalog.of(new AttentionProvider());
 *     }
 *
 *     @Override
 *     protected Path folder() {
 *         return Fixture.folder().resolve("hovle_tiny");
 *     }
 * }
 * }</pre>
 */
public abstract class FamilyContract {
    /** Makes the contract. */
    protected FamilyContract() {}

    /** Returns the family under test. */
    protected abstract ModelFamily family();

    /** Returns the mixers of its models. */
    protected abstract MixerCatalog mixers();

    /** Returns a folder with a small checkpoint of the family. */
    protected abstract Path folder();

    /** Returns the device to try it on, new; the contract closes it. */
    protected Device open() {
        return new ReferenceDevice();
    }

    /** Returns token ids that are text to the model; by default 7 of the first ones. */
    protected int[] tokens() {
        return new int[] {1, 5, 2, 2, 7, 3, 4};
    }

    private interface Law {
        void check(ModelFolder folder);
    }

    private void holds(Law law) {
        try (ModelFolder folder = ModelFolder.open(folder(), List.of(family()), mixers())) {
            law.check(folder);
        }
    }

    /** The family supports its own configuration, and its name is a valid settings key. */
    @Test
    public void recognisesItsConfiguration() {
        assertTrue(family().name().matches("[a-z][a-z0-9-]*"), family().name());
        holds(folder -> {
            assertEquals(family().name(), folder.spec().family());
            assertTrue(family().supports(folder.checkpoint().config()));
            assertEquals(family().spec(folder.spec().config(), mixers()), folder.spec(), "the same twice");
        });
    }

    /** Each tensor of the checkpoint has names in the model that lead back to it; parameters are declared once. */
    @Test
    public void namesAreInvertible() {
        holds(folder -> {
            NameMap names = folder.names();
            for (String name : folder.checkpoint().names()) {
                names.modelNames(name)
                        .forEach(inside ->
                                assertTrue(names.checkpointNames(inside).contains(name), name));
            }
            List<String> declared =
                    folder.spec().parameters().stream().map(ParamSpec::name).toList();
            assertEquals(declared.size(), new TreeSet<>(declared).size(), "distinct parameters");
            TreeSet<String> carried = new TreeSet<>(folder.tensors().names());
            declared.forEach(carried::remove);
            assertEquals(
                    new TreeSet<>(folder.spec().extraTensors().stream()
                            .map(ParamSpec::name)
                            .toList()),
                    carried,
                    "carried");
        });
    }

    /** From the names of the checkpoint to those of the model and back, no name, type or bit changes. */
    @Test
    public void mappedThereAndBackIsTheSame() {
        holds(folder -> {
            NameMap names = folder.names();
            assertSame(folder.checkpoint(), names.toCheckpoint(names.toModel(folder.checkpoint())));
        });
    }

    /** A model that is loaded and saved has the same keys, shapes, types and bits, configuration and companions. */
    @Test
    public void savedIsWhatWasLoaded(@TempDir Path temporary) {
        holds(folder -> {
            Path copy = temporary.resolve("copy");
            try (AssertingDevice device = new AssertingDevice(open())) {
                try (LoadedModel model = folder.load(device, WeightPrecision.AS_STORED)) {
                    folder.save(model, copy);
                }
                assertEquals(0, device.openBuffers(), "buffers left behind by loading and saving");
            }
            try (Checkpoint saved = Checkpoint.open(copy)) {
                assertSame(folder.checkpoint(), saved);
                assertEquals(folder.checkpoint().config(), saved.config());
            }
            family().auxiliaryFiles().forEach(name -> assertSameFile(folder().resolve(name), copy.resolve(name)));
        });
    }

    private static void assertSame(TensorSource expected, TensorSource actual) {
        assertEquals(new TreeSet<>(expected.names()), new TreeSet<>(actual.names()), "names");
        for (String name : expected.names()) {
            assertEquals(expected.type(name), actual.type(name), name);
            assertEquals(-1, expected.data(name).mismatch(actual.data(name)), () -> name + ": first byte that differs");
        }
    }

    private static void assertSameFile(Path expected, Path actual) {
        try {
            assertEquals(Files.exists(expected), Files.exists(actual), () -> actual + " is there");
            assertTrue(!Files.exists(expected) || Files.mismatch(expected, actual) == -1, () -> actual + " is a copy");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Tokens one after the other, and in pieces, give the logits that all at once give. */
    @Test
    public void stepsEqualForward() {
        run((device, model) -> {
            Tensor expected =
                    model.model().forward(model.params(), ModelInputs.text(tokens()), ActivationRecorder.NONE);
            assertEquals(Shape.of(1, tokens().length, model.spec().vocabulary()), expected.shape());
            TensorAssertions.assertClose("steps", expected, stepwise(device, model, 1), Tolerance.STEP);
            TensorAssertions.assertClose("pieces", expected, stepwise(device, model, 3), Tolerance.STEP);
        });
    }

    private Tensor stepwise(Device device, LoadedModel model, int piece) {
        int[] tokens = tokens();
        List<Tensor> logits = new ArrayList<>();
        try (ModelState state = model.model().newState(device, 1, tokens.length)) {
            for (int from = 0; from < tokens.length; from += piece) {
                int to = Math.min(tokens.length, from + piece);
                ModelInputs next = ModelInputs.text(Arrays.copyOfRange(tokens, from, to));
                logits.add(model.model().advanceAllLogits(model.params(), next, state));
            }
            assertEquals(tokens.length, state.position());
            assertEquals(model.spec().stateBytes(1, tokens.length), state.bytes(), "bytes of the state");
        }
        return Tensors.concat(1, logits);
    }

    /** Token ids on the device are embedded like those on the host, if the encoder supports it. */
    @Test
    public void deviceTokensAreEmbeddedTheSame() {
        run((device, model) -> {
            InputEncoder input = model.spec().input();
            int picture = input.imageToken().orElse(-1);
            int last = model.spec().vocabulary() - 1;
            int[] words = IntStream.concat(Arrays.stream(tokens()), IntStream.of(0, last, last - 1))
                    .filter(word -> word != picture)
                    .toArray();
            Tensor expected = input.encode(model.params().under("input"), ModelInputs.text(words))
                    .x();
            Tensor there = Tensors.of(device, Shape.of(1, words.length), words);
            input.embedTokens(model.params().under("input"), there)
                    .ifPresent(actual -> TensorAssertions.assertBitwiseEqual("embedded", expected, actual));
        });
    }

    /** Recomputing what is inside of layers changes no bit of the logits. */
    @Test
    public void recomputingEqualsKeeping() {
        run((device, model) -> {
            ModelInputs modelInputs = ModelInputs.text(tokens());
            TensorAssertions.assertBitwiseEqual(
                    "logits",
                    model.model().forward(model.params(), modelInputs, ActivationRecorder.NONE),
                    model.model().forwardRecomputing(model.params(), modelInputs));
        });
    }

    /** Logits are finite, and the model reads each of its parameters for text or for media; none is unknown. */
    @Test
    public void initialModelRuns() {
        holds(folder -> {
            try (AssertingDevice device = new AssertingDevice(open());
                    LoadedModel model = folder.initial(device, 42)) {
                Scope.run(device, () -> {
                    Tensor logits =
                            model.model().forward(model.params(), ModelInputs.text(tokens()), ActivationRecorder.NONE);
                    assertTrue(Arrays.stream(TensorValues.of(logits)).allMatch(Double::isFinite), "finite logits");
                });
            }
        });
    }

    /** A plan that keeps every layer keeps the model. */
    @Test
    public void keepingEveryLayerKeepsTheModel() {
        holds(folder -> {
            List<MixerSpec> keep = Collections.nCopies(folder.spec().layers().size(), MixerSpec.of(MixerSpec.KEEP));
            var kept = family().studentSpec(folder.spec(), new LayerPlan(keep), mixers());
            assertEquals(shapes(folder.spec().parameters()), shapes(kept.parameters()));
            assertEquals(kept, family().spec(kept.config(), mixers()), "its configuration reads as the same model");
        });
    }

    private static List<String> shapes(List<ParamSpec> parameters) {
        return parameters.stream()
                .map(param -> param.name() + " " + param.shape())
                .toList();
    }

    private interface ModelLaw {
        void check(Device device, LoadedModel model);
    }

    private void run(ModelLaw law) {
        holds(folder -> {
            try (AssertingDevice device = new AssertingDevice(open())) {
                try (LoadedModel model = folder.load(device, WeightPrecision.F32)) {
                    Scope.run(device, () -> law.check(device, model));
                }
                assertEquals(0, device.openBuffers(), "buffers left behind");
            }
        });
    }
}
