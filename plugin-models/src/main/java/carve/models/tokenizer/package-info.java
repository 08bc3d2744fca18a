/**
 * Tokenizers: a pipeline of steps, each a kind of its own.
 *
 * <p>A {@link carve.models.tokenizer.TokenizerPipeline} finds {@link carve.models.tokenizer.AddedTokens}, gives the text between
 * them to a {@link carve.models.tokenizer.normalizer.Normalizer}, splits it by a {@link
 * carve.models.tokenizer.pretokenizer.PreTokenizer}, makes ids of the pieces by a {@link carve.models.tokenizer.model.TokenModel},
 * puts special tokens around them by a {@link carve.models.tokenizer.PostProcessor}, and makes text of ids by a {@link
 * carve.models.tokenizer.decoder.Decoder}. {@link carve.models.tokenizer.json.TokenizerReader} reads all of them from a {@code
 * tokenizer.json}.
 *
 * <p>Tokenizers and texts are untrusted. No step needs more of the thread's stack for a longer text, every step counts
 * against the {@link carve.models.tokenizer.WorkBudget} of its text, and a thread that is interrupted stops there.
 */
package carve.models.tokenizer;
