package carve.data;

import carve.api.data.SkippedSamples;
import java.lang.foreign.Arena;
import java.util.Map;
import java.util.TreeMap;

/** The rows of a data set: each is one piece of the tokens, or several. Kept outside of the heap. */
final class RowIndex {
    private final LongStore starts;
    private final LongStore lengths;
    private final LongStore rows;
    private final Map<String, SkippedSamples> skipped = new TreeMap<>();
    private long tokens;

    RowIndex(Arena arena) {
        this.starts = new LongStore(arena);
        this.lengths = new LongStore(arena);
        this.rows = new LongStore(arena);
    }

    /** Adds a piece to the row that is being made. */
    void addPiece(long start, int length) {
        starts.add(start);
        lengths.add(length);
    }

    /** Ends the row that is being made. */
    void endRow() {
        for (long piece = first(rows.size()); piece < starts.size(); piece++) {
            tokens += lengths.at(piece);
        }
        rows.add(starts.size());
    }

    /** Forgets the row that is being made, and returns how many tokens it has. */
    long dropRow() {
        long first = first(rows.size());
        long dropped = 0;
        for (long piece = first; piece < starts.size(); piece++) {
            dropped += lengths.at(piece);
        }
        starts.truncate(first);
        lengths.truncate(first);
        return dropped;
    }

    /** Counts what is left out. */
    void skip(String reason, SkippedSamples samples) {
        skipped.put(reason, samples);
    }

    /** Counts a document that is left out. */
    void skip(String reason, String name) {
        skipped.merge(reason, SkippedSamples.NONE.and(name), (before, _) -> before.and(name));
    }

    /** Returns the number of rows. */
    long rows() {
        return rows.size();
    }

    /** Returns the number of tokens of all rows. */
    long tokens() {
        return tokens;
    }

    /** Returns the first piece of a row; those of the row end with the first piece of the next. */
    long first(long row) {
        return row == 0 ? 0 : rows.at(row - 1);
    }

    /** Returns where a piece begins among the tokens. */
    long start(long piece) {
        return starts.at(piece);
    }

    /** Returns the number of tokens of a piece. */
    int length(long piece) {
        return (int) lengths.at(piece);
    }

    /** Returns what was left out, by reason. */
    Map<String, SkippedSamples> skipped() {
        return Map.copyOf(skipped);
    }
}
