package carve.runtime.train;

import java.util.Optional;
import java.util.function.Consumer;

/**
 * The reporting of a stage about its student as it goes.
 *
 * @param config how often
 * @param validation the measurement on samples that are held back, if any are
 * @param messages receives lines for people
 */
public record StageReport(Validation.Config config, Optional<Validation> validation, Consumer<String> messages) {
    /** Says nothing. */
    public static final StageReport NONE = new StageReport(new Validation.Config(0, 1), Optional.empty(), _ -> {});
}
