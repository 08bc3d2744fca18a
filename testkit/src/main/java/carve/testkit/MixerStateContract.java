package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.device.Device;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerState;
import carve.api.param.Params;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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

    /** What a state saves, another loads, and goes on with the same bits. */
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

    /** Sessions side by side, each at a position of its own, get the bits that each gets alone. */
    @Test
    public void batchedSessionsEqualSingleSessions() {
        holds((device, mixer, p) -> {
            int[] seen = {5, 0, 13, 1, 5};
            Tensor next = input(device, "next", seen.length, 3);
            List<MixerState> together = Arrays.stream(seen)
                    .mapToObj(position -> startedAt(device, mixer, p, position))
                    .toList();
            List<Tensor> steps = IntStream.range(0, 3)
                    .mapToObj(t -> Scope.run(device, () -> mixer.advance(p, next.slice(1, t, t + 1), together)))
                    .toList();
            Tensor rows = Tensors.concat(1, steps);
            for (int r = 0; r < seen.length; r++) {
                assertEquals(seen[r] + 3, together.get(r).position(), "position of session " + r);
                try (MixerState alone = startedAt(device, mixer, p, seen[r])) {
                    Tensor expected = advance(mixer, p, alone, next.slice(0, r, r + 1), 1, 1, 1);
                    TensorAssertions.assertBitwiseEqual("session " + r, expected, rows.slice(0, r, r + 1));
                }
                together.get(r).close();
            }
        });
    }

    /** Sessions that come, go, change places, fork and save between steps get the bits that each gets alone. */
    @Test
    public void continuousBatchingEqualsSingleSessions() {
        holds((device, mixer, p) -> {
            int[] seen = {5, 0, 13, 1, 5};
            int[][] steps = {{0, 1, 2, 3}, {0, 2, 3, 4}, {0, 2, 3, 4}, {4, 3, 0}};
            Tensor next = input(device, "next", seen.length, steps.length);
            List<MixerState> states = Arrays.stream(seen)
                    .mapToObj(position -> startedAt(device, mixer, p, position))
                    .toList();
            List<List<Tensor>> told = Stream.generate(() -> (List<Tensor>) new ArrayList<Tensor>())
                    .limit(seen.length)
                    .toList();
            for (int[] members : steps) {
                Tensor y = Scope.run(device, () -> {
                    List<Tensor> x = Arrays.stream(members)
                            .mapToObj(r -> next.slice(0, r, r + 1)
                                    .slice(1, told.get(r).size(), told.get(r).size() + 1))
                            .toList();
                    return mixer.advance(
                            p,
                            Tensors.concat(0, x),
                            Arrays.stream(members).mapToObj(states::get).toList());
                });
                for (int i = 0; i < members.length; i++) {
                    told.get(members[i]).add(y.slice(0, i, i + 1));
                }
                states.get(3).fork().close();
                states.get(2).load(states.get(2).save(), states.get(2).position());
            }
            for (int r = 0; r < seen.length; r++) {
                try (MixerState alone = startedAt(device, mixer, p, seen[r])) {
                    int count = told.get(r).size();
                    int[] ones = IntStream.generate(() -> 1).limit(count).toArray();
                    Tensor own = next.slice(0, r, r + 1).slice(1, 0, count);
                    TensorAssertions.assertBitwiseEqual(
                            "session " + r, advance(mixer, p, alone, own, ones), Tensors.concat(1, told.get(r)));
                }
                states.get(r).close();
            }
        });
    }

    private MixerState startedAt(Device device, Mixer mixer, Params p, int position) {
        MixerState state = mixer.newState(device, 1, position + 4);
        if (position > 0) {
            advance(mixer, p, state, input(device, "start", 1, position), position);
        }
        return state;
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
                    "constantState()");
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
                mixer.advance(p, next, state);
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
                    assertEquals(x.type(), mixer.advance(p, x, state).type());
                } else {
                    assertThrows(IllegalStateException.class, () -> mixer.advance(p, x, state));
                }
            }
        });
    }
}
