/**
 * Training data that a model makes itself: its answers to prompts, sampled side by side by the engine of {@link
 * carve.runtime.engine}.
 *
 * <p>An {@link carve.runtime.answers.AnswerPrompt} has tokens and the row that its answer completes. {@link
 * carve.runtime.answers.PromptFile} reads prompts from a file, {@link carve.runtime.answers.PromptSampler} lets the model make them.
 * {@link carve.runtime.answers.AnswerRun} answers them into an {@link carve.runtime.answers.AnswerFile}, which goes on where a
 * killed run ended. Each answer depends on the seed and on its own prompt and number alone, so that a file is the same whatever the
 * batch size, and however often it was interrupted.
 *
 * {@snippet :
 * List<AnswerPrompt> prompts = PromptFile.read(Path.of("prompts.jsonl"), processor, false);
 * try (AnswerFile file = AnswerFile.open(Path.of("answers.jsonl"), run)) {
 *     new AnswerRun(model, processor, config).run(prompts, file, progress);
 * }
 * }
 */
package carve.runtime.answers;
