/** Steps that make token ids of pieces: BPE, unigram, WordPiece and whole words. */
package carve.models.tokenizer.model;
