/** Regular expressions of tokenizers, matched in bounded time and stack. */
package carve.models.tokenizer.regex;
