package carve.api.model;

import carve.api.mixer.ActivationHook;
import carve.api.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;

/** A recorder of the values at chosen {@linkplain Site sites} of one pass through a model. */
public final class ActivationRecorder {
    /** A recorder that records nothing. */
    public static final ActivationRecorder NONE = new ActivationRecorder(site -> false);

    private final Predicate<Site> wanted;
    private final Map<Site, Tensor> values = new LinkedHashMap<>();

    /** Makes a recorder of the sites for which the predicate holds. */
    public ActivationRecorder(Predicate<Site> wanted) {
        this.wanted = wanted;
    }

    /** Returns the recorded values by site, in the order in which they were computed. */
    public Map<Site, Tensor> values() {
        return values;
    }

    void publish(Site site, Tensor value) {
        if (wanted.test(site)) {
            values.put(site, value);
        }
    }

    /** Returns the hook that the input encoder publishes to. */
    public ActivationHook inputHook() {
        return hook(Site.Input::new);
    }

    /** Returns the hook that the mixer of a layer publishes to. */
    public ActivationHook layerHook(int index) {
        return hook(name -> Site.layer(index, name));
    }

    private ActivationHook hook(Function<String, Site> site) {
        return new ActivationHook() {
            @Override
            public boolean wants(String name) {
                return wanted.test(site.apply(name));
            }

            @Override
            public void publish(String name, Tensor value) {
                ActivationRecorder.this.publish(site.apply(name), value);
            }
        };
    }
}
