/**
 * {@code carve linearize}: from a teacher to a measured student in one command.
 *
 * <p>{@link carve.app.linearize.Linearization} runs {@link carve.app.linearize.Phase phases} one after the other. The outcome of
 * each is a record in {@link carve.app.linearize.PhaseRecords}, written when it is done, all at once: a killed run skips the phases
 * that have one, and begins the others again, or goes on inside of them where they can (answers, training).
 *
 * <p>Another phase is a class and a line in {@link carve.app.linearize.Linearization}.
 */
package carve.app.linearize;
