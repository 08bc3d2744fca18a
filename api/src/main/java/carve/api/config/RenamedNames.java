package carve.api.config;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Keys and words of settings that had another name before. The old ones are refused, with the new name in the message; a name
 * that was renamed differently in several places has all of its new names here.
 */
final class RenamedNames {
    private static final Map<String, List<String>> NEW_NAMES = Map.ofEntries(
            Map.entry("bf16", List.of("bf16-gemm")),
            Map.entry("exact-rows", List.of("batch-invariant-rows")),
            Map.entry("forcing", List.of("inputs")),
            Map.entry("poison", List.of("poison-memory")));

    private RenamedNames() {}

    /** Returns the new name of a name, if it is one of those that are known in its place. */
    static Optional<String> of(String name, Collection<String> known) {
        return NEW_NAMES.getOrDefault(name, List.of()).stream()
                .filter(known::contains)
                .findFirst();
    }
}
