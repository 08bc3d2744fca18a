package carve.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.config.MapSettings;
import carve.api.data.Batch;
import carve.api.data.Sample;
import carve.api.device.Device;
import carve.api.loss.Reduction;
import carve.api.mixer.MixerCatalog;
import carve.api.model.ActivationRecorder;
import carve.api.model.LoadedModel;
import carve.api.op.CrossEntropy;
import carve.api.param.CounterRandom;
import carve.api.param.Params;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.attention.AttentionProvider;
import carve.cpu.CpuDeviceProvider;
import carve.mamba2.Mamba2Provider;
import carve.testkit.SmallFamily;
import carve.testkit.SmallModels;
import carve.testkit.TensorAssertions;
import carve.testkit.TestMixerCatalog;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Packed rows are the same to a model as their sequences in rows of their own. */
final class PackedRowsTest {
    private static final int[] LENGTHS = {5, 1, 13, 2, 7};

    private record Result(double loss, List<Tensor> gradients) {}

    private static MixerCatalog mixers() {
        return TestMixerCatalog.of(new AttentionProvider(), new Mamba2Provider())
                .withDefaults(
                        "attention",
                        MapSettings.of(Map.of(
                                        "cache",
                                        "f32",
                                        "window",
                                        0,
                                        "soft-cap",
                                        0,
                                        "scale",
                                        0,
                                        "qk-norm",
                                        "none",
                                        "qk-norm-offset",
                                        0,
                                        "sinks",
                                        false,
                                        "clip-qkv",
                                        0))
                                .asTree())
                .withDefaults(
                        "mamba2",
                        MapSettings.of(Map.of("conv-width", 2, "norm-epsilon", 1e-5, "init", "mimic"))
                                .asTree());
    }

    private static Sample sequence(int number) {
        CounterRandom random = new CounterRandom(42, "sequence " + number);
        int[] tokens = new int[LENGTHS[number]];
        boolean[] mask = new boolean[tokens.length];
        float[] weights = new float[tokens.length];
        for (int t = 0; t < tokens.length; t++) {
            tokens[t] = random.below(t, SmallFamily.VOCABULARY);
            mask[t] = random.below(100 + t, 4) > 0;
            weights[t] = (float) (0.25 + random.uniform(200 + t));
        }
        return new Sample(tokens, mask, Map.of(), weights, new int[0]);
    }

    private static Sample packed(int from, int to) {
        int length = 0;
        int[] starts = new int[to - from];
        for (int i = from; i < to; i++) {
            starts[i - from] = length;
            length += LENGTHS[i];
        }
        int[] tokens = new int[length];
        boolean[] mask = new boolean[length];
        float[] weights = new float[length];
        for (int i = from; i < to; i++) {
            Sample one = sequence(i);
            System.arraycopy(one.tokens(), 0, tokens, starts[i - from], LENGTHS[i]);
            System.arraycopy(one.lossMask(), 0, mask, starts[i - from], LENGTHS[i]);
            System.arraycopy(one.weights(), 0, weights, starts[i - from], LENGTHS[i]);
        }
        return new Sample(tokens, mask, Map.of(), weights, starts);
    }

    private static Result run(LoadedModel model, Device device, Batch batch) {
        Tape tape = new Tape();
        Map<String, Tensor> watched = new LinkedHashMap<>();
        model.spec()
                .parameters()
                .forEach(param ->
                        watched.put(param.name(), tape.watch(model.params().get(param.name()))));
        Params params = Params.overlay(watched, model.params());
        Tensor logits = model.model()
                .projectToVocabulary(
                        params,
                        model.model().hidden(params, batch.inputs(device), ActivationRecorder.NONE, false),
                        ActivationRecorder.NONE);
        Tensor targets = batch.targets(device);
        Tensor loss = Reduction.SUM.reduce(
                CrossEntropy.apply(logits.reshape(-1, SmallFamily.VOCABULARY), targets.reshape(-1)),
                batch.paddingMask(device).reshape(-1));
        return new Result(loss.item(), tape.gradients(loss, List.copyOf(watched.values())));
    }

    @Test
    void packedRowsEqualSeparateRows() {
        try (Device device = new CpuDeviceProvider().open(MapSettings.of(Map.of()));
                LoadedModel model =
                        SmallModels.decoder(device, 42, mixers(), "attention", "mamba2", "attention", "mamba2")) {
            List<Sample> separate = new ArrayList<>();
            for (int i = 0; i < LENGTHS.length; i++) {
                separate.add(sequence(i));
            }
            Result expected = run(model, device, Batch.of(separate, 0));
            Batch packed = Batch.of(List.of(packed(0, 3), packed(3, 5)), 0);
            Result actual = run(model, device, packed);
            assertEquals(28, packed.positions());
            assertEquals(expected.loss, actual.loss, 1e-4 * expected.loss);
            for (int i = 0; i < expected.gradients.size(); i++) {
                TensorAssertions.assertClose("gradient " + i, expected.gradients.get(i), actual.gradients.get(i), 1e-4);
            }
        }
    }
}
