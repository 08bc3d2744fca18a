package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerDims;
import carve.api.mixer.MixerState;
import carve.api.mixer.Probe;
import carve.api.mixer.Rotary;
import carve.api.op.Sequences;
import carve.api.param.CounterRandom;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The laws of mixers, on the reference device or any other. Each parameter has its first value plus noise, so that nothing
 * holds because something is zero.
 *
 * <pre>{@code
 * final class RetentionTest extends MixerContract {
 *     @Override
 *     protected Mixer mixer(MixerDims dims) {
 *         return new Retention(dims, 0.9);
 *     }
 * }
 * }</pre>
 *
 * <p>A mixer that cannot be seeded from attention says so by overriding {@link #canBeSeeded}, and the contract asserts it.
 */
public abstract class MixerContract {
    private static final int LONG = 70; // beyond a chunk of 64
    private static final Randoms RANDOMS = Randoms.seeded();

    /** What a law is checked with. */
    private interface Law {
        void check(Device device, Mixer mixer, Params p);
    }

    /** Makes the contract. */
    protected MixerContract() {}

    /** Returns the mixer under test for a layer of these dimensions. */
    protected abstract Mixer mixer(MixerDims dims);

    /** Returns the dimensions that the mixer is tried with: 4 heads of width 6, 2 of keys and values, rotated by 4. */
    protected MixerDims dims() {
        return new MixerDims(24, 4, 2, 6, false, 1e-5, new Rotary(10_000, 4, 4096, 0));
    }

    /** Returns whether an attention layer of {@link #dims} gives the mixer first values. */
    protected boolean canBeSeeded() {
        return true;
    }

    /**
     * Returns the values around which a parameter is tried, by default its first ones. A mixer whose first values make some
     * gradients too small for central differences in F32 is tried elsewhere.
     */
    protected Init around(ParamSpec spec) {
        return spec.init();
    }

    /** Returns the device to try it on, new; the contract closes it. */
    protected Device open() {
        return new ReferenceDevice();
    }

    /** What comes later changes no bit of what came before. */
    @Test
    public void futureDoesNotReachThePast() {
        holds((device, mixer, p) -> {
            Tensor x = input(device, "x", 2, LONG);
            Tensor y = forward(mixer, p, x);
            for (int t : new int[] {1, 5, 63, 64, LONG - 1}) {
                Tensor other = Tensors.concat(1, List.of(x.slice(1, 0, t), input(device, "other", 2, LONG - t)));
                Tensor changed = forward(mixer, p, other);
                Close.bits("positions before " + t, y.slice(1, 0, t), changed.slice(1, 0, t));
                assertFalse(
                        Arrays.equals(
                                y.slice(1, t, t + 1).floats(),
                                changed.slice(1, t, t + 1).floats()),
                        "position " + t + " does not depend on itself");
            }
        });
    }

    /** One position after the other gives what all of them at once give. */
    @Test
    public void stepsEqualForward() {
        int[] steps = new int[13];
        Arrays.fill(steps, 1);
        holds((device, mixer, p) -> piecesEqualForward(device, mixer, p, steps));
    }

    /** Pieces of any length give what the whole gives. */
    @Test
    public void piecesEqualTheWhole() {
        holds((device, mixer, p) -> {
            piecesEqualForward(device, mixer, p, LONG);
            piecesEqualForward(device, mixer, p, 5, 1, 2, 13, 1);
            piecesEqualForward(device, mixer, p, 65, 1, 1, 3);
        });
    }

    private void piecesEqualForward(Device device, Mixer mixer, Params p, int... pieces) {
        int positions = Arrays.stream(pieces).sum();
        Tensor x = input(device, "x", 2, positions);
        Tensor expected = forward(mixer, p, x);
        try (MixerState state = mixer.newState(device, 2, positions)) {
            assertEquals(0, state.position(), "position of a new state");
            Tensor actual = advance(mixer, p, state, x, pieces);
            assertEquals(positions, state.position(), "position after pieces " + Arrays.toString(pieces));
            Close.ratio("pieces " + Arrays.toString(pieces), expected, actual, Tolerance.STEP);
        }
    }

    /** Sequences packed into one row give what each gives alone. */
    @Test
    public void packedEqualsSeparate() {
        holds((device, mixer, p) -> {
            int[] offsets = {0, 1, 6, 9, LONG};
            Tensor x = input(device, "x", 1, LONG);
            Tensor packed = mixer.forward(p, x, Sequences.packed(offsets), Probe.NONE);
            for (int i = 1; i < offsets.length; i++) {
                Tensor alone = forward(mixer, p, x.slice(1, offsets[i - 1], offsets[i]));
                Close.ratio("sequence " + i, alone, packed.slice(1, offsets[i - 1], offsets[i]), Tolerance.SCAN);
            }
        });
    }

    /** Rows padded at their right ends give, before the padding, what each gives without it. */
    @Test
    public void paddedEqualsSeparate() {
        holds((device, mixer, p) -> {
            int[] lengths = {13, 1, 7};
            Tensor x = input(device, "x", 3, 13);
            Tensor padded = mixer.forward(p, x, Sequences.padded(13, lengths), Probe.NONE);
            for (int b = 0; b < lengths.length; b++) {
                Tensor alone = forward(mixer, p, x.slice(0, b, b + 1).slice(1, 0, lengths[b]));
                Close.ratio("row " + b, alone, padded.slice(0, b, b + 1).slice(1, 0, lengths[b]), Tolerance.SCAN);
            }
            assertTrue(allFinite(padded), "what stands at padding is finite");
        });
    }

    /** The gradients of the input and of every parameter are what central differences give. */
    @Test
    public void gradientsEqualCentralDifferences() {
        holds((device, mixer, p) -> gradients(device, mixer, p, Sequences.whole(2, 5)));
    }

    /** So they are where rows are packed. */
    @Test
    public void gradientsOfPackedRowsEqualCentralDifferences() {
        holds((device, mixer, p) -> gradients(device, mixer, p, Sequences.packed(0, 1, 3, 7)));
    }

    private void gradients(Device device, Mixer mixer, Params p, Sequences sequences) {
        List<String> names = names(mixer);
        List<Tensor> operands = new ArrayList<>(List.of(input(device, "x", sequences.batch(), sequences.positions())));
        names.forEach(name -> operands.add(p.get(name)));
        CentralDifferences.assertSomeAgree("x, " + String.join(", ", names), operands, in -> {
            Map<String, Tensor> given = new TreeMap<>();
            names.forEach(name -> given.put(name, in.get(1 + names.indexOf(name))));
            return List.of(mixer.forward(Params.of(given), in.getFirst(), sequences, Probe.NONE));
        });
    }

    /** Two forks of a state, fed differently, go on as if the other were not there, to the bit. */
    @Test
    public void forkIsIndependent() {
        holds((device, mixer, p) -> {
            Tensor start = input(device, "start", 2, 5);
            Tensor left = input(device, "left", 2, 3);
            Tensor right = input(device, "right", 2, 3);
            try (MixerState state = mixer.newState(device, 2, 8)) {
                advance(mixer, p, state, start, 5);
                MixerState fork = state.fork();
                assertEquals(state.bytes(), fork.bytes(), "bytes of the fork");
                Tensor forked = advance(mixer, p, fork, right, 1, 2);
                assertEquals(8, fork.position());
                assertEquals(5, state.position(), "position of the state when its fork has moved");
                fork.close();
                Close.bits("fork", continued(device, mixer, p, start, right), forked);
                Close.bits("state", continued(device, mixer, p, start, left), advance(mixer, p, state, left, 1, 2));
            }
        });
    }

    /** What a state saves, another loads, and goes on with the same bits. */
    @Test
    public void loadedStateGoesOnAsTheSavedOne() {
        holds((device, mixer, p) -> {
            Tensor start = input(device, "start", 2, 5);
            Tensor rest = input(device, "rest", 2, 3);
            try (MixerState saved = mixer.newState(device, 2, 8);
                    MixerState loaded = mixer.newState(device, 2, 8)) {
                advance(mixer, p, saved, start, 5);
                loaded.load(saved.save(), saved.position());
                assertEquals(5, loaded.position());
                Tensor expected = advance(mixer, p, saved, rest, 1, 2);
                Close.bits("loaded", expected, advance(mixer, p, loaded, rest, 1, 2));
                Map<String, Tensor> wrong = Map.of("no such tensor", Tensors.scalar(device, 0));
                assertThrows(IllegalArgumentException.class, () -> loaded.load(wrong, 1));
            }
        });
    }

    private static Tensor continued(Device device, Mixer mixer, Params p, Tensor start, Tensor rest) {
        try (MixerState state = mixer.newState(device, 2, 8)) {
            advance(mixer, p, state, start, 5);
            return advance(mixer, p, state, rest, 1, 2);
        }
    }

    /** What one row holds changes no bit of another, at once and step by step. */
    @Test
    public void rowsDoNotTalk() {
        holds((device, mixer, p) -> {
            Tensor first = input(device, "first", 1, 13);
            Tensor one = Tensors.concat(0, List.of(first, input(device, "one", 1, 13)));
            Tensor other = Tensors.concat(0, List.of(first, input(device, "other", 1, 13)));
            Close.bits(
                    "forward",
                    forward(mixer, p, one).slice(0, 0, 1),
                    forward(mixer, p, other).slice(0, 0, 1));
            try (MixerState a = mixer.newState(device, 2, 13);
                    MixerState b = mixer.newState(device, 2, 13)) {
                Tensor y = advance(mixer, p, a, one, 5, 1, 7);
                Close.bits(
                        "advance",
                        y.slice(0, 0, 1),
                        advance(mixer, p, b, other, 5, 1, 7).slice(0, 0, 1));
            }
        });
    }

    /** A state that claims constant size has it; any other grows, and says by how much. */
    @Test
    public void stateTakesTheMemoryThatIsClaimed() {
        holds((device, mixer, p) -> {
            assertEquals(
                    mixer.constantState(), mixer.stateBytes(2, 1) == mixer.stateBytes(2, 103_000), "constantState()");
            for (int positions : new int[] {1, 5, LONG}) {
                try (MixerState state = mixer.newState(device, 2, positions)) {
                    advance(mixer, p, state, input(device, "x", 2, positions), positions);
                    assertEquals(
                            mixer.stateBytes(2, positions), state.bytes(), "bytes after " + positions + " positions");
                }
            }
        });
    }

    /** A state refuses positions that it has no room for; one of constant size has room for all. */
    @Test
    public void stateRefusesWhatItHasNoRoomFor() {
        holds((device, mixer, p) -> {
            Tensor x = input(device, "x", 1, 1);
            try (MixerState state = mixer.newState(device, 1, 2)) {
                advance(mixer, p, state, input(device, "start", 1, 2), 2);
                if (mixer.constantState()) {
                    assertEquals(x.type(), mixer.advance(p, x, state).type());
                } else {
                    assertThrows(IllegalStateException.class, () -> mixer.advance(p, x, state));
                }
            }
        });
    }

    /** The two forms read the parameters that are declared, all of them, and no other; names are declared once. */
    @Test
    public void readsExactlyTheDeclaredParameters() {
        holds((device, mixer, p) -> {
            assertEquals(mixer.parameters().size(), new TreeSet<>(names(mixer)).size(), "distinct names");
            TreeSet<String> read = new TreeSet<>();
            Params watching = name -> {
                read.add(name);
                return p.get(name);
            };
            forward(mixer, watching, input(device, "x", 1, 2));
            assertEquals(new TreeSet<>(names(mixer)), read, "read by forward");
            read.clear();
            try (MixerState state = mixer.newState(device, 1, 2)) {
                advance(mixer, watching, state, input(device, "x", 1, 2), 1, 1);
            }
            assertEquals(new TreeSet<>(names(mixer)), read, "read by advance");
        });
    }

    /** The heads are published, as the law of {@link Probe#HEADS} says, if they are wanted, and change nothing. */
    @Test
    public void publishesHeadsIfWanted() {
        holds((device, mixer, p) -> {
            Tensor x = input(device, "x", 2, 5);
            Map<String, Tensor> published = new TreeMap<>();
            Tensor y = mixer.forward(p, x, Sequences.whole(2, 5), new Probe() {
                @Override
                public boolean wants(String name) {
                    return name.equals(HEADS);
                }

                @Override
                public void publish(String name, Tensor value) {
                    published.put(name, value);
                }
            });
            assertEquals(new TreeSet<>(List.of(Probe.HEADS)), published.keySet());
            Shape heads = published.get(Probe.HEADS).shape();
            assertEquals(List.of(4, 2, 5), List.of(heads.rank(), heads.extent(0), heads.extent(1)), "heads " + heads);
            Close.bits("output", forward(mixer, p, x), y);
        });
    }

    /** First values made from an attention layer have declared names and shapes, and are finite; or there are none. */
    @Test
    public void seedFitsTheParameters() {
        holds((device, mixer, p) -> {
            Map<String, Tensor> seed = mixer.seed(attention(device, dims()));
            assertEquals(canBeSeeded(), !seed.isEmpty(), "whether there is a seed");
            Map<String, Shape> declared =
                    mixer.parameters().stream().collect(Collectors.toMap(ParamSpec::name, ParamSpec::shape));
            seed.forEach((name, value) -> {
                assertEquals(declared.get(name), value.shape(), "seed of " + name);
                assertTrue(allFinite(value), "seed of " + name + " is finite");
            });
            assertTrue(allFinite(forward(mixer, Params.overlay(seed, p), input(device, "x", 1, 5))));
        });
    }

    /** The same input gives the same bits. */
    @Test
    public void sameBitsTwice() {
        holds((device, mixer, p) -> {
            Tensor x = input(device, "x", 2, LONG);
            Close.bits("forward", forward(mixer, p, x), forward(mixer, p, x));
            Close.bits(
                    "advance",
                    continued(device, mixer, p, x.slice(1, 0, 5), x.slice(1, 5, 8)),
                    continued(device, mixer, p, x.slice(1, 0, 5), x.slice(1, 5, 8)));
        });
    }

    /** The result has the type of the input. */
    @Test
    public void resultHasTheTypeOfTheInput() {
        holds((device, mixer, p) -> {
            Tensor x = input(device, "x", 2, 5);
            assertEquals(x.type(), forward(mixer, p, x).type());
            assertTrue(allFinite(forward(mixer, p, x)));
        });
    }

    // the device asserts that nothing is left behind: neither by states that were closed nor by passes in a scope
    private void holds(Law law) {
        try (AssertingDevice device = AssertingDevice.poisoning(open())) {
            Scope.run(device, () -> law.check(device, mixer(dims()), parameters(device, mixer(dims()))));
            assertEquals(0, device.openBuffers(), "buffers left behind");
        }
    }

    private Params parameters(Device device, Mixer mixer) {
        Map<String, Tensor> tensors = new TreeMap<>();
        for (ParamSpec spec : mixer.parameters()) {
            float[] values = around(spec).values(spec.shape(), new CounterRandom(42, spec.name()));
            double[] noise = RANDOMS.normals(spec.name(), values.length);
            for (int i = 0; i < values.length; i++) {
                values[i] += (float) (0.2 * noise[i]);
            }
            tensors.put(spec.name(), Tensors.of(device, spec.shape(), values));
        }
        return Params.of(tensors);
    }

    private static AttentionWeights attention(Device device, MixerDims dims) {
        Map<String, Tensor> weights = new TreeMap<>();
        int queries = dims.heads() * dims.headWidth();
        int keys = dims.kvHeads() * dims.headWidth();
        weights.put("q_proj.weight", RANDOMS.normal(device, "q_proj", queries, dims.hidden()));
        weights.put("k_proj.weight", RANDOMS.normal(device, "k_proj", keys, dims.hidden()));
        weights.put("v_proj.weight", RANDOMS.normal(device, "v_proj", keys, dims.hidden()));
        weights.put("o_proj.weight", RANDOMS.normal(device, "o_proj", dims.hidden(), queries));
        if (dims.bias()) {
            weights.put("q_proj.bias", RANDOMS.normal(device, "q_bias", queries));
            weights.put("k_proj.bias", RANDOMS.normal(device, "k_bias", keys));
            weights.put("v_proj.bias", RANDOMS.normal(device, "v_bias", keys));
            weights.put("o_proj.bias", RANDOMS.normal(device, "o_bias", dims.hidden()));
        }
        return new AttentionWeights(dims, weights);
    }

    private Tensor input(Device device, String name, int batch, int positions) {
        return RANDOMS.normal(device, name, TensorType.f32(batch, positions, dims().hidden()));
    }

    private static Tensor forward(Mixer mixer, Params p, Tensor x) {
        return mixer.forward(p, x, Sequences.whole(x.extent(0), x.extent(1)), Probe.NONE);
    }

    private static Tensor advance(Mixer mixer, Params p, MixerState state, Tensor x, int... pieces) {
        List<Tensor> outputs = new ArrayList<>();
        int from = 0;
        for (int piece : pieces) {
            Tensor part = x.slice(1, from, from + piece);
            outputs.add(Scope.run(x.device(), () -> mixer.advance(p, part, state)));
            from += piece;
        }
        return Tensors.concat(1, outputs);
    }

    private static List<String> names(Mixer mixer) {
        return mixer.parameters().stream().map(ParamSpec::name).toList();
    }

    private static boolean allFinite(Tensor tensor) {
        return Arrays.stream(Values.of(tensor)).allMatch(Double::isFinite);
    }
}
