package carve.runtime.quantised;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.config.NameSuggestions;
import carve.api.tensor.DType;
import carve.api.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** The plain tensors of a quantised checkpoint while they are collected, and what is wrong with it. */
final class Unpacking {
    private final TensorSource stored;
    private final SkippedModules skipped;
    private final Set<String> used = new HashSet<>();
    private final Map<String, TensorType> types = new LinkedHashMap<>();
    private final Map<String, Consumer<MemorySegment>> values = new LinkedHashMap<>();
    private final List<String> problems = new ArrayList<>();

    Unpacking(TensorSource stored, SkippedModules skipped) {
        this.stored = stored;
        this.skipped = skipped;
    }

    /** Returns the names of the tensors whose names end so. */
    List<String> namesWith(String suffix) {
        return stored.names().stream().filter(name -> name.endsWith(suffix)).toList();
    }

    boolean has(String name) {
        return stored.names().contains(name);
    }

    TensorType type(String name) {
        return stored.type(name);
    }

    MemorySegment data(String name) {
        return stored.data(name);
    }

    /** Returns whether tensors are there and matrices with elements; where they are not, that is a problem. */
    boolean hasMatrices(String... names) {
        int before = problems.size();
        for (String name : names) {
            if (!has(name)) {
                problem("'%s' is missing, which goes with '%s'".formatted(name, names[0]));
            } else if (type(name).shape().rank() != 2 || type(name).shape().size() == 0) {
                problem("'%s' is %s, expected a matrix".formatted(name, type(name)));
            }
        }
        return problems.size() == before;
    }

    /** Returns the first of some tensors that is there. */
    Optional<String> first(List<String> names) {
        return names.stream().filter(this::has).findFirst();
    }

    /** Hides tensors, which others are made of or which nothing needs. */
    void hide(String... names) {
        used.addAll(List.of(names));
    }

    void problem(String text) {
        problems.add(text);
    }

    /**
     * Adds a plain tensor.
     *
     * @param module the module that it belongs to
     * @param fill writes the values when they are read
     */
    void put(String module, String name, TensorType type, Consumer<MemorySegment> fill) {
        if (skipped.contains(module)) {
            problem("'%s' is quantised, though the configuration lists the module among those that are not"
                    .formatted(name));
        }
        types.put(name, type);
        values.put(name, fill);
    }

    /** Returns the collected tensors, and those that are neither hidden nor replaced. */
    TensorSource source() {
        if (!problems.isEmpty()) {
            problems.sort(NameSuggestions.naturalOrder());
            throw CheckpointException.of(stored.label(), problems);
        }
        return TensorSources.union(
                TensorSources.select(stored, name -> !used.contains(name) && !types.containsKey(name)),
                TensorSources.of(types, this::values));
    }

    private MemorySegment values(String name) {
        long bytes = types.get(name).bytes();
        MemorySegment target =
                Arena.ofAuto().allocate(Math.max(1, bytes), Long.BYTES).asSlice(0, bytes);
        values.get(name).accept(target);
        return target.asReadOnly();
    }

    /** Returns the type of 16 bits that values with such a scale are unpacked to: the scale's own, or BF16. */
    static DType halfType(DType scale) {
        return scale.isHalf() ? scale : DType.BF16;
    }
}
