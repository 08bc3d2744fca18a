package carve.models.tokenizer.pretokenizer;

import carve.models.tokenizer.Piece;
import carve.models.tokenizer.pretokenizer.PreTokenizer.PieceSink;

/** Makes pieces of the matches of a text and of what lies between them. */
final class Splitter {
    private final Piece piece;
    private final SplitBehavior behavior;
    private final boolean invert;
    private final PieceSink sink;
    private int end;
    // a part that is not handed on yet, since what follows may belong to it
    private int heldStart;
    private int heldEnd;
    private boolean held;
    private boolean lastMatched;

    /**
     * Makes a splitter.
     *
     * @param invert whether matches are the pieces, and what lies between them separates them
     */
    Splitter(Piece piece, SplitBehavior behavior, boolean invert, PieceSink sink) {
        this.piece = piece;
        this.behavior = behavior;
        this.invert = invert;
        this.sink = sink;
    }

    /** Takes the next match. */
    void match(int start, int matchEnd) {
        if (start > end) {
            part(end, start, invert);
        }
        part(start, matchEnd, !invert);
        end = matchEnd;
    }

    /** Takes the end of the text. */
    void finish() {
        if (end < piece.text().length()) {
            part(end, piece.text().length(), invert);
        }
        release();
    }

    private void part(int start, int partEnd, boolean matched) {
        switch (behavior) {
            case REMOVED -> {
                if (!matched) {
                    emit(start, partEnd);
                }
            }
            case ISOLATED -> emit(start, partEnd);
            case MERGED_WITH_PREVIOUS -> join(start, partEnd, matched && !lastMatched);
            case MERGED_WITH_NEXT -> join(start, partEnd, !matched && lastMatched);
            case CONTIGUOUS -> join(start, partEnd, matched == lastMatched);
        }
        lastMatched = matched;
    }

    private void join(int start, int partEnd, boolean together) {
        if (held && together) {
            heldEnd = partEnd;
        } else {
            release();
            heldStart = start;
            heldEnd = partEnd;
            held = true;
        }
    }

    private void release() {
        if (held) {
            emit(heldStart, heldEnd);
        }
        held = false;
    }

    private void emit(int start, int partEnd) {
        if (start == 0 && partEnd == piece.text().length()) {
            sink.piece(piece);
        } else if (partEnd > start) {
            sink.piece(piece.part(start, partEnd));
        }
    }
}
