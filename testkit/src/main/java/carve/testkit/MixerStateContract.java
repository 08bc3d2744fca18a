package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.device.Device;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerState;
import carve.api.mixer.StateSlots;
import carve.api.op.SequenceLayout;
import carve.api.param.Params;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The laws of what a mixer remembers, {@link Mixer#advance} and {@link MixerState}. */
public abstract class MixerStateContract extends MixerForwardContract {
    MixerStateContract() {}

    /**
     * Returns how far steps may be from the forward form, as a ratio; a mixer whose state is stored in fewer bits than F32
     * declares more than {@link Tolerance#STEP}.
     */
    protected double stepTolerance() {
        return Tolerance.STEP;
    }

    /** One position after the other gives what all of them at once give. */
    @Test
    public void stepsEqualForward() {
        holds((device, mixer, p) -> piecesEqualForward(device, mixer, p, ones(13)));
    }

    private static int[] ones(int steps) {
        return IntStream.generate(() -> 1).limit(steps).toArray();
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
            TensorAssertions.assertClose("pieces " + Arrays.toString(pieces), expected, actual, stepTolerance());
        }
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
                TensorAssertions.assertBitwiseEqual("fork", advanceFromPrefix(device, mixer, p, start, right), forked);
                TensorAssertions.assertBitwiseEqual(
                        "state",
                        advanceFromPrefix(device, mixer, p, start, left),
                        advance(mixer, p, state, left, 1, 2));
            }
        });
    }

    /** A state that forgets positions goes on as if it had never seen them, to the bit; one that cannot refuses. */
    @Test
    public void truncatedStateEqualsShorterPrefix() {
        holds((device, mixer, p) -> {
            Tensor start = input(device, "start", 2, 5);
            Tensor wrong = input(device, "wrong", 2, 3);
            Tensor right = input(device, "right", 2, 3);
            try (MixerState state = mixer.newState(device, 2, 8)) {
                advance(mixer, p, state, start, 5);
                advance(mixer, p, state, wrong, 3);
                if (state.supportsTruncation()) {
                    assertThrows(IllegalArgumentException.class, () -> state.truncate(9));
                    state.truncate(5);
                    assertEquals(5, state.position());
                    Tensor actual = advance(mixer, p, state, right, 1, 2);
                    TensorAssertions.assertBitwiseEqual(
                            "truncated", advanceFromPrefix(device, mixer, p, start, right), actual);
                } else {
                    assertThrows(UnsupportedOperationException.class, () -> state.truncate(5));
                    assertEquals(8, state.position());
                }
            }
        });
    }

    /** A state that loads what another saved goes on with the same bits. */
    @Test
    public void loadedStateEqualsSavedState() {
        holds((device, mixer, p) -> {
            Tensor start = input(device, "start", 2, 5);
            Tensor rest = input(device, "rest", 2, 3);
            try (MixerState saved = mixer.newState(device, 2, 8);
                    MixerState loaded = mixer.newState(device, 2, 8)) {
                advance(mixer, p, saved, start, 5);
                loaded.load(saved.save(), saved.position());
                assertEquals(5, loaded.position());
                Tensor expected = advance(mixer, p, saved, rest, 1, 2);
                TensorAssertions.assertBitwiseEqual("loaded", expected, advance(mixer, p, loaded, rest, 1, 2));
                Map<String, Tensor> wrong = Map.of("no such tensor", Tensors.scalar(device, 0));
                assertThrows(IllegalArgumentException.class, () -> loaded.load(wrong, 1));
            }
        });
    }

    /** Sequences side by side, each at a position of its own, get the bits that each gets alone. */
    @Test
    public void batchedSequencesEqualSingleSequences() {
        holds((device, mixer, p) -> {
            BatchedRun run = new BatchedRun(device, mixer, p, 5, 0, 13, 1, 5);
            for (int step = 0; step < 3; step++) {
                run.advance(
                        IntStream.range(0, 5).mapToObj(r -> new int[] {r, 1}).toArray(int[][]::new));
            }
            run.assertEqualsSingleSequences();
        });
    }

    /** Sequences with different numbers of new positions get the bits that each gets alone with its own. */
    @Test
    public void raggedRowsEqualRowsAlone() {
        holds((device, mixer, p) -> {
            BatchedRun run = new BatchedRun(device, mixer, p, 5, 0, 13, 1);
            run.advance(new int[][] {{0, 1}, {1, 7}, {2, 2}, {3, 1}});
            run.advance(new int[][] {{0, 1}, {1, 1}, {2, 1}, {3, 1}});
            run.advance(new int[][] {{3, 9}, {1, 1}, {0, 3}});
            run.assertEqualsSingleSequences();
        });
    }

    /** Sequences that come, go, change places, fork and save between steps get the bits that each gets alone. */
    @Test
    public void continuousBatchingEqualsSingleSequences() {
        holds((device, mixer, p) -> {
            BatchedRun run = new BatchedRun(device, mixer, p, 5, 0, 13, 1, 5);
            for (int[] members : new int[][] {{0, 1, 2, 3}, {0, 2, 3, 4}, {0, 2, 3, 4}, {4, 3, 0}}) {
                run.advance(
                        Arrays.stream(members).mapToObj(r -> new int[] {r, 1}).toArray(int[][]::new));
                run.states.get(3).fork().close();
                run.states
                        .get(2)
                        .load(run.states.get(2).save(), run.states.get(2).position());
            }
            run.assertEqualsSingleSequences();
        });
    }

    /** A sequence that takes the place of one that ended finds no trace of it, nor do the others notice that it went. */
    @Test
    public void slotsAreReusedWithoutATrace() {
        holds((device, mixer, p) -> {
            BatchedRun run = new BatchedRun(device, mixer, p, 5, 3, 13);
            int[][] all = {{0, 1}, {1, 1}, {2, 1}};
            run.advance(all);
            for (int place : new int[] {1, 0, 2, 1}) {
                run.restart(place);
                run.advance(all);
                run.advance(all);
            }
            run.assertEqualsSingleSequences();
        });
    }

    /** Sequences that advance together, and what each was given and gave since it began. */
    private final class BatchedRun {
        private static final int ROOM = 40;
        private final Device device;
        private final Mixer mixer;
        private final Params p;
        private final int[] seen;
        private final List<MixerState> states = new ArrayList<>();
        private final List<List<Tensor>> given = new ArrayList<>();
        private final List<List<Tensor>> results = new ArrayList<>();
        private int steps;

        BatchedRun(Device device, Mixer mixer, Params p, int... seen) {
            this.device = device;
            this.mixer = mixer;
            this.p = p;
            this.seen = seen;
            for (int position : seen) {
                states.add(startedAt(position));
                given.add(new ArrayList<>());
                results.add(new ArrayList<>());
            }
        }

        private MixerState startedAt(int position) {
            MixerState state = mixer.newState(device, 1, ROOM);
            if (position > 0) {
                MixerTestSupport.advance(mixer, p, state, input(device, "start", 1, position), position);
            }
            return state;
        }

        void restart(int sequence) {
            states.set(sequence, startedAt(0)).close();
            seen[sequence] = 0;
            given.get(sequence).clear();
            results.get(sequence).clear();
        }

        /** Advances sequences, each by a number of positions. */
        void advance(int[]... rows) {
            steps++;
            List<Tensor> x = new ArrayList<>();
            int[] offsets = new int[rows.length + 1];
            for (int i = 0; i < rows.length; i++) {
                Tensor row = input(device, "step %d row %d".formatted(steps, i), 1, rows[i][1]);
                given.get(rows[i][0]).add(row);
                x.add(row);
                offsets[i + 1] = offsets[i] + rows[i][1];
            }
            boolean even = Arrays.stream(rows).allMatch(row -> row[1] == rows[0][1]);
            SequenceLayout layout =
                    even ? SequenceLayout.unpadded(rows.length, rows[0][1]) : SequenceLayout.packed(offsets);
            List<MixerState> slots =
                    Arrays.stream(rows).map(row -> states.get(row[0])).toList();
            Tensor joined = Tensors.concat(even ? 0 : 1, x);
            Tensor y = Scope.run(device, () -> StateSlots.of(slots, layout).advance(mixer, p, joined));
            for (int i = 0; i < rows.length; i++) {
                results.get(rows[i][0]).add(even ? y.slice(0, i, i + 1) : y.slice(1, offsets[i], offsets[i + 1]));
            }
        }

        /** Asserts that each gives the same bits alone, and closes the states. */
        void assertEqualsSingleSequences() {
            for (int r = 0; r < seen.length; r++) {
                try (MixerState alone = startedAt(seen[r])) {
                    for (int i = 0; i < given.get(r).size(); i++) {
                        Tensor x = given.get(r).get(i);
                        TensorAssertions.assertBitwiseEqual(
                                "sequence %d, step %d".formatted(r, i),
                                MixerTestSupport.advance(mixer, p, alone, x, x.extent(1)),
                                results.get(r).get(i));
                    }
                    assertEquals(alone.position(), states.get(r).position(), "position of sequence " + r);
                }
                states.get(r).close();
            }
        }
    }

    static Tensor advanceFromPrefix(Device device, Mixer mixer, Params p, Tensor start, Tensor rest) {
        try (MixerState state = mixer.newState(device, 2, 8)) {
            advance(mixer, p, state, start, 5);
            return advance(mixer, p, state, rest, 1, 2);
        }
    }

    /** A state that claims constant size has it, by whatever steps it came; any other grows, and says by how much. */
    @Test
    public void stateBytesMatchTheClaim() {
        holds((device, mixer, p) -> {
            assertEquals(
                    mixer.hasConstantState(),
                    mixer.stateBytes(2, 1) == mixer.stateBytes(2, 103_000),
                    "hasConstantState()");
            for (int positions : new int[] {1, 5, LONG}) {
                assertStateBytes(device, mixer, p, positions);
                assertStateBytes(device, mixer, p, ones(positions));
            }
        });
    }

    private void assertStateBytes(AssertingDevice device, Mixer mixer, Params p, int... pieces) {
        int positions = Arrays.stream(pieces).sum();
        Tensor x = input(device, "x", 2, positions);
        try (MixerState state = mixer.newState(device, 2, positions)) {
            advance(mixer, p, state, x, pieces);
            String after = " after %d positions in %d steps".formatted(positions, pieces.length);
            assertEquals(mixer.stateBytes(2, positions), state.bytes(), "bytes" + after);
        }
    }

    /** A state holds what its bytes say, and nothing beside. */
    @Test
    public void stateOwnsOnlyItsReportedBytes() {
        holds((device, mixer, p) -> {
            Tensor x = input(device, "x", 2, 13);
            List<Tensor> steps =
                    IntStream.range(0, 13).mapToObj(t -> x.slice(1, t, t + 1)).toList();
            MixerState state = mixer.newState(device, 2, 13);
            steps.forEach(next -> Scope.run(device, () -> {
                state.advance(mixer, p, next);
            }));
            long said = state.bytes();
            long open = device.openBytes();
            state.close();
            assertEquals(said, open - device.openBytes(), "bytes that a state gives back after 13 steps");
        });
    }

    /** A state refuses positions that it has no room for; one of constant size has room for all. */
    @Test
    public void stateRefusesPositionsBeyondCapacity() {
        holds((device, mixer, p) -> {
            Tensor x = input(device, "x", 1, 1);
            try (MixerState state = mixer.newState(device, 1, 2)) {
                advance(mixer, p, state, input(device, "start", 1, 2), 2);
                if (mixer.hasConstantState()) {
                    assertEquals(x.type(), state.advance(mixer, p, x).type());
                } else {
                    assertThrows(IllegalStateException.class, () -> state.advance(mixer, p, x));
                }
            }
        });
    }
}
