package carve.api.model;

import carve.api.mixer.ActivationHook;
import carve.api.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Collects named values of a pass through a model: {@code input.*}, what the input encoder publishes, {@code embed}, {@code
 * layers.N.input}, {@code layers.N.output}, {@code layers.N.heads} and whatever else mixers publish, {@code final_norm},
 * {@code logits}.
 */
public final class ActivationRecorder {
    /** A probe that collects nothing. */
    public static final ActivationRecorder NONE = new ActivationRecorder(site -> false);

    private final Predicate<String> wanted;
    private final Map<String, Tensor> values = new LinkedHashMap<>();

    /** Makes a probe that collects the values of the sites for which the predicate holds. */
    public ActivationRecorder(Predicate<String> wanted) {
        this.wanted = wanted;
    }

    /** Returns the values collected, by site, in the order in which they came. */
    public Map<String, Tensor> values() {
        return values;
    }

    void publish(String site, Tensor value) {
        if (wanted.test(site)) {
            values.put(site, value);
        }
    }

    /** Returns the part of this probe that the input encoder sees. */
    public ActivationHook inputHook() {
        return under("input.");
    }

    /** Returns the part of this probe that a mixer of a layer sees. */
    public ActivationHook layerHook(int index) {
        return under("layers." + index + ".");
    }

    private ActivationHook under(String prefix) {
        return new ActivationHook() {
            @Override
            public boolean wants(String name) {
                return wanted.test(prefix + name);
            }

            @Override
            public void publish(String name, Tensor value) {
                ActivationRecorder.this.publish(prefix + name, value);
            }
        };
    }
}
