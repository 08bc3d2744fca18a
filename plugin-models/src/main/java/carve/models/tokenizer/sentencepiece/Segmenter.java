package carve.models.tokenizer.sentencepiece;

import carve.models.tokenizer.IdBuffer;
import carve.models.tokenizer.WorkBudget;

/** The step that makes ids of a normalized text. */
sealed interface Segmenter permits BpeSegmenter, UnigramSegmenter {
    /** Appends the ids of a text that is not empty. */
    void segment(String text, IdBuffer ids, WorkBudget budget);
}
