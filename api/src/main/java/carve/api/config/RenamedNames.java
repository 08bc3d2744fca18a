package carve.api.config;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Keys and values of settings that had another name before. The old ones are refused, with the new name in the message; a name
 * that was renamed differently in several places has all of its new names here.
 */
final class RenamedNames {
    private static final Map<String, List<String>> NEW_NAMES = Map.ofEntries(
            Map.entry("accumulation", List.of("gradient-accumulation-steps")),
            Map.entry("among", List.of("train-scope")),
            Map.entry("at", List.of("site", "overrides")),
            Map.entry("base", List.of("base-folder")),
            Map.entry("batch", List.of("max-batch-size", "batch-size", "batch-mean")),
            Map.entry("bf16", List.of("bf16-gemm")),
            Map.entry("blank", List.of("keys")),
            Map.entry("bucket", List.of("length-bucket-batches")),
            Map.entry("cache", List.of("kernel-cache")),
            Map.entry("cache-disk-mib", List.of("prefix-cache-disk-mib")),
            Map.entry("cache-megabytes", List.of("cache-mib")),
            Map.entry("cache-memory-mib", List.of("prefix-cache-memory-mib")),
            Map.entry("checkpoint-every", List.of("checkpoint-steps")),
            Map.entry("cut", List.of("truncate")),
            Map.entry("decay-min-rank", List.of("weight-decay-min-rank")),
            Map.entry("elements", List.of("mean")),
            Map.entry("exact-rows", List.of("batch-invariant-rows")),
            Map.entry("except-kept", List.of("not-kept")),
            Map.entry("floor", List.of("min-rate-ratio")),
            Map.entry("forcing", List.of("inputs")),
            Map.entry("grace-millis", List.of("shutdown-timeout-millis")),
            Map.entry("gradient-clip", List.of("max-gradient-norm")),
            Map.entry("graphs", List.of("cuda-graphs")),
            Map.entry("images", List.of("image-folder")),
            Map.entry("keep", List.of("max-checkpoints")),
            Map.entry("layers", List.of("layer-reduction")),
            Map.entry("libraries", List.of("library-path")),
            Map.entry("library", List.of("cublas")),
            Map.entry("light-percent", List.of("light-background-percent")),
            Map.entry("logits-megabytes", List.of("max-logits-mib")),
            Map.entry("masked", List.of("full")),
            Map.entry("max-figures", List.of("max-shapes")),
            Map.entry("max-pairs", List.of("max-recall-pairs")),
            Map.entry("max-pictures", List.of("max-images")),
            Map.entry("max-positions", List.of("context-length")),
            Map.entry("mean-square", List.of("mean-squared-error")),
            Map.entry("metrics-every", List.of("metrics-steps")),
            Map.entry("min-figures", List.of("min-shapes")),
            Map.entry("min-pairs", List.of("min-recall-pairs")),
            Map.entry("no-decay", List.of("no-weight-decay")),
            Map.entry("none", List.of("own")),
            Map.entry("on-missing", List.of("missing-images")),
            Map.entry("padding", List.of("padding-token", "non-padding")),
            Map.entry("pads", List.of("padding-mask")),
            Map.entry("piece", List.of("prefill-chunk")),
            Map.entry("ping-millis", List.of("keep-alive-millis")),
            Map.entry("pixels", List.of("image-size")),
            Map.entry("poison", List.of("poison-memory")),
            Map.entry("predecessor", List.of("previous-stage")),
            Map.entry("prefetch", List.of("prefetch-batches")),
            Map.entry("products", List.of("matmul-precision")),
            Map.entry("queue", List.of("max-queue-length")),
            Map.entry("rate", List.of("learning-rate")),
            Map.entry("recompute", List.of("gradient-checkpointing")),
            Map.entry("saved-states-mib", List.of("max-saved-states-mib")),
            Map.entry("seed", List.of("init")),
            Map.entry("shares", List.of("question-weights")),
            Map.entry("start", List.of("start-from")),
            Map.entry("swapped", List.of("reversed")),
            Map.entry("tokenizer", List.of("chat-template")),
            Map.entry("tokens", List.of("token-mean")),
            Map.entry("too-long", List.of("overlong")),
            Map.entry("visible", List.of("none")),
            Map.entry("words", List.of("layer-kinds")));

    private RenamedNames() {}

    /** Returns the new name of a name, if it is one of those that are known in its place. */
    static Optional<String> of(String name, Collection<String> known) {
        return NEW_NAMES.getOrDefault(name, List.of()).stream()
                .filter(known::contains)
                .findFirst();
    }
}
