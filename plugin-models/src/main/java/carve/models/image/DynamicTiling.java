package carve.models.image;

import java.util.ArrayList;
import java.util.List;

/**
 * InternVL's dynamic tiling: of all grids with {@code minTiles} to {@code maxTiles} tiles, the one nearest to the
 * image's aspect ratio.
 *
 * <p>Grids are tried by increasing number of tiles, and a later grid replaces an equally near one if the image has more
 * than half of its pixels: {@code width * height > 0.5 * tileSize^2 * columns * rows}. Among grids of equally many
 * tiles the official code has the order of a Python set, which decides some ties; {@link PythonTileGridSet} reproduces
 * it.
 *
 * @param tileSize the side of a tile in pixels
 * @param minTiles the least number of tiles
 * @param maxTiles the greatest number of tiles, thumbnail not counted
 * @param thumbnail whether the whole image follows as one more tile when it was cut
 */
public record DynamicTiling(int tileSize, int minTiles, int maxTiles, boolean thumbnail) {
    private static final int TILE_LIMIT = 256;

    /** Checks the extents. */
    public DynamicTiling {
        if (tileSize < 1 || minTiles < 1 || maxTiles < minTiles || maxTiles > TILE_LIMIT) {
            throw new ImageException(
                    "dynamic tiling: tile-size >= 1 and 1 <= min-tiles <= max-tiles <= %d are needed, found %d, %d and %d"
                            .formatted(TILE_LIMIT, tileSize, minTiles, maxTiles));
        }
    }

    /** Returns the grids in the order in which they are tried. */
    public List<TileGrid> candidates() {
        return PythonTileGridSet.candidates(minTiles, maxTiles);
    }

    /** Returns the grid for an image of {@code width x height} pixels. */
    public TileGrid choose(int width, int height) {
        double aspect = (double) width / height;
        long area = (long) width * height;
        var best = new TileGrid(1, 1);
        double bestDistance = Double.POSITIVE_INFINITY;
        for (TileGrid grid : candidates()) {
            double distance = Math.abs(aspect - (double) grid.columns() / grid.rows());
            boolean wins = distance == bestDistance && area > 0.5 * tileSize * tileSize * grid.count();
            if (distance < bestDistance || wins) {
                bestDistance = distance;
                best = grid;
            }
        }
        return best;
    }

    /** Returns the number of tiles of an image of {@code width x height} pixels, thumbnail included. */
    public int count(int width, int height) {
        int tiles = choose(width, height).count();
        return thumbnail && tiles != 1 ? tiles + 1 : tiles;
    }

    /** Returns the tiles in reading order, then the thumbnail; each is {@code tileSize} pixels a side. */
    public List<RgbImage> tiles(RgbImage image) {
        TileGrid grid = choose(image.width(), image.height());
        RgbImage resized = Resampling.BICUBIC.resize(image, tileSize * grid.columns(), tileSize * grid.rows());
        List<RgbImage> tiles = new ArrayList<>();
        for (int row = 0; row < grid.rows(); row++) {
            for (int column = 0; column < grid.columns(); column++) {
                tiles.add(resized.crop(column * tileSize, row * tileSize, tileSize, tileSize));
            }
        }
        if (thumbnail && grid.count() != 1) {
            tiles.add(Resampling.BICUBIC.resize(image, tileSize, tileSize));
        }
        return List.copyOf(tiles);
    }
}
