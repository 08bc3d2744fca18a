package carve.api.checkpoint;

import carve.api.checkpoint.TensorLayout.Slot;
import carve.api.config.NameSuggestions;
import carve.api.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The tensors that a model expects, by model name. Storage types are free: a model takes what the checkpoint has, as long as it
 * has floating-point numbers where the model wants them.
 *
 * @param expected the expected tensors; of their types the shapes count, and whether they are floating
 */
public record ExpectedTensors(Map<String, TensorType> expected) {
    /** Copies the map. */
    public ExpectedTensors {
        expected = Collections.unmodifiableMap(new LinkedHashMap<>(expected));
    }

    /**
     * Checks that a checkpoint holds exactly the expected tensors, in the layout of a map.
     *
     * @throws CheckpointException if tensors are missing, unexpected or of another shape; it tells all, sorted, with their names in
     *     the model and in the checkpoint
     */
    public void verify(TensorSource checkpoint, NameMap names) {
        var missing = new ArrayList<String>();
        var unexpected = new ArrayList<String>();
        var mismatched = new ArrayList<String>();
        for (String name : checkpoint.names()) {
            TensorType type = checkpoint.type(name);
            names.layout(name)
                    .ifPresentOrElse(
                            layout -> check(layout, checkpoint, unexpected, mismatched),
                            () -> unexpected.add("unexpected: %s %s".formatted(name, type.shape())));
        }
        expected.forEach((name, type) -> missing.addAll(missing(name, type, checkpoint, names)));
        report(NameMap.label(checkpoint), missing, unexpected, mismatched);
    }

    private void check(TensorLayout layout, TensorSource checkpoint, List<String> unexpected, List<String> mismatched) {
        if (layout.kept()) {
            return;
        }
        TensorType type = checkpoint.type(layout.checkpoint());
        Optional<String> problem = layout.problem(checkpoint);
        if (problem.isPresent()) {
            mismatched.add("shape mismatch: " + problem.get());
            return;
        }
        for (Slot slot : layout.slots()) {
            TensorType found = layout.type(slot, type);
            TensorType wanted = expected.get(slot.model());
            String where = both(slot.model(), layout.checkpoint());
            if (wanted == null) {
                unexpected.add("unexpected: %s %s".formatted(where, found.shape()));
            } else if (!wanted.shape().equals(found.shape())) {
                mismatched.add("shape mismatch: %s is %s, expected %s".formatted(where, found.shape(), wanted.shape()));
            } else if (wanted.dtype().isFloating() && !found.dtype().isFloating()) {
                mismatched.add(
                        "dtype mismatch: %s is %s, expected floating-point numbers".formatted(where, found.dtype()));
            }
        }
    }

    private static List<String> missing(String name, TensorType type, TensorSource checkpoint, NameMap names) {
        if (!names.modelNames().contains(name)) {
            return List.of("missing: %s %s, for which there is no rule".formatted(name, type.shape()));
        }
        List<String> holders = names.checkpointNames(name);
        return holders.stream()
                .filter(holder -> !checkpoint.names().contains(holder))
                .map(holder -> "missing: %s %s"
                        .formatted(
                                both(name, holder),
                                holders.size() == 1
                                        ? type.shape()
                                        : type.shape().without(0)))
                .toList();
    }

    private static String both(String model, String checkpoint) {
        return model.equals(checkpoint) ? model : "%s (%s in the checkpoint)".formatted(model, checkpoint);
    }

    private static void report(String origin, List<String> missing, List<String> unexpected, List<String> mismatched) {
        var problems = new ArrayList<String>();
        var counts = new ArrayList<String>();
        add(missing, "missing", problems, counts);
        add(unexpected, "unexpected", problems, counts);
        add(mismatched, "mismatched", problems, counts);
        if (!problems.isEmpty()) {
            throw CheckpointException.of(origin, String.join(", ", counts) + " tensors", problems);
        }
    }

    private static void add(List<String> some, String kind, List<String> problems, List<String> counts) {
        if (!some.isEmpty()) {
            some.stream().sorted(NameSuggestions.naturalOrder()).forEach(problems::add);
            counts.add(some.size() + " " + kind);
        }
    }
}
