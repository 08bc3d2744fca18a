package carve.models.image;

/**
 * The preprocessing of InternVL, HoVLE and mmMamba: dynamic tiling, then normalisation of each tile.
 *
 * @param tiling the choice of tiles
 * @param normalization the normalisation of each tile
 * @param upscale whether the image is first doubled with the bilinear filter, as the official evaluation does for some
 *     benchmarks
 */
public record InternVlPreprocessor(DynamicTiling tiling, Normalization normalization, boolean upscale)
        implements ImagePreprocessor {
    /** Returns the standard preprocessing: 1 to {@code maxTiles} tiles, a thumbnail, ImageNet's constants. */
    public static InternVlPreprocessor of(int tileSize, int maxTiles) {
        return new InternVlPreprocessor(new DynamicTiling(tileSize, 1, maxTiles, true), Normalization.IMAGENET, false);
    }

    @Override
    public PixelValues apply(RgbImage image) {
        RgbImage source = upscale ? Resampling.BILINEAR.resize(image, image.width() * 2, image.height() * 2) : image;
        var tiles = tiling.tiles(source);
        int size = tiling.tileSize();
        float[] values = new float[Math.multiplyExact(tiles.size(), 3 * size * size)];
        for (int i = 0; i < tiles.size(); i++) {
            normalization.write(tiles.get(i), values, i * 3 * size * size);
        }
        return new PixelValues(tiles.size(), size, values);
    }
}
