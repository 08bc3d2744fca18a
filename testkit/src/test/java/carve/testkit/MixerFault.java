package carve.testkit;

import carve.api.mixer.ActivationHook;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.Mixer;
import carve.api.mixer.StateSlots;
import carve.api.op.SequenceLayout;
import carve.api.param.Params;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/**
 * Faults that authors of mixers make, each seeded into a mixer that keeps every law, and the laws that catch it: first the
 * one that is about it, then those that it breaks besides.
 */
enum MixerFault {
    /** A little of the mean over all positions reaches each of them. */
    LEAKS_THE_FUTURE(
            "futureDoesNotReachThePast",
            Set.of("stepsEqualForward", "piecesEqualTheWhole", "packedEqualsSeparate", "paddedEqualsSeparate"),
            whole -> adding(whole, x -> x.mean(1))),

    /** Every piece begins as if nothing had been before. */
    DROPS_STATE("piecesEqualTheWhole", Set.of("stepsEqualForward"), whole -> new FaultyMixer(whole) {
        @Override
        public Tensor advance(Params p, Tensor x, StateSlots slots) {
            return super.forward(p, x, slots.layout(), ActivationHook.NONE);
        }
    }),

    /** Half of the result has no gradient. */
    WRONG_GRADIENT(
            "gradientsEqualCentralDifferences",
            Set.of("gradientsOfPackedRowsEqualCentralDifferences"),
            whole -> new FaultyMixer(whole) {
                @Override
                public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook activationHook) {
                    Tensor y = super.forward(p, x, s, activationHook).multiply(0.5);
                    return y.add(y.detach());
                }
            }),

    /** Rows that are packed are scaled by a parameter that nobody was asked for, and whose absence is passed over. */
    READS_AN_UNDECLARED_PARAMETER("readsExactlyTheDeclaredParameters", Set.of(), whole -> new FaultyMixer(whole) {
        @Override
        public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook activationHook) {
            Tensor y = super.forward(p, x, s, activationHook);
            try {
                return s.isPacked() ? y.multiply(p.get("scale")) : y;
            } catch (carve.api.param.ParamException e) {
                return y;
            }
        }
    }),

    /** Each row is given a little of the row before it. */
    DEPENDS_ON_BATCH_NEIGHBOURS(
            "batchRowsAreIndependent",
            Set.of("paddedEqualsSeparate", "piecesEqualTheWhole", "stepsEqualForward"),
            whole -> adding(whole, x -> x.pad(0, 1, 0).slice(0, 0, x.extent(0)))),

    /** Each step keeps its input for good. */
    LEAKS_MEMORY(
            "stateOwnsOnlyItsReportedBytes",
            Set.of(
                    "batchRowsAreIndependent",
                    "batchedSequencesEqualSingleSequences",
                    "continuousBatchingEqualsSingleSequences",
                    "forkIsIndependent",
                    "loadedStateEqualsSavedState",
                    "piecesEqualTheWhole",
                    "raggedRowsEqualRowsAlone",
                    "readsExactlyTheDeclaredParameters",
                    "sameBitsTwice",
                    "slotsAreReusedWithoutATrace",
                    "stateBytesMatchTheClaim",
                    "stateRefusesPositionsBeyondCapacity",
                    "stepsEqualForward",
                    "truncatedStateEqualsShorterPrefix"),
            whole -> new FaultyMixer(whole) {
                @Override
                public Tensor advance(Params p, Tensor x, StateSlots slots) {
                    Scope.keep(x.multiply(1));
                    return super.advance(p, x, slots);
                }
            }),

    /** The result depends on how often the mixer was called. */
    NOT_DETERMINISTIC(
            "sameBitsTwice",
            Set.of(
                    "batchRowsAreIndependent",
                    "futureDoesNotReachThePast",
                    "matricesAreCausalWithinSequences",
                    "publishesHeadsIfWanted"),
            whole -> new FaultyMixer(whole) {
                private int calls;

                @Override
                public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook activationHook) {
                    return super.forward(p, x, s, activationHook).multiply(1 + 1e-6 * calls++);
                }
            }),

    /** Sequences that are packed into a row are taken for one. */
    IGNORES_SEQUENCE_BOUNDARIES("packedEqualsSeparate", Set.of(), whole -> new FaultyMixer(whole) {
        @Override
        public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook activationHook) {
            return super.forward(p, x, SequenceLayout.unpadded(s.batch(), s.positions()), activationHook);
        }
    }),

    /** Sequences side by side go on from each other's states. */
    MIXES_UP_SEQUENCES(
            "batchedSequencesEqualSingleSequences",
            Set.of(
                    "continuousBatchingEqualsSingleSequences",
                    "raggedRowsEqualRowsAlone",
                    "slotsAreReusedWithoutATrace"),
            whole -> new FaultyMixer(whole) {
                @Override
                public Tensor advance(Params p, Tensor x, StateSlots slots) {
                    return slots.layout().isPacked()
                            ? super.advance(p, x, slots)
                            : flip(super.advance(p, flip(x), slots));
                }
            }),

    /** Sequences of different lengths side by side see what was new in those before them. */
    IGNORES_RAGGED_LENGTHS("raggedRowsEqualRowsAlone", Set.of(), whole -> new FaultyMixer(whole) {
        @Override
        public Tensor advance(Params p, Tensor x, StateSlots slots) {
            Tensor y = super.advance(p, x, slots);
            return slots.layout().isPacked() ? y.add(x.cumulativeSum(1).multiply(1e-3)) : y;
        }
    }),

    /** A seeded matrix is the transpose of what was declared. */
    INITIALISES_A_WRONG_SHAPE("initFromFitsTheParameters", Set.of(), whole -> new FaultyMixer(whole) {
        @Override
        public Map<String, Tensor> initFrom(AttentionWeights from) {
            Map<String, Tensor> seed = new HashMap<>(super.initFrom(from));
            seed.computeIfPresent("k_proj.weight", (_, weight) -> weight.transpose());
            return seed;
        }
    });

    private final String law;
    private final Set<String> otherLaws;
    private final UnaryOperator<Mixer> inject;

    MixerFault(String law, Set<String> besides, UnaryOperator<Mixer> seed) {
        this.law = law;
        this.otherLaws = besides;
        this.inject = seed;
    }

    /** Returns the names of the laws that catch it. */
    Set<String> caughtBy() {
        Set<String> laws = new TreeSet<>(otherLaws);
        laws.add(law);
        return laws;
    }

    /** Returns a mixer that does as another but for this fault. */
    Mixer in(Mixer whole) {
        return inject.apply(whole);
    }

    private static Mixer adding(Mixer whole, UnaryOperator<Tensor> leak) {
        return new FaultyMixer(whole) {
            @Override
            public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook activationHook) {
                return super.forward(p, x, s, activationHook).add(leak.apply(x).multiply(0.1));
            }
        };
    }

    private static Tensor flip(Tensor x) {
        List<Tensor> rows = new ArrayList<>();
        for (int r = x.extent(0) - 1; r >= 0; r--) {
            rows.add(x.slice(0, r, r + 1));
        }
        return Tensors.concat(0, rows);
    }
}
