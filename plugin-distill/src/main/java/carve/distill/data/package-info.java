/**
 * The data providers {@code llava}, a JSON array of conversations and a folder of images, and {@code internvl}, a meta file
 * that names files of JSON lines, each with its folder of images and the number of times that it is repeated in an epoch.
 *
 * <pre>{@code
 * data { type = llava, file = "train.json", image-folder = "images", max-length = 2048, missing-images = skip }
 * data { type = internvl, file = "meta.json", base-folder = "/data", missing-images = skip }
 * }</pre>
 */
package carve.distill.data;
