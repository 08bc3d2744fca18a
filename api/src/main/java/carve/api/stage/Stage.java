package carve.api.stage;

import java.util.Optional;

/** One part of a recipe: trains a student, with or without a teacher. Immutable; made by a {@link StageProvider}. */
public interface Stage {
    /** Returns the name that the recipe gave it. */
    String name();

    /** Returns whether it needs a teacher. */
    boolean needsTeacher();

    /**
     * Trains the student in place, writing checkpoints and metrics into the run's folder; picks up a run that was
     * interrupted if it is asked to.
     *
     * @return what came out
     * @throws StageException if the student is not what the stage expects, or training fails
     */
    StageResult run(StageContext context);

    /**
     * Makes a step in memory that takes as much as any, and writes no file: for who measures what a step takes. The student is
     * changed.
     *
     * @return what the stage keeps; empty, and nothing was done, if it cannot
     */
    default Optional<TrainingMemory> measureMemory(StageContext context) {
        return Optional.empty();
    }
}
