package carve.runtime.train;

/**
 * The memory that a stage needs in addition to teacher and student, in bytes.
 *
 * @param trainedParams of the parameters that it trains; the student's own memory, as it is while they are trained
 * @param gradients of their gradients, which last from batch to batch of a step
 * @param optimizerState of what the optimizer remembers
 */
public record TrainingMemory(long trainedParams, long gradients, long optimizerState) {}
