/** Tokenizers in SentencePiece's own format, {@code tokenizer.model}. */
package carve.models.tokenizer.sentencepiece;
