/**
 * The data provider {@code llava}: a JSON array of conversations and a folder of pictures.
 *
 * <pre>{@code
 * data { type = llava, file = "train.json", images = "pictures", max-length = 2048, on-missing = skip }
 * }</pre>
 */
package carve.distill.data;
