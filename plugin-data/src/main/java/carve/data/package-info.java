/**
 * Training data of text: files of documents or conversations, tokenised once into a cache and cut into rows.
 *
 * <pre>{@code
 * data { type = text, files = "corpus/*.txt", validation = "1%" }
 * data { type = chat, files = "chats.jsonl", mask = completion }
 * data { type = mix, sets = [{ type = text, files = corpus, weight = 3 }, { type = chat, files = "chats.jsonl", weight = 1 }] }
 * }</pre>
 */
package carve.data;
