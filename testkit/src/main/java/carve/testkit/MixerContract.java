package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.mixer.ActivationHook;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerState;
import carve.api.op.SequenceLayout;
import carve.api.param.CounterRandom;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The laws of mixers, on the reference device or any other: those of {@link MixerForwardContract} and {@link
 * MixerStateContract}, and those of both forms together, which are here.
 *
 * <pre>{@code
 * final class RetentionTest extends MixerContract {
 *     @Override
 *     protected Mixer mixer(LayerConfig dims) {
 *         return new Retention(dims, 0.9);
 *     }
 * }
 * }</pre>
 *
 * <p>A mixer that cannot be initialised from attention overrides {@link #initialisesFromAttention}, and the contract
 * asserts it.
 */
public abstract class MixerContract extends MixerStateContract {
    /** Makes the contract. */
    protected MixerContract() {}

    /** A row's values change no bit of another row, whatever their order, at once and step by step. */
    @Test
    public void batchRowsAreIndependent() {
        holds((device, mixer, p) -> {
            Tensor one = input(device, "one", 3, 13);
            for (int b = 0; b < 3; b++) {
                Tensor other = others(device, one, b);
                String row = " of row %d when the others change".formatted(b);
                TensorAssertions.assertBitwiseEqual(
                        "forward" + row, row(b, forward(mixer, p, one)), row(b, forward(mixer, p, other)));
                TensorAssertions.assertBitwiseEqual(
                        "advance" + row,
                        row(b, fromTheStart(device, mixer, p, one)),
                        row(b, fromTheStart(device, mixer, p, other)));
            }
        });
    }

    private Tensor others(Device device, Tensor x, int kept) {
        List<Tensor> rows = new ArrayList<>();
        for (int b = 0; b < x.extent(0); b++) {
            rows.add(b == kept ? row(b, x) : input(device, "other " + b, 1, x.extent(1)));
        }
        return Tensors.concat(0, rows);
    }

    private static Tensor row(int row, Tensor x) {
        return x.slice(0, row, row + 1);
    }

    private static Tensor fromTheStart(Device device, Mixer mixer, Params p, Tensor x) {
        try (MixerState state = mixer.newState(device, x.extent(0), x.extent(1))) {
            return advance(mixer, p, state, x, 5, 1, 7);
        }
    }

    /** Both forms read exactly the declared parameters; names are declared once. */
    @Test
    public void readsExactlyTheDeclaredParameters() {
        holds((device, mixer, p) -> {
            assertEquals(mixer.parameters().size(), new TreeSet<>(names(mixer)).size(), "distinct names");
            Tensor x = input(device, "x", 1, 7);
            assertReads(mixer, p, "forward", seen -> forward(mixer, seen, x));
            assertReads(mixer, p, "forward, packed", seen -> packed(mixer, seen, x));
            assertReads(mixer, p, "advance", seen -> {
                try (MixerState state = mixer.newState(device, 1, 7)) {
                    advance(mixer, seen, state, x, 1, 5, 1);
                }
            });
        });
    }

    private static void packed(Mixer mixer, Params p, Tensor x) {
        mixer.forward(p, x, SequenceLayout.packed(0, 2, 7), new HeadsProbe());
    }

    private static void assertReads(Mixer mixer, Params p, String form, Consumer<Params> use) {
        TreeSet<String> declared = new TreeSet<>(names(mixer));
        TreeSet<String> read = new TreeSet<>();
        use.accept(name -> {
            assertTrue(
                    declared.contains(name),
                    () -> "%s reads '%s', which is not declared: %s".formatted(form, name, declared));
            read.add(name);
            return p.get(name);
        });
        assertEquals(declared, read, "read by " + form);
    }

    /** A hook that keeps what is published of some names, by default the heads. */
    private static final class HeadsProbe implements ActivationHook {
        private final Set<String> wanted;
        private final Map<String, Tensor> published = new TreeMap<>();

        HeadsProbe() {
            this(HEADS);
        }

        HeadsProbe(String... wanted) {
            this.wanted = Set.of(wanted);
        }

        @Override
        public boolean wants(String name) {
            return wanted.contains(name);
        }

        @Override
        public void publish(String name, Tensor value) {
            published.put(name, value);
        }
    }

    /**
     * The heads are published if they are wanted, as {@link ActivationHook#HEADS} defines, and publishing changes no
     * result.
     */
    @Test
    public void publishesHeadsIfWanted() {
        holds((device, mixer, p) -> {
            Tensor x = input(device, "x", 2, 5);
            HeadsProbe probe = new HeadsProbe();
            Tensor y = mixer.forward(p, x, SequenceLayout.unpadded(2, 5), probe);
            assertEquals(Set.of(ActivationHook.HEADS), probe.published.keySet());
            Shape heads = probe.published.get(ActivationHook.HEADS).shape();
            assertEquals(List.of(4, 2, 5), List.of(heads.rank(), heads.extent(0), heads.extent(1)), "heads " + heads);
            TensorAssertions.assertBitwiseEqual("output", forward(mixer, p, x), y);
        });
    }

    /**
     * A mixer that publishes its matrix, as {@link ActivationHook#MATRIX} defines, has one of the right shape, in which the past
     * does not see the future, nor one packed sequence another; publishing changes no result.
     */
    @Test
    public void matricesAreCausalWithinSequences() {
        holds((device, mixer, p) -> {
            Tensor x = input(device, "x", 1, 5);
            SequenceLayout packed = SequenceLayout.packed(0, 2, 5);
            HeadsProbe probe = new HeadsProbe(ActivationHook.HEADS, ActivationHook.MATRIX);
            Tensor y = mixer.forward(p, x, packed, probe);
            TensorAssertions.assertBitwiseEqual("output", mixer.forward(p, x, packed, ActivationHook.NONE), y);
            Tensor matrix = probe.published.get(ActivationHook.MATRIX);
            if (matrix != null) {
                int heads = probe.published.get(ActivationHook.HEADS).extent(2);
                assertEquals(Shape.of(1, heads, 5, 5), matrix.shape());
                assertCausalWithinSequences(TensorValues.of(matrix), 5, 2);
            }
        });
    }

    private static void assertCausalWithinSequences(double[] matrix, int positions, int border) {
        for (int i = 0; i < matrix.length; i++) {
            int column = i % positions;
            int row = i / positions % positions;
            assertTrue(
                    matrix[i] == 0 || column <= row && column < border == row < border,
                    "position %d sees position %d".formatted(row, column));
        }
    }

    /** Initial values from an attention layer have declared names and shapes, and are finite; or there are none. */
    @Test
    public void initFromFitsTheParameters() {
        holds((device, mixer, p) -> {
            Map<String, Tensor> seed = mixer.initFrom(attentionWeights(device, dims(), mixer));
            assertEquals(initialisesFromAttention(), !seed.isEmpty(), "whether there are initial values");
            Map<String, Shape> declared =
                    mixer.parameters().stream().collect(Collectors.toMap(ParamSpec::name, ParamSpec::shape));
            seed.forEach((name, value) -> {
                assertEquals(declared.get(name), value.shape(), "initial value of " + name);
                assertTrue(allFinite(value), "initial value of " + name + " is finite");
            });
            assertTrue(allFinite(forward(mixer, Params.overlay(seed, p), input(device, "x", 1, 5))));
        });
    }

    /** The same input gives the same bits. */
    @Test
    public void sameBitsTwice() {
        holds((device, mixer, p) -> {
            Tensor x = input(device, "x", 2, LONG);
            TensorAssertions.assertBitwiseEqual("forward", forward(mixer, p, x), forward(mixer, p, x));
            TensorAssertions.assertBitwiseEqual(
                    "advance",
                    advanceFromPrefix(device, mixer, p, x.slice(1, 0, 5), x.slice(1, 5, 8)),
                    advanceFromPrefix(device, mixer, p, x.slice(1, 0, 5), x.slice(1, 5, 8)));
        });
    }

    /** The same settings make equal mixers, with the same parameters and initial values, which give the same bits. */
    @Test
    public void sameSettingsMakeTheSameMixer() {
        holds((device, mixer, p) -> {
            Mixer again = mixer(dims());
            assertEquals(mixer, again, "a mixer is a record of its settings");
            assertEquals(mixer.hashCode(), again.hashCode(), "hash code");
            assertEquals(names(mixer), names(again), "parameters");
            for (int i = 0; i < mixer.parameters().size(); i++) {
                ParamSpec one = mixer.parameters().get(i);
                assertEquals(one.shape(), again.parameters().get(i).shape(), "shape of " + one.name());
                assertArrayEquals(first(one), first(again.parameters().get(i)), "initial values of " + one.name());
            }
            Tensor x = input(device, "x", 2, 5);
            TensorAssertions.assertBitwiseEqual("forward", forward(mixer, p, x), forward(again, p, x));
        });
    }

    private static float[] first(ParamSpec spec) {
        return spec.init().values(spec.shape(), new CounterRandom(42, spec.name()));
    }
}
