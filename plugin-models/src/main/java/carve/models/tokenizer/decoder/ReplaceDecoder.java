package carve.models.tokenizer.decoder;

import carve.models.tokenizer.WorkBudget;
import carve.models.tokenizer.regex.Regex;
import java.util.List;

/**
 * The replacement of each match of an expression.
 *
 * @param pattern what is replaced
 * @param content what stands there then
 */
public record ReplaceDecoder(Regex pattern, String content) implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
        return tokens.stream()
                .map(token -> pattern.replaceAll(token, content, WorkBudget.of(token.length())))
                .toList();
    }
}
