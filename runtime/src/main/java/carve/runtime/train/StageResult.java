package carve.runtime.train;

/**
 * The result of a stage.
 *
 * @param stage the name of the stage
 * @param steps optimizer steps that were made in all
 * @param firstLoss the loss of the first step of this run
 * @param lastLoss the mean loss of the last steps
 * @param seconds how long it took
 * @param tokens how many positions were seen
 * @param digest the {@link ParamDigest} of the student's parameters at the end, by which the next stage knows its predecessor
 */
public record StageResult(
        String stage, long steps, double firstLoss, double lastLoss, double seconds, long tokens, String digest) {}
