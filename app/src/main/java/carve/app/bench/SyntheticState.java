package carve.app.bench;

import carve.api.mixer.MixerState;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.model.ModelState;
import carve.api.op.SequenceLayout;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Makes the state of a session that has seen many positions without computing them: the few that are computed are repeated
 * where a layer remembers each of them. How long the next step takes does not depend on what is remembered.
 *
 * <p>The axis of positions is the one that grows, by as much as positions do.
 */
final class SyntheticState {
    private static final int FEW = 3;

    private SyntheticState() {}

    /** Returns the state after depth positions, with room for more; the caller closes it. */
    static ModelState of(LoadedModel model, int batch, int depth, int more) {
        ModelState state = model.model().newState(model.device(), batch, depth + more);
        if (depth == 0) {
            return state;
        }
        try (ModelState few = after(model, batch, FEW);
                ModelState fewer = after(model, batch, FEW - 1)) {
            for (int i = 0; i < state.layers().size(); i++) {
                extend(state.layer(i), few.layer(i), fewer.layer(i), model, depth);
            }
        }
        return state;
    }

    private static ModelState after(LoadedModel model, int batch, int positions) {
        ModelState state = model.model().newState(model.device(), batch, positions);
        int[] tokens = BenchTokens.tokens(model.spec(), batch * positions);
        ModelInputs modelInputs = new ModelInputs(tokens, SequenceLayout.unpadded(batch, positions), Map.of());
        Scope.run(model.device(), () -> {
            model.model().advance(model.params(), modelInputs, state);
        });
        return state;
    }

    private static void extend(MixerState to, MixerState few, MixerState fewer, LoadedModel model, int depth) {
        Scope.run(model.device(), () -> {
            Map<String, Tensor> deep = new LinkedHashMap<>();
            Map<String, Tensor> before = fewer.save();
            few.save().forEach((name, tensor) -> deep.put(name, repeated(tensor, before.get(name), depth)));
            to.load(deep, depth);
        });
    }

    private static Tensor repeated(Tensor few, Tensor fewer, int depth) {
        Shape shape = few.shape();
        for (int axis = 0; axis < shape.rank(); axis++) {
            if (shape.extent(axis) == FEW && fewer.shape().extent(axis) == FEW - 1) {
                Tensor one = few.slice(axis, 0, 1);
                // doubled again and again: a list of all pieces would be long
                Tensor all = few;
                while (all.extent(axis) < depth) {
                    all = Tensors.concat(axis, Collections.nCopies(2, all));
                }
                return depth == 1 ? one : all.slice(axis, 0, depth);
            }
        }
        return few;
    }
}
