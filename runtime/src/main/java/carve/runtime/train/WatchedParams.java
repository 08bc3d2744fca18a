package carve.runtime.train;

import carve.api.model.LoadedModel;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Puts parameters on a tape. */
final class WatchedParams {
    private WatchedParams() {}

    /** Returns the parameters of a model among these whose names begin with a prefix, watched. */
    static Map<String, Tensor> watch(Tape tape, LoadedModel model, Set<String> names, String prefix) {
        Map<String, Tensor> watched = new LinkedHashMap<>();
        for (String name : names) {
            if (name.startsWith(prefix)) {
                watched.put(name, tape.watch(model.params().get(name)));
            }
        }
        return watched;
    }
}
