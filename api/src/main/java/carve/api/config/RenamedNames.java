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
            Map.entry("batch", List.of("max-batch-size", "batch-size")),
            Map.entry("bf16", List.of("bf16-gemm")),
            Map.entry("cache", List.of("kernel-cache")),
            Map.entry("cache-disk-mib", List.of("prefix-cache-disk-mib")),
            Map.entry("cache-memory-mib", List.of("prefix-cache-memory-mib")),
            Map.entry("exact-rows", List.of("batch-invariant-rows")),
            Map.entry("forcing", List.of("inputs")),
            Map.entry("grace-millis", List.of("shutdown-timeout-millis")),
            Map.entry("graphs", List.of("cuda-graphs")),
            Map.entry("libraries", List.of("library-path")),
            Map.entry("library", List.of("cublas")),
            Map.entry("light-percent", List.of("light-background-percent")),
            Map.entry("max-figures", List.of("max-shapes")),
            Map.entry("max-pairs", List.of("max-recall-pairs")),
            Map.entry("max-pictures", List.of("max-images")),
            Map.entry("max-positions", List.of("context-length")),
            Map.entry("min-figures", List.of("min-shapes")),
            Map.entry("min-pairs", List.of("min-recall-pairs")),
            Map.entry("piece", List.of("prefill-chunk")),
            Map.entry("ping-millis", List.of("keep-alive-millis")),
            Map.entry("pixels", List.of("image-size")),
            Map.entry("poison", List.of("poison-memory")),
            Map.entry("products", List.of("matmul-precision")),
            Map.entry("queue", List.of("max-queue-length")),
            Map.entry("saved-states-mib", List.of("max-saved-states-mib")),
            Map.entry("seed", List.of("init")),
            Map.entry("shares", List.of("question-weights")),
            Map.entry("tokenizer", List.of("chat-template")));

    private RenamedNames() {}

    /** Returns the new name of a name, if it is one of those that are known in its place. */
    static Optional<String> of(String name, Collection<String> known) {
        return NEW_NAMES.getOrDefault(name, List.of()).stream()
                .filter(known::contains)
                .findFirst();
    }
}
