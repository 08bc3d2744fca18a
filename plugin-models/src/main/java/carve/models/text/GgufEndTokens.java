package carve.models.text;

import carve.api.json.JsonObject;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The tokens that end answers of models in GGUF files, as llama.cpp collects them: those that the metadata names, and those of
 * certain spellings ({@code llama-vocab.cpp}, {@code special_eog_ids}).
 */
final class GgufEndTokens {
    private static final List<String> KEYS = List.of("eos", "eot", "eom");
    private static final Set<String> SPELLINGS = Set.of(
            "<|eot_id|>",
            "<|im_end|>",
            "<|end|>",
            "<|return|>",
            "<|call|>",
            "<|flush|>",
            "<|calls|>",
            "<end_of_turn>",
            "<|endoftext|>",
            "</s>",
            "<|eom_id|>",
            "<EOT>",
            "_<EOT>",
            "[EOT]",
            "[EOS]",
            "<|end_of_text|>",
            "<end_of_utterance>",
            "<eos>",
            "<turn|>",
            "<|tool_response>",
            "<｜end▁of▁sentence｜>",
            "[e~[");
    // of code models: padding, the name of a repository, the separator of files
    private static final List<List<String>> CODE = List.of(
            List.of("<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"),
            List.of("<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>"),
            List.of("<|file_sep|>"));
    private static final List<String> CODE_KEYS = List.of("fim_pad", "fim_rep", "fim_sep");

    private GgufEndTokens() {}

    /** Returns the ids. */
    static Set<Integer> of(JsonObject metadata) {
        List<String> tokens =
                metadata.optionalArray(GgufTokenizer.KEY + "tokens").isPresent()
                        ? metadata.strings(GgufTokenizer.KEY + "tokens")
                        : List.of();
        Set<Integer> ids = new TreeSet<>();
        Set<String> found = new TreeSet<>();
        for (int id = 0; id < tokens.size(); id++) {
            if (SPELLINGS.contains(tokens.get(id))) {
                ids.add(id);
                found.add(tokens.get(id));
            }
        }
        KEYS.forEach(key ->
                metadata.optionalInteger(GgufTokenizer.KEY + key + "_token_id").ifPresent(ids::add));
        for (int i = 0; i < CODE.size(); i++) {
            int kind = i;
            metadata.optionalInteger(GgufTokenizer.KEY + CODE_KEYS.get(i) + "_token_id")
                    .ifPresentOrElse(
                            ids::add,
                            () -> CODE.get(kind).stream()
                                    .map(tokens::indexOf)
                                    .filter(id -> id >= 0)
                                    .findFirst()
                                    .ifPresent(ids::add));
        }
        // in these vocabularies it ends a part of an answer
        boolean calls = found.contains("<|call|>") || found.contains("<|calls|>");
        if (calls && (found.contains("<|return|>") || found.contains("<|flush|>"))) {
            ids.remove(tokens.indexOf("<|end|>"));
        }
        if (found.contains("<|tool_response>") || tokens.contains("<|plamo:eos|>")) {
            ids.remove(tokens.indexOf("</s>"));
        }
        ids.removeIf(id -> id < 0 || id >= tokens.size());
        return ids;
    }
}
