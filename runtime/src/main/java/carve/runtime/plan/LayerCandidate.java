package carve.runtime.plan;

import carve.api.model.Block;
import carve.api.model.LoadedModel;
import carve.api.model.ModelSpec;
import carve.api.param.ParamStore;
import carve.api.param.Params;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * A layer that could take the place of one of a model's.
 *
 * @param label what distinguishes it from other candidates
 * @param layer the number of the layer whose place it takes
 * @param block the layer
 * @param params makes its parameters, by the names of the block; called within the scope of each use
 */
public record LayerCandidate(String label, int layer, Block block, Supplier<Params> params) {
    /** Returns a model's layers as candidates for those of another model of the same form. */
    public static List<LayerCandidate> ofModel(LoadedModel model) {
        return IntStream.range(0, model.spec().layers().size())
                .mapToObj(i -> new LayerCandidate(
                        "layer " + i,
                        i,
                        model.spec().layers().get(i),
                        () -> model.params().under(ModelSpec.layerPrefix(i))))
                .toList();
    }

    /**
     * Returns a model with this candidate in its place. It shares the memory of both, which stay open as long as it is used, and must
     * not be closed.
     */
    public LoadedModel in(LoadedModel model) {
        String prefix = ModelSpec.layerPrefix(layer) + ".";
        ParamStore shared = new ParamStore(model.device());
        model.params().asMap().forEach((name, tensor) -> {
            if (!name.startsWith(prefix)) {
                shared.put(name, tensor);
            }
        });
        Params own = params.get();
        block.parameters().forEach(param -> shared.put(prefix + param.name(), own.get(param.name())));
        List<Block> layers = new ArrayList<>(model.spec().layers());
        layers.set(layer, block);
        ModelSpec spec = model.spec().with(model.spec().config(), layers);
        return new LoadedModel(model.family(), spec, shared);
    }
}
