/**
 * Text on its way into a model and out of it: tokenizers, chat templates, text that grows token by token.
 *
 * <p>A {@link carve.models.text.Tokenizer} is opened from a model's folder, whichever of the two file formats is in it. A
 * {@link carve.models.text.InternVlChatTemplate} is data: it writes the prompt of a conversation, with one {@code <image>} per picture, which
 * {@link carve.models.text.ImageTokens} replaces by as many context tokens as the picture has. A {@link carve.models.text.IncrementalDetokenizer} turns ids
 * back to text as they come and never shows half a character.
 *
 * {@snippet :
 * try (var tokenizer = Tokenizer.open(Path.of("HoVLE"))) {
 *     var template = ChatTemplate.internLm2Chat();
 *     String prompt = template.prompt(List.of(), ChatTemplate.withImages("How many?", 1));
 *     int[] ids = tokenizer.encode(ImageTokens.INTERN_VL.expand(prompt, List.of(7 * 256)));
 * }
 * }
 *
 * <p>The libraries behind the two formats are loaded when a tokenizer is opened, not before. A third format is one more implementation of the
 * interface.
 */
package carve.models.text;
