/** Steps that split a text into pieces. */
package carve.models.tokenizer.pretokenizer;
