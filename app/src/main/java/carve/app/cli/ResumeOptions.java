package carve.app.cli;

import carve.api.config.SettingsException;
import carve.runtime.train.Resume;
import picocli.CommandLine.ParseResult;

/** The options of {@code train} and {@code distill} for interrupted runs. */
final class ResumeOptions {
    static final String RESUME = "--resume";
    static final String RESUME_DESCRIPTION = "Continue an interrupted run from its last checkpoint.";
    static final String CHANGED_FILES = "--allow-changed-files";
    static final String CHANGED_FILES_DESCRIPTION =
            "With --resume: continue although files of the data or of a model have changed; a warning names them.";

    private ResumeOptions() {}

    /**
     * Returns what a command line wants.
     *
     * @throws SettingsException if it allows changed files, but does not resume
     */
    static Resume read(ParseResult arguments) {
        boolean resume = CommandOptions.hasFlag(arguments, RESUME);
        boolean changed = CommandOptions.hasFlag(arguments, CHANGED_FILES);
        if (changed && !resume) {
            throw new SettingsException(
                    "%s goes with %s; add %s, or leave it out".formatted(CHANGED_FILES, RESUME, RESUME));
        }
        if (!resume) {
            return Resume.NO;
        }
        return changed ? Resume.CHANGED_FILES : Resume.SAME_FILES;
    }
}
