package carve.data;

import carve.api.data.SkippedSamples;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Makes rows of documents.
 *
 * @param store the documents
 * @param packing how documents become rows
 * @param maxLength the greatest number of tokens of a row
 * @param overlong what becomes of longer documents
 */
record RowMaker(TokenStore store, Packing packing, int maxLength, Overlong overlong) {
    // the number of rows that are filled at a time
    private static final int OPEN_ROWS = 32;
    private static final int LEAST = 2;

    /** A part of a document. */
    private record Piece(long start, int length) {}

    /** A row that is being packed. */
    private static final class OpenRow {
        private final List<Piece> pieces = new ArrayList<>();
        private int length;

        private void add(Piece piece) {
            pieces.add(piece);
            length += piece.length;
        }
    }

    /** Receives the parts of documents. */
    @FunctionalInterface
    private interface PieceSink {
        void add(Piece piece);
    }

    /** Returns the rows of the documents that are wanted. */
    RowIndex make(IntPredicate wanted) {
        RowIndex index = new RowIndex(store.arena());
        switch (packing) {
            case NONE -> pieces(wanted, index, piece -> addRow(index, List.of(piece)));
            case CONCATENATE -> concatenate(wanted, index);
            case PACK -> pack(wanted, index);
        }
        return index;
    }

    private static void addRow(RowIndex index, List<Piece> pieces) {
        pieces.forEach(piece -> index.addPiece(piece.start, piece.length));
        index.endRow();
    }

    private void concatenate(IntPredicate wanted, RowIndex index) {
        int used = 0;
        for (int document = 0; document < store.documents(); document++) {
            long from = wanted.test(document) ? store.start(document) : store.end(document);
            while (from < store.end(document)) {
                int length = (int) Math.min(store.end(document) - from, maxLength - used);
                index.addPiece(from, length);
                from += length;
                used += length;
                if (used == maxLength) {
                    index.endRow();
                    used = 0;
                }
            }
        }
        long dropped = index.dropRow();
        if (dropped > 0) {
            index.skip(
                    "tokens after the last whole row",
                    new SkippedSamples(dropped, List.of("fewer than %d".formatted(maxLength))));
        }
    }

    // each piece goes into the first of the open rows that has room
    private void pack(IntPredicate wanted, RowIndex index) {
        List<OpenRow> open = new ArrayList<>();
        pieces(wanted, index, piece -> {
            OpenRow row = open.stream()
                    .filter(each -> each.length + piece.length <= maxLength)
                    .findFirst()
                    .orElseGet(() -> begin(open, index));
            row.add(piece);
            if (row.length > maxLength - LEAST) {
                open.remove(row);
                addRow(index, row.pieces);
            }
        });
        open.forEach(row -> addRow(index, row.pieces));
    }

    private static OpenRow begin(List<OpenRow> open, RowIndex index) {
        if (open.size() == OPEN_ROWS) {
            addRow(index, open.removeFirst().pieces);
        }
        OpenRow row = new OpenRow();
        open.add(row);
        return row;
    }

    private void pieces(IntPredicate wanted, RowIndex index, PieceSink sink) {
        for (int document = 0; document < store.documents(); document++) {
            if (wanted.test(document)) {
                pieces(document, index, sink);
            }
        }
    }

    private void pieces(int document, RowIndex index, PieceSink sink) {
        long start = store.start(document);
        long length = store.end(document) - start;
        if (length > maxLength && overlong == Overlong.SKIP) {
            index.skip("longer than %d tokens".formatted(maxLength), "document %d: %d".formatted(document, length));
            return;
        }
        long end = overlong == Overlong.TRUNCATE ? Math.min(length, maxLength) : length;
        for (long from = 0; from < end; from += maxLength) {
            Piece piece = new Piece(start + from, (int) Math.min(end - from, maxLength));
            if (!store.isTrained(piece.start, piece.length)) {
                index.skip("no token that is trained within %d tokens".formatted(maxLength), "document " + document);
            } else if (piece.length < LEAST) {
                index.skip("fewer than %d tokens".formatted(LEAST), "document " + document);
            } else {
                sink.add(piece);
            }
        }
    }
}
