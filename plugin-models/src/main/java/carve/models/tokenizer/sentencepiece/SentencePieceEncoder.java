package carve.models.tokenizer.sentencepiece;

import carve.models.text.TextException;
import carve.models.tokenizer.IdBuffer;
import carve.models.tokenizer.WorkBudget;
import carve.models.tokenizer.sentencepiece.SentencePieceModel.Kind;
import carve.models.tokenizer.sentencepiece.SentencePieceModel.Piece;

/** The encoding of texts by a SentencePiece model, as its library does it. Thread-safe. */
public final class SentencePieceEncoder {
    private final SentencePieceNormalizer normalizer;
    private final Segmenter segmenter;

    /**
     * Makes the encoder of a model.
     *
     * @throws TextException if its algorithm is neither unigram nor BPE, or its pieces are wrong
     */
    public SentencePieceEncoder(SentencePieceModel model) {
        SentencePieceVocabulary vocabulary = new SentencePieceVocabulary(model.pieces(), model.byteFallback());
        PrefixMatcher symbols = new PrefixMatcher(model.pieces().stream()
                .filter(piece -> piece.kind() == Kind.USER_DEFINED)
                .map(Piece::text)
                .filter(text -> !text.isEmpty())
                .toList());
        this.normalizer = new SentencePieceNormalizer(model, symbols);
        this.segmenter = switch (model.algorithm()) {
            case UNIGRAM -> new UnigramSegmenter(vocabulary);
            case BPE -> new BpeSegmenter(vocabulary, symbols);
            case WORD, CHAR ->
                throw new TextException("tokenizer: SentencePiece models of words or characters are not supported;"
                        + " supported: unigram, BPE");
        };
    }

    /** Appends the ids of a text. */
    public void encode(String text, IdBuffer ids, WorkBudget budget) {
        String normalized = normalizer.normalize(text, budget);
        if (!normalized.isEmpty()) {
            segmenter.segment(normalized, ids, budget);
        }
    }
}
