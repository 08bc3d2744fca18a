package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.mixer.ActivationHook;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerState;
import carve.api.mixer.RotaryEmbedding;
import carve.api.op.SequenceLayout;
import carve.api.param.CounterRandom;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.DType;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The mixer under test, with the settings of its test. Each parameter has its initial value plus noise, so that no law
 * holds only because a parameter is zero.
 */
public abstract class MixerTestSupport {
    static final int LONG = 70; // beyond a chunk of 64
    static final RandomTensors RANDOMS = RandomTensors.seeded();

    /** A law, checked on a device with a mixer and its parameters. */
    interface Law {
        void check(AssertingDevice device, Mixer mixer, Params p);
    }

    MixerTestSupport() {}

    /** Returns the mixer under test for a layer of these dimensions. */
    protected abstract Mixer mixer(LayerConfig dims);

    /** Returns the dimensions that the mixer is tried with: 4 heads of width 6, 2 of keys and values, rotated by 4. */
    protected LayerConfig dims() {
        return new LayerConfig(24, 4, 2, 6, false, 1e-5, new RotaryEmbedding(10_000, 4, 4096));
    }

    /** Returns whether the mixer is initialised from an attention layer of {@link #dims}. */
    protected boolean initialisesFromAttention() {
        return true;
    }

    /**
     * Returns the values around which a parameter is tried, by default its initial ones. A mixer overrides it if these
     * make some gradients too small for central differences in F32.
     */
    protected Init initialValues(ParamSpec spec) {
        return spec.init();
    }

    /** Returns the device to try it on, new; the contract closes it. */
    protected Device open() {
        return new ReferenceDevice();
    }

    // the device asserts that nothing is left behind: neither by states that were closed nor by passes in a scope
    final void holds(Law law) {
        try (AssertingDevice device = AssertingDevice.poisoning(open())) {
            Scope.run(device, () -> law.check(device, mixer(dims()), parameters(device, mixer(dims()))));
            assertEquals(0, device.openBuffers(), "buffers left behind");
        }
    }

    private Params parameters(Device device, Mixer mixer) {
        Map<String, Tensor> tensors = new TreeMap<>();
        for (ParamSpec spec : mixer.parameters()) {
            float[] values = initialValues(spec).values(spec.shape(), new CounterRandom(42, spec.name()));
            double[] noise = RANDOMS.normals(spec.name(), values.length);
            for (int i = 0; i < values.length; i++) {
                values[i] += (float) (0.2 * noise[i]);
            }
            tensors.put(spec.name(), Tensors.of(device, spec.shape(), values));
        }
        return Params.of(tensors);
    }

    // of a layer that has the norms and sinks of the mixer, and projections
    static AttentionWeights attentionWeights(Device device, LayerConfig dims, Mixer mixer) {
        Map<String, Tensor> weights = new TreeMap<>();
        int queries = dims.heads() * dims.headWidth();
        int keys = dims.kvHeads() * dims.headWidth();
        weights.put("q_proj.weight", RANDOMS.normal(device, "q_proj", queries, dims.hidden()));
        weights.put("k_proj.weight", RANDOMS.normal(device, "k_proj", keys, dims.hidden()));
        weights.put("v_proj.weight", RANDOMS.normal(device, "v_proj", keys, dims.hidden()));
        weights.put("o_proj.weight", RANDOMS.normal(device, "o_proj", dims.hidden(), queries));
        for (ParamSpec spec : mixer.parameters()) {
            if (spec.name().startsWith("q_norm.")
                    || spec.name().startsWith("k_norm.")
                    || spec.name().equals("sinks")) {
                weights.put(spec.name(), RANDOMS.normal(device, spec.name(), new TensorType(DType.F32, spec.shape())));
            }
        }
        if (dims.bias()) {
            weights.put("q_proj.bias", RANDOMS.normal(device, "q_bias", queries));
            weights.put("k_proj.bias", RANDOMS.normal(device, "k_bias", keys));
            weights.put("v_proj.bias", RANDOMS.normal(device, "v_bias", keys));
            weights.put("o_proj.bias", RANDOMS.normal(device, "o_bias", dims.hidden()));
        }
        return new AttentionWeights(dims, weights);
    }

    final Tensor input(Device device, String name, int batch, int positions) {
        return RANDOMS.normal(device, name, TensorType.f32(batch, positions, dims().hidden()));
    }

    static Tensor forward(Mixer mixer, Params p, Tensor x) {
        return mixer.forward(p, x, SequenceLayout.unpadded(x.extent(0), x.extent(1)), ActivationHook.NONE);
    }

    static Tensor advance(Mixer mixer, Params p, MixerState state, Tensor x, int... pieces) {
        List<Tensor> outputs = new ArrayList<>();
        int from = 0;
        for (int piece : pieces) {
            Tensor part = x.slice(1, from, from + piece);
            outputs.add(Scope.run(x.device(), () -> state.advance(mixer, p, part)));
            from += piece;
        }
        return Tensors.concat(1, outputs);
    }

    static List<String> names(Mixer mixer) {
        return mixer.parameters().stream().map(ParamSpec::name).toList();
    }

    static boolean allFinite(Tensor tensor) {
        return Arrays.stream(TensorValues.of(tensor)).allMatch(Double::isFinite);
    }
}
