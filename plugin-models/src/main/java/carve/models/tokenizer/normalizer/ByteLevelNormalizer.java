package carve.models.tokenizer.normalizer;

import carve.models.tokenizer.ByteCharacters;
import carve.models.tokenizer.WorkBudget;

/** A text's bytes as characters. */
public record ByteLevelNormalizer() implements Normalizer {
    @Override
    public String normalize(String text, WorkBudget budget) {
        return ByteCharacters.encode(text);
    }
}
