/**
 * Training data of text: files of documents or conversations, tokenised once into a cache and cut into rows.
 *
 * <pre>{@code
 * data { type = text, files = "corpus/*.txt", validation = "1%" }
 * }</pre>
 */
package carve.data;
