/** Steps that make text of tokens. */
package carve.models.tokenizer.decoder;
