package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.device.Device;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerDims;
import carve.api.mixer.MixerState;
import carve.api.mixer.Probe;
import carve.api.op.Sequences;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The contract of mixers sees what is wrong. */
final class BrokenMixersTest {
    /** A mixer that does as another but for what a test breaks. */
    private abstract static class Broken implements Mixer {
        private final Mixer whole;

        private Broken(Mixer whole) {
            this.whole = whole;
        }

        @Override
        public List<ParamSpec> parameters() {
            return whole.parameters();
        }

        @Override
        public Tensor forward(Params p, Tensor x, Sequences s, Probe probe) {
            return whole.forward(p, x, s, probe);
        }

        @Override
        public MixerState newState(Device device, int batch, int capacity) {
            return whole.newState(device, batch, capacity);
        }

        @Override
        public Tensor advance(Params p, Tensor x, MixerState state) {
            return whole.advance(p, x, state);
        }

        @Override
        public boolean constantState() {
            return whole.constantState();
        }

        @Override
        public long stateBytes(int batch, long positions) {
            return whole.stateBytes(batch, positions);
        }

        @Override
        public Map<String, Tensor> seed(AttentionWeights from) {
            return whole.seed(from);
        }
    }

    private static void sees(Function<Mixer, Mixer> broken, Consumer<MixerContract> law) {
        MixerContract contract = new MixerContract() {
            @Override
            protected Mixer mixer(MixerDims dims) {
                return broken.apply(new Retention(dims, 0.9));
            }
        };
        assertThrows(AssertionError.class, () -> law.accept(contract));
    }

    private static Function<Mixer, Mixer> adding(Function<Tensor, Tensor> leak) {
        return whole -> new Broken(whole) {
            @Override
            public Tensor forward(Params p, Tensor x, Sequences s, Probe probe) {
                return whole.forward(p, x, s, probe).add(leak.apply(x).multiply(0.1));
            }
        };
    }

    @Test
    void lookingAhead() {
        sees(adding(x -> x.mean(1)), MixerContract::futureDoesNotReachThePast);
        sees(adding(x -> x.mean(1)), MixerContract::piecesEqualTheWhole);
    }

    @Test
    void lookingAtOtherRows() {
        sees(adding(x -> x.mean(0)), MixerContract::rowsDoNotTalk);
    }

    @Test
    void lookingAcrossPackedSequences() {
        sees(adding(x -> x.cumulativeSum(1)), MixerContract::packedEqualsSeparate);
    }

    @Test
    void steppingOtherwise() {
        sees(adding(x -> x), MixerContract::stepsEqualForward);
    }

    @Test
    void losingAGradient() {
        sees(adding(Tensor::detach), MixerContract::gradientsEqualCentralDifferences);
    }

    @Test
    void claimingAnotherSize() {
        Function<Mixer, Mixer> broken = whole -> new Broken(whole) {
            @Override
            public long stateBytes(int batch, long positions) {
                return whole.stateBytes(batch, positions) + positions;
            }
        };
        sees(broken, MixerContract::stateTakesTheMemoryThatIsClaimed);
    }

    @Test
    void declaringWhatItDoesNotRead() {
        Function<Mixer, Mixer> broken = whole -> new Broken(whole) {
            @Override
            public List<ParamSpec> parameters() {
                List<ParamSpec> more = new ArrayList<>(whole.parameters());
                more.add(new ParamSpec("idle", Shape.of(1), Init.ONES));
                return more;
            }
        };
        sees(broken, MixerContract::readsExactlyTheDeclaredParameters);
    }

    @Test
    void forkingIntoItself() {
        Function<Mixer, Mixer> broken = whole -> new Broken(whole) {
            @Override
            public MixerState newState(Device device, int batch, int capacity) {
                MixerState state = whole.newState(device, batch, capacity);
                return new MixerState() {
                    @Override
                    public int position() {
                        return state.position();
                    }

                    @Override
                    public long bytes() {
                        return state.bytes();
                    }

                    @Override
                    public MixerState fork() {
                        return this;
                    }

                    @Override
                    public Map<String, Tensor> save() {
                        return state.save();
                    }

                    @Override
                    public void load(Map<String, Tensor> saved, int position) {
                        state.load(saved, position);
                    }

                    @Override
                    public void close() {
                        state.close();
                    }
                };
            }

            @Override
            public Tensor advance(Params p, Tensor x, MixerState state) {
                Map<String, Tensor> saved = state.save();
                try (MixerState own = whole.newState(x.device(), x.extent(0), 64)) {
                    own.load(saved, state.position());
                    Tensor y = whole.advance(p, x, own);
                    state.load(own.save(), own.position());
                    return y;
                }
            }
        };
        sees(broken, MixerContract::forkIsIndependent);
    }

    @Test
    void leavingMemoryBehind() {
        Function<Mixer, Mixer> broken = whole -> new Broken(whole) {
            @Override
            public Tensor advance(Params p, Tensor x, MixerState state) {
                Scope.keep(x.multiply(2));
                return whole.advance(p, x, state);
            }
        };
        sees(broken, MixerContract::stepsEqualForward);
    }

    @Test
    void seedingWhatIsNotDeclared() {
        Function<Mixer, Mixer> broken = whole -> new Broken(whole) {
            @Override
            public Map<String, Tensor> seed(AttentionWeights from) {
                Tensor weight = from.tensors().get("q_proj.weight");
                return Map.of("query.weight", weight);
            }
        };
        sees(broken, MixerContract::seedFitsTheParameters);
    }

    @Test
    void publishingWithoutBeingAsked() {
        Function<Mixer, Mixer> broken = whole -> new Broken(whole) {
            @Override
            public Tensor forward(Params p, Tensor x, Sequences s, Probe probe) {
                probe.publish("anything", Tensors.scalar(x.device(), 1));
                return whole.forward(p, x, s, probe);
            }
        };
        sees(broken, MixerContract::publishesHeadsIfWanted);
    }
}
