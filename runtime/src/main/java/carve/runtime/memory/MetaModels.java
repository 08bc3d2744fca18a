package carve.runtime.memory;

import carve.api.data.Dataset;
import carve.api.data.Sample;
import carve.api.model.LoadedModel;
import carve.api.model.ModelFamily;
import carve.api.model.ModelSpec;
import carve.api.param.ParamSpec;
import carve.api.param.ParamStore;
import carve.api.tensor.DType;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/** Models and samples of which sizes are all that matters. */
public final class MetaModels {
    private MetaModels() {}

    /** Returns a model without values, whose parameters are of a type; the caller closes it. */
    public static LoadedModel of(MetaDevice device, ModelFamily family, ModelSpec spec, DType dtype) {
        ParamStore params = new ParamStore(device);
        for (ParamSpec param : spec.parameters()) {
            params.put(param.name(), Tensor.allocate(device, new TensorType(dtype, param.shape())));
        }
        return new LoadedModel(family, spec, params);
    }

    /** Returns samples of text of so many tokens, all but the first of which are an answer. */
    public static Dataset textSamples(int positions) {
        int[] tokens = new int[positions];
        boolean[] answer = new boolean[positions];
        Arrays.fill(tokens, 1);
        Arrays.fill(answer, 1, positions, true);
        Sample sample = new Sample(tokens, answer, Map.of());
        return new Dataset() {
            @Override
            public long size() {
                return 1;
            }

            @Override
            public Optional<Sample> sample(long position) {
                return Optional.of(sample);
            }

            @Override
            public String fingerprint() {
                return "text of %d tokens".formatted(positions);
            }
        };
    }
}
