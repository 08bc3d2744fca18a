/**
 * The generation engine: continuous batching, chunked prefill, one prefix cache, one sampler, speculative decoding and moves between
 * devices.
 *
 * <p>There is one loop, {@link carve.runtime.engine.BatchScheduler}: each of its steps processes a chunk of a prompt, takes a decode step
 * of all {@linkplain carve.runtime.engine.RunningSequence sequences} that are past their prompts, and retires those that are done. It
 * runs models by {@link carve.runtime.engine.ForwardPass} alone. Two drivers turn it:
 *
 * <ul>
 *   <li>{@link carve.runtime.engine.Generator}, on the thread that calls it, for programs, commands and training;
 *   <li>{@link carve.runtime.engine.ModelEngine}, with threads and a queue, for servers.
 * </ul>
 *
 * <p>What varies between steps is decided by the sequences: with a {@link carve.runtime.engine.DraftModel} a step of a sequence gives
 * several tokens ({@link carve.runtime.engine.Speculation}); where all sequences allow it, tokens are sampled on the device and steps
 * run ahead of the host ({@link carve.runtime.engine.PipelinedBatch}). A {@link carve.runtime.engine.GenerationRequest} says how
 * tokens are sampled, which outputs are wanted, and how the {@link carve.runtime.engine.PrefixCache} is used.
 *
 * {@snippet :
 * try (Generator generator = new Generator(model)) {
 *     Prompt prompt = generator.prompt(processor.prompt(List.of(Message.user("Who are you?"))));
 *     Processor.TextStream text = processor.textStream();
 *     generator.generate(
 *             new GenerationRequest(prompt, Sampler.greedy(processor.suppressedTokens()), processor.stopTokens(), 64),
 *             (_, token) -> System.out.print(text.push(token)));
 * }
 * }
 */
package carve.runtime.engine;
