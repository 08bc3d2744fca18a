package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.mixer.ActivationHook;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.op.SequenceLayout;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The contract of mixers sees what is wrong beside the faults of {@link MixerFault}. */
final class FaultyMixersTest {
    private static void sees(Function<Mixer, Mixer> broken, Consumer<MixerContract> law) {
        MixerContract contract = new MixerContract() {
            @Override
            protected Mixer mixer(LayerConfig dims) {
                return broken.apply(new Retention(dims, 0.9));
            }
        };
        assertThrows(AssertionError.class, () -> law.accept(contract));
    }

    private static Function<Mixer, Mixer> adding(Function<Tensor, Tensor> leak) {
        return whole -> new FaultyMixer(whole) {
            @Override
            public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook activationHook) {
                return whole.forward(p, x, s, activationHook).add(leak.apply(x).multiply(0.1));
            }
        };
    }

    @Test
    void steppingOtherwise() {
        sees(adding(x -> x), MixerContract::stepsEqualForward);
    }

    @Test
    void claimingAnotherSize() {
        Function<Mixer, Mixer> broken = whole -> new FaultyMixer(whole) {
            @Override
            public long stateBytes(int batch, long positions) {
                return whole.stateBytes(batch, positions) + positions;
            }
        };
        sees(broken, MixerContract::stateBytesMatchTheClaim);
    }

    @Test
    void declaringWhatItDoesNotRead() {
        Function<Mixer, Mixer> broken = whole -> new FaultyMixer(whole) {
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
    void seedingWhatIsNotDeclared() {
        Function<Mixer, Mixer> broken = whole -> new FaultyMixer(whole) {
            @Override
            public Map<String, Tensor> initFrom(AttentionWeights from) {
                Tensor weight = from.tensors().get("q_proj.weight");
                return Map.of("query.weight", weight);
            }
        };
        sees(broken, MixerContract::initFromFitsTheParameters);
    }

    @Test
    void publishingWithoutBeingAsked() {
        Function<Mixer, Mixer> broken = whole -> new FaultyMixer(whole) {
            @Override
            public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook activationHook) {
                activationHook.publish("anything", Tensors.scalar(x.device(), 1));
                return whole.forward(p, x, s, activationHook);
            }
        };
        sees(broken, MixerContract::publishesHeadsIfWanted);
    }
}
