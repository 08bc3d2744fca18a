package carve.app.bench;

import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.model.ModelSpec;
import carve.api.tensor.TensorType;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.Generator;
import carve.runtime.engine.PinnedState;
import carve.runtime.engine.Prompt;
import carve.runtime.engine.Sampler;
import carve.runtime.engine.TokenListener;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The state of a sequence that has seen many positions, made without computing them: the few that are computed are repeated
 * in tensors {@code (1, position, ...)} with a value for each. The time of the next step does not depend on the values.
 */
final class SyntheticState {
    private static final int FEW = 3;

    private SyntheticState() {}

    /** Pins the state after the first {@link BenchTokens} in a generator; the caller closes it. */
    static PinnedState pin(Generator generator, ModelSpec spec, int depth) {
        try (Arena arena = Arena.ofConfined();
                PinnedState few = computed(generator, spec, FEW);
                PinnedState fewer = computed(generator, spec, FEW - 1)) {
            return generator.pin(prompt(spec, depth), extended(few.tensors(), fewer.tensors(), depth, arena));
        }
    }

    private static Prompt prompt(ModelSpec spec, int positions) {
        return Prompt.text(BenchTokens.tokens(spec, positions));
    }

    private static PinnedState computed(Generator generator, ModelSpec spec, int positions) {
        GenerationRequest request =
                new GenerationRequest(prompt(spec, positions), Sampler.greedy(Set.of()), Set.of(), 0);
        return generator
                .generate(request.with(GenerationRequest.CachePolicy.PINNED), TokenListener.NONE)
                .end()
                .states()
                .getFirst();
    }

    private static TensorSource extended(TensorSource few, TensorSource fewer, int depth, Arena arena) {
        Map<String, TensorType> types = new LinkedHashMap<>();
        for (String name : few.names()) {
            TensorType type = few.type(name);
            boolean perPosition = !type.equals(fewer.type(name));
            types.put(name, perPosition ? type.with(type.shape().with(1, depth)) : type);
        }
        return TensorSources.of(types, name -> values(few, name, types.get(name), arena));
    }

    private static MemorySegment values(TensorSource few, String name, TensorType type, Arena arena) {
        MemorySegment computed = few.data(name);
        if (type.equals(few.type(name))) {
            return computed;
        }
        MemorySegment all = arena.allocate(type.bytes(), Long.BYTES);
        for (long at = 0; at < all.byteSize(); at += computed.byteSize()) {
            long bytes = Math.min(computed.byteSize(), all.byteSize() - at);
            MemorySegment.copy(computed, 0, all, at, bytes);
        }
        return all;
    }
}
