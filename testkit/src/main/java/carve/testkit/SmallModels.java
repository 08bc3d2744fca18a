package carve.testkit;

import carve.api.data.Dataset;
import carve.api.data.Sample;
import carve.api.device.Device;
import carve.api.mixer.MixerCatalog;
import carve.api.model.LoadedModel;
import carve.api.model.ModelSpec;
import carve.api.param.CounterRandom;
import carve.api.param.ParamStore;
import java.util.Map;
import java.util.Optional;

/** Models and data that are small enough to train ten steps in a second on the reference device. */
public final class SmallModels {
    private SmallModels() {}

    /** Returns a decoder with two retention layers and initial weights; the caller closes it. */
    public static LoadedModel decoder(Device device, long seed) {
        return decoder(device, seed, TestMixerCatalog.of(new Retention.Provider()), "retention", "retention");
    }

    /** Returns a decoder with these mixers and initial weights; the caller closes it. */
    public static LoadedModel decoder(Device device, long seed, MixerCatalog catalog, String... mixers) {
        SmallFamily family = new SmallFamily();
        ModelSpec spec = family.spec(SmallFamily.config(mixers), catalog);
        return new LoadedModel(family, spec, ParamStore.initial(device, spec.parameters(), seed));
    }

    /** Returns samples of 3 to 12 random tokens, the second half of each an answer. */
    public static Dataset data(int samples, long seed) {
        return new Dataset() {
            @Override
            public long size() {
                return samples;
            }

            @Override
            public Optional<Sample> sample(long position) {
                return Optional.of(random(seed, position % samples));
            }

            @Override
            public String fingerprint() {
                return "small, %d samples, seed %d".formatted(samples, seed);
            }
        };
    }

    private static Sample random(long seed, long number) {
        CounterRandom random = new CounterRandom(seed, "sample " + number);
        int[] tokens = new int[3 + random.below(0, 10)];
        boolean[] answer = new boolean[tokens.length];
        for (int t = 0; t < tokens.length; t++) {
            tokens[t] = random.below(1 + t, SmallFamily.VOCABULARY);
            answer[t] = 2 * t >= tokens.length;
        }
        return new Sample(tokens, answer, Map.of());
    }
}
