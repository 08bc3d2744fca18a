package carve.models.image;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The order in which CPython (3.8 and later, 64 bits) iterates the set of {@code (columns, rows)} tuples that the official code builds.
 *
 * <p>The official code collects the grids in a set and sorts them by their number of tiles; the sort is stable, so grids of equally many tiles keep
 * the order of the set's hash table. This is that table: xxHash of the tuple, open addressing with ten linear probes, then a perturbed jump, and a
 * growth by four when three fifths are full.
 */
final class PythonTileGridSet {
    private static final long PRIME_1 = 0x9E3779B185EBCA87L;
    private static final long PRIME_2 = 0xC2B2AE3D27D4EB4FL;
    private static final long PRIME_5 = 0x27D4EB2F165667C5L;
    private static final int LINEAR_PROBES = 9;

    private TileGrid[] table = new TileGrid[8];
    private int used;

    private PythonTileGridSet() {}

    /** Returns all grids of {@code min} to {@code max} tiles, by rising number of tiles, then in the set's order. */
    static List<TileGrid> candidates(int min, int max) {
        var set = new PythonTileGridSet();
        for (int n = min; n <= max; n++) {
            for (int columns = 1; columns <= n; columns++) {
                // rows <= n as in the official comprehension; its other condition bounds them further
                for (int rows = 1; rows <= Math.min(n, max / columns); rows++) {
                    if (columns * rows >= min) {
                        set.add(new TileGrid(columns, rows));
                    }
                }
            }
        }
        List<TileGrid> result = new ArrayList<>();
        for (TileGrid grid : set.table) {
            if (grid != null) {
                result.add(grid);
            }
        }
        result.sort(Comparator.comparingInt(TileGrid::count));
        return List.copyOf(result);
    }

    private void add(TileGrid grid) {
        int slot = slot(table, grid);
        if (table[slot] != null) {
            return;
        }
        table[slot] = grid;
        used++;
        if (used * 5 >= (table.length - 1) * 3) {
            grow();
        }
    }

    private void grow() {
        int length = 8;
        while (length <= used * 4) {
            length *= 2;
        }
        var larger = new TileGrid[length];
        for (TileGrid grid : table) {
            if (grid != null) {
                larger[slot(larger, grid)] = grid;
            }
        }
        table = larger;
    }

    /** Returns the slot that holds the grid, or the free one where it goes. */
    private static int slot(TileGrid[] table, TileGrid grid) {
        int mask = table.length - 1;
        long perturbation = hash(grid);
        int slot = (int) (perturbation & mask);
        while (true) {
            int last = slot + LINEAR_PROBES <= mask ? slot + LINEAR_PROBES : slot;
            for (int probe = slot; probe <= last; probe++) {
                if (table[probe] == null || table[probe].equals(grid)) {
                    return probe;
                }
            }
            perturbation >>>= 5;
            slot = (int) (slot * 5L + 1 + perturbation & mask);
        }
    }

    private static long hash(TileGrid grid) {
        long hash = mix(mix(PRIME_5, grid.columns()), grid.rows());
        return hash + (2 ^ PRIME_5 ^ 3527539L);
    }

    private static long mix(long hash, long value) {
        return Long.rotateLeft(hash + value * PRIME_2, 31) * PRIME_1;
    }
}
