/**
 * Tokenizers, chat templates and incremental detokenization.
 *
 * <p>A {@link carve.models.text.Tokenizer} is opened from a model's folder, in whichever format it has. A {@link
 * carve.models.text.InternVlChatTemplate} is data: it writes the prompt of a conversation, with one {@code <image>} per
 * image, which {@link carve.models.text.ImageTokens} replaces by the context tokens of the image. A {@link
 * carve.models.text.IncrementalDetokenizer} decodes ids one by one and never returns half a character.
 *
 * {@snippet :
 * try (var tokenizer = Tokenizer.open(Path.of("HoVLE"))) {
 *     var template = InternVlChatTemplate.internLm2Chat();
 *     String prompt = template.prompt(List.of(), InternVlChatTemplate.withImages("How many?", 1));
 *     int[] ids = tokenizer.encode(ImageTokens.INTERN_VL.expand(prompt, List.of(7 * 256)));
 * }
 * }
 *
 * <p>The steps of which tokenizers consist are in {@link carve.models.tokenizer}. A further format is one more implementation of
 * the interface.
 */
package carve.models.text;
