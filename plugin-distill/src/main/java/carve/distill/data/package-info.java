/**
 * The data providers {@code llava}, a JSON array of conversations and a folder of pictures, and {@code internvl}, a meta file
 * that names files of JSON lines, each with its folder of pictures and how often it is repeated.
 *
 * <pre>{@code
 * data { type = llava, file = "train.json", images = "pictures", max-length = 2048, missing-images = skip }
 * data { type = internvl, file = "meta.json", base = "/data", missing-images = skip }
 * }</pre>
 */
package carve.distill.data;
