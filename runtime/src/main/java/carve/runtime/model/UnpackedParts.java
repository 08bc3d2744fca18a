package carve.runtime.model;

import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.tensor.DType;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The parameters of a model where those are unpacked to F32 that a checkpoint cannot hold as they are: parts of one tensor that are
 * of different types, and blocks of a matrix that is stored transposed. GGUF files have such parameters. Nothing is lost.
 */
public final class UnpackedParts {
    private UnpackedParts() {}

    /** Returns the parameters, of which {@link NameMap#toCheckpoint} can make a checkpoint. */
    public static TensorSource of(TensorSource parameters, NameMap names) {
        Set<String> unpacked = new HashSet<>();
        for (String name : names.checkpointNames()) {
            List<String> parts = names.modelNames(name).stream()
                    .filter(parameters.names()::contains)
                    .toList();
            boolean alike = parts.stream()
                            .map(part -> parameters.type(part).dtype())
                            .distinct()
                            .count()
                    <= 1;
            if (!alike || parts.stream().anyMatch(part -> isTurned(parameters, part, name, names))) {
                unpacked.addAll(parts);
            }
        }
        return TensorSources.cast(
                parameters,
                name -> unpacked.contains(name)
                        ? DType.F32
                        : parameters.type(name).dtype());
    }

    private static boolean isTurned(TensorSource parameters, String part, String name, NameMap names) {
        return parameters.type(part).dtype().isQuantised() && !names.hasRowsOfModel(name, parameters.type(part));
    }
}
