package carve.models.tokenizer.sentencepiece;

import carve.models.text.TextException;
import carve.models.tokenizer.IdBuffer;
import carve.models.tokenizer.decoder.ByteFallbackDecoder;
import carve.models.tokenizer.sentencepiece.SentencePieceModel.Kind;
import carve.models.tokenizer.sentencepiece.SentencePieceModel.Piece;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** The pieces of a model by their texts. */
final class SentencePieceVocabulary {
    private final List<Piece> pieces;
    private final Map<String, Integer> ids = new HashMap<>();
    private final Map<String, Integer> reserved = new HashMap<>();
    private final int[] byteIds = new int[256];
    private final boolean byteFallback;
    private final int unknown;

    /**
     * Makes the vocabulary.
     *
     * @throws TextException if a score is not finite, or there is neither an unknown piece nor one for each byte
     */
    SentencePieceVocabulary(List<Piece> pieces, boolean byteFallback) {
        this.pieces = pieces;
        this.byteFallback = byteFallback;
        Arrays.fill(byteIds, -1);
        for (int id = 0; id < pieces.size(); id++) {
            Piece piece = pieces.get(id);
            if (!Float.isFinite(piece.score())) {
                throw new TextException("tokenizer: piece %d has the score %s".formatted(id, piece.score()));
            }
            (isText(piece.kind()) ? ids : reserved).putIfAbsent(piece.text(), id);
            if (piece.kind() == Kind.BYTE) {
                byteIds[byteOf(piece)] = id;
            }
        }
        this.unknown = IntStream.range(0, pieces.size())
                .filter(id -> pieces.get(id).kind() == Kind.UNKNOWN)
                .findFirst()
                .orElse(-1);
        if (!byteFallback) {
            requireUnknown();
        }
        if (byteFallback && IntStream.of(byteIds).anyMatch(id -> id < 0)) {
            throw new TextException(
                    "tokenizer: the SentencePiece model has byte fallback, but not a piece for each byte");
        }
    }

    /**
     * Requires that there is a piece for what is unknown; with a piece for each byte BPE needs none.
     *
     * @throws TextException if there is none
     */
    void requireUnknown() {
        if (unknown < 0) {
            throw new TextException("tokenizer: the SentencePiece model has no unknown piece");
        }
    }

    static boolean isText(Kind kind) {
        return kind == Kind.NORMAL || kind == Kind.USER_DEFINED || kind == Kind.UNUSED;
    }

    /** Returns the byte of a byte piece, which is written {@code <0x0A>}. */
    static int byteOf(Piece piece) {
        OptionalInt value = ByteFallbackDecoder.byteOf(piece.text());
        return value.orElseThrow(() -> new TextException("tokenizer: '%s' is no byte piece".formatted(piece.text())));
    }

    /** Returns the id of a piece of text, or -1. */
    int text(String text) {
        return ids.getOrDefault(text, -1);
    }

    /** Returns the id of any piece, or -1. */
    int any(String text) {
        return reserved.getOrDefault(text, text(text));
    }

    Piece piece(int id) {
        return pieces.get(id);
    }

    int size() {
        return pieces.size();
    }

    boolean hasByteFallback() {
        return byteFallback;
    }

    int unknown() {
        return unknown;
    }

    /**
     * Appends the ids of a text that is unknown: its bytes, or one for it and what is unknown before it.
     *
     * @param again whether what stands before it is unknown too
     */
    void addUnknown(String text, boolean again, IdBuffer result) {
        if (byteFallback) {
            for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
                result.add(byteIds[value & 0xFF]);
            }
        } else if (!again) {
            result.add(unknown);
        }
    }
}
