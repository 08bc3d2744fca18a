package carve.api.checkpoint;

import carve.api.config.NameSuggestions;
import carve.api.tensor.DType;
import carve.api.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Factories of tensor sources over values in memory and over other sources. All are lazy: a tensor is read when it is used.
 */
public final class TensorSources {
    private TensorSources() {}

    /** A tensor whose values are found when they are asked for. */
    record View(TensorType type, Supplier<List<MemorySegment>> pieces) {}

    /** Returns the tensors of a map, in its order. */
    public static TensorSource of(Map<String, TensorData> tensors) {
        var views = new LinkedHashMap<String, View>();
        tensors.forEach((name, tensor) -> views.put(name, new View(tensor.type(), () -> List.of(tensor.data()))));
        return views(views);
    }

    /** Returns tensors of these types, in the map's order, whose values a function finds when they are asked for. */
    public static TensorSource of(Map<String, TensorType> types, Function<String, MemorySegment> data) {
        var views = new LinkedHashMap<String, View>();
        types.forEach((name, type) -> views.put(name, new View(type, () -> List.of(data.apply(name)))));
        return views(views);
    }

    /**
     * Returns the tensors of several sources, one source after the other.
     *
     * @throws CheckpointException if a name is in two of them
     */
    public static TensorSource union(TensorSource... sources) {
        var views = new LinkedHashMap<String, View>();
        for (TensorSource source : sources) {
            for (String name : source.names()) {
                if (views.put(name, new View(source.type(name), () -> source.pieces(name))) != null) {
                    throw new CheckpointException("tensor '%s' occurs in two sources".formatted(name));
                }
            }
        }
        return views(views);
    }

    /** Returns the tensors of a source whose names a predicate accepts. */
    public static TensorSource select(TensorSource source, Predicate<String> accepts) {
        var views = new LinkedHashMap<String, View>();
        source.names().stream()
                .filter(accepts)
                .forEach(name -> views.put(name, new View(source.type(name), () -> source.pieces(name))));
        return views(views);
    }

    /** Returns the tensors of a source where the floating-point ones have another type, rounded to nearest, ties to even. */
    public static TensorSource cast(TensorSource source, DType dtype) {
        return cast(source, _ -> dtype);
    }

    /** Returns the tensors of a source where each floating-point one has the type that a function of its name tells. */
    public static TensorSource cast(TensorSource source, Function<String, DType> dtypes) {
        var views = new LinkedHashMap<String, View>();
        for (String name : source.names()) {
            TensorType type = source.type(name);
            DType to = type.dtype().isFloating() ? dtypes.apply(name) : type.dtype();
            views.put(
                    name,
                    to == type.dtype()
                            ? new View(type, () -> source.pieces(name))
                            : new View(
                                    type.with(to),
                                    () -> List.of(DTypeConversion.convert(
                                            type.dtype(), source.data(name), to, Arena.ofAuto()))));
        }
        return views(views);
    }

    static TensorSource views(Map<String, View> views) {
        return new Views(Collections.unmodifiableMap(views));
    }

    /** Returns the message for a tensor that is not there; it lists near names only, there may be thousands. */
    public static CheckpointException unknown(String name, Collection<String> known) {
        return new CheckpointException("no tensor '%s'; there %s%s"
                .formatted(
                        name,
                        known.size() == 1 ? "is 1 other" : "are %d others".formatted(known.size()),
                        NameSuggestions.suggestion(name, known)));
    }

    static MemorySegment join(List<MemorySegment> pieces) {
        if (pieces.size() == 1) {
            return pieces.getFirst().asReadOnly();
        }
        long bytes = pieces.stream().mapToLong(MemorySegment::byteSize).sum();
        MemorySegment joined = Arena.ofAuto().allocate(bytes, Long.BYTES);
        long offset = 0;
        for (MemorySegment piece : pieces) {
            MemorySegment.copy(piece, 0, joined, offset, piece.byteSize());
            offset += piece.byteSize();
        }
        return joined.asReadOnly();
    }

    private record Views(Map<String, View> views) implements TensorSource {
        @Override
        public Set<String> names() {
            return views.keySet();
        }

        @Override
        public TensorType type(String name) {
            return view(name).type();
        }

        @Override
        public MemorySegment data(String name) {
            return join(pieces(name));
        }

        @Override
        public List<MemorySegment> pieces(String name) {
            return view(name).pieces().get();
        }

        private View view(String name) {
            View view = views.get(name);
            if (view == null) {
                throw unknown(name, views.keySet());
            }
            return view;
        }
    }
}
