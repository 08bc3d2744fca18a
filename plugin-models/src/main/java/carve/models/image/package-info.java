/**
 * Image preprocessing: decoding, resizing, tiling and normalising, bit for bit as the official code does with Pillow
 * and torch.
 *
 * <p>An {@link carve.models.image.RgbImage} is 8-bit RGB. {@link carve.models.image.ImageDecoder} reads one from a PNG,
 * JPEG, GIF or BMP file and refuses files beyond its limits before it allocates; {@link carve.models.image.Resampling} resizes
 * as Pillow does; an {@link carve.models.image.ImagePreprocessor} turns it into the {@code (N, 3, S, S)} values that a
 * model reads. Another preprocessing is a record that implements this interface.
 *
 * {@snippet :
 * var image = ImageDecoder.standard().read(Path.of("cat.jpg"));
 * var tiles = InternVlPreprocessor.of(448, 12).apply(image);
 * tiles.count();   // 1 to 13: up to 12 tiles and a thumbnail
 * tiles.values();  // (N, 3, 448, 448), row-major
 * }
 */
package carve.models.image;
