package carve.models;

import carve.api.config.MapSettings;
import carve.api.device.Device;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.tensor.DType;
import carve.attention.Attention;
import carve.attention.AttentionConfig;
import carve.attention.LatentAttention;
import carve.attention.LatentAttentionConfig;
import carve.attention.QkNorm;
import carve.cpu.CpuDeviceProvider;
import carve.mamba2.Mamba2;
import carve.mamba2.Mamba2Config;
import carve.mamba2.MambaInLlama;
import carve.mamba2.MambaInLlamaConfig;
import carve.mamba2.PlainMamba2;
import carve.mamba2.PlainMamba2Config;
import carve.testkit.MixerContract;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Laws that mixers keep with the kernels of the CPU, too: that sequences side by side have the bits that each has alone. */
final class BatchedMixersOnCpuTest {
    private record Case(String name, Function<LayerConfig, Mixer> mixer) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static final class OnCpu extends MixerContract {
        private final Case given;

        OnCpu(Case given) {
            this.given = given;
        }

        @Override
        protected Mixer mixer(LayerConfig config) {
            return given.mixer.apply(config);
        }

        @Override
        protected Device open() {
            return new CpuDeviceProvider().open(MapSettings.of(Map.of()));
        }
    }

    private static Function<LayerConfig, Mixer> attention(int window, double cap, QkNorm norm, boolean sinks) {
        return config -> new Attention(config, new AttentionConfig(DType.F32, window, cap, 0, norm, 0, sinks, 0));
    }

    static Stream<Case> attentions() {
        return Stream.of(
                new Case("attention", Attention::new),
                new Case("attention, window and sinks", attention(5, 0, QkNorm.RMS_HEAD, true)),
                new Case("attention, window and soft cap", attention(40, 1.5, QkNorm.LAYER_HEAD, false)),
                new Case(
                        "latent attention",
                        config -> new LatentAttention(
                                config, new LatentAttentionConfig(DType.F32, 7, 9, 5, 4, 3, 0, 1e-6))));
    }

    static Stream<Case> cases() {
        Stream<Case> others = Stream.of(
                new Case(
                        "mamba2",
                        config -> new Mamba2(config, new Mamba2Config(2, 1e-5, Mamba2Config.Initialisation.INHERIT))),
                new Case(
                        "mamba-in-llama",
                        config -> new MambaInLlama(
                                config,
                                new MambaInLlamaConfig(
                                        4, 1e-5, false, true, DType.F32, MambaInLlamaConfig.Initialisation.KQVO))),
                new Case(
                        "plain-mamba2",
                        config -> new PlainMamba2(
                                config,
                                new PlainMamba2Config(
                                        4,
                                        true,
                                        1e-5,
                                        8,
                                        2,
                                        0,
                                        Double.POSITIVE_INFINITY,
                                        carve.mamba2.MambaInLlamaConfig.Initialisation.RANDOM))));
        return Stream.concat(attentions(), others);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void batchedSequencesHaveTheirOwnBits(Case given) {
        for (Consumer<MixerContract> law : Stream.<Consumer<MixerContract>>of(
                        MixerContract::batchedSequencesEqualSingleSequences,
                        MixerContract::raggedRowsEqualRowsAlone,
                        MixerContract::continuousBatchingEqualsSingleSequences,
                        MixerContract::slotsAreReusedWithoutATrace)
                .toList()) {
            law.accept(new OnCpu(given));
        }
    }

    /** The other laws hold for all forms of attention with the kernels of the CPU, too. */
    @ParameterizedTest
    @MethodSource("attentions")
    void attentionKeepsItsLaws(Case given) {
        for (Consumer<MixerContract> law : Stream.<Consumer<MixerContract>>of(
                        MixerContract::futureDoesNotReachThePast,
                        MixerContract::packedEqualsSeparate,
                        MixerContract::paddedEqualsSeparate,
                        MixerContract::stepsEqualForward,
                        MixerContract::piecesEqualTheWhole)
                .toList()) {
            law.accept(new OnCpu(given));
        }
    }
}
