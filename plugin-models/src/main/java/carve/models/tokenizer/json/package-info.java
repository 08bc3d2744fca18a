/** The reader of {@code tokenizer.json}. */
package carve.models.tokenizer.json;
