/** Steps that change a text before it is split. */
package carve.models.tokenizer.normalizer;
