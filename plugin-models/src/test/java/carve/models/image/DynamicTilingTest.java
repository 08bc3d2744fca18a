package carve.models.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The grid that dynamic tiling chooses is the official one, for every size and limit of {@code preprocess/dynamic_preprocess.json}. */
class DynamicTilingTest {
    private static final Pattern ROW = Pattern.compile("\\{\"w\": (\\d+), \"h\": (\\d+), \"grid\": \\{([^}]*)}}");
    private static final Pattern GRID = Pattern.compile("\"(\\d+)\": \\[(\\d+), (\\d+), (\\d+)]");
    private static final Pattern ORDER = Pattern.compile("\"(\\d+)-(\\d+)\": (\\[\\[[^\"]*]])");

    @Test
    void choosesTheOfficialGrid() throws IOException {
        int checked = 0;
        var rows = ROW.matcher(table());
        while (rows.find()) {
            int width = Integer.parseInt(rows.group(1));
            int height = Integer.parseInt(rows.group(2));
            var grids = GRID.matcher(rows.group(3));
            while (grids.find()) {
                var tiling = new DynamicTiling(448, 1, Integer.parseInt(grids.group(1)), true);
                var grid = new TileGrid(Integer.parseInt(grids.group(2)), Integer.parseInt(grids.group(3)));
                assertEquals(grid, tiling.choose(width, height), width + " x " + height + " " + tiling);
                assertEquals(Integer.parseInt(grids.group(4)), tiling.count(width, height));
                checked++;
            }
        }
        assertEquals(88 * 5, checked);
    }

    @Test
    void triesGridsInTheOfficialOrder() throws IOException {
        int checked = 0;
        var orders = ORDER.matcher(table());
        while (orders.find()) {
            var tiling =
                    new DynamicTiling(448, Integer.parseInt(orders.group(1)), Integer.parseInt(orders.group(2)), true);
            var grids = tiling.candidates().stream()
                    .map(grid -> java.util.List.of(grid.columns(), grid.rows()))
                    .toList();
            assertEquals(orders.group(3), grids.toString());
            checked++;
        }
        assertEquals(13, checked);
    }

    @Test
    void refusesLimitsThatCannotHold() {
        var e = assertThrows(ImageException.class, () -> new DynamicTiling(28, 3, 2, true));
        assertEquals(
                "dynamic tiling: tile-size >= 1 and 1 <= min-tiles <= max-tiles <= 256 are needed, found 28, 3 and 2",
                e.getMessage());
    }

    private static String table() throws IOException {
        return Files.readString(PreprocessingFixtures.folder().resolve("dynamic_preprocess.json"));
    }
}
