package carve.runtime.train;

import carve.api.checkpoint.CheckpointException;
import carve.api.param.ParamStore;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The start of a run: its first step, or a checkpoint that the same run wrote.
 *
 * @param state the state at that step
 * @param checkpoint the file to load, if there is one
 */
record ResumePoint(TrainerState state, Optional<Path> checkpoint) {
    /** The key of the digest of {@link InputFiles} among the settings of a checkpoint. */
    static final String INPUT_FILES = "input-files";

    private static final System.Logger LOG = System.getLogger(ResumePoint.class.getName());

    /**
     * Returns the start of a run.
     *
     * @param fixed the settings that must be the same as when a checkpoint was written, by key
     * @throws carve.api.stage.StageException if the student is not what the stage expects, or the folder has another run
     */
    static ResumePoint of(TrainingStage stage, StageContext context, Map<String, String> fixed) {
        String student = studentDigest(stage, context);
        TrainerState beginning = new TrainerState(
                0, DataPosition.START, 0, 0, Double.NaN, List.of(), student, fixed, RunEnvironment.of(stage, context));
        CheckpointFolder folder = new CheckpointFolder(context.folder());
        Optional<Path> newest = folder.latest();
        if (newest.isEmpty()) {
            return new ResumePoint(beginning, newest);
        }
        if (!context.resume().isWanted()) {
            throw stage.failure("%s already contains checkpoints (latest: %s); pass --resume, or delete the folder"
                    .formatted(context.folder(), newest.get().getFileName()));
        }
        try {
            CheckpointFolder.verify(newest.get());
            return new ResumePoint(resumed(newest.get(), beginning, stage, context), newest);
        } catch (CheckpointException e) {
            throw stage.failure(broken(e, folder.before(newest.get())));
        }
    }

    private static String broken(CheckpointException cause, Optional<Path> older) {
        String remedy = older.map(file ->
                        "delete it and pass --resume to go on from the one before it, %s".formatted(file.getFileName()))
                .orElse("there is no older checkpoint: delete it and pass --resume to start the stage again");
        return "the newest checkpoint cannot be used: %s; %s".formatted(cause.getMessage(), remedy);
    }

    private static String studentDigest(TrainingStage stage, StageContext context) {
        ParamStore params = context.student().params();
        String found = ParamDigest.of(params);
        if (context.predecessor().isEmpty()) {
            if (stage.config().startFrom() == TrainingConfig.StartFrom.PREVIOUS_STAGE) {
                throw stage.failure(
                        "start-from = previous-stage, but there is no previous stage or conversion; run it first, or set"
                                + " start-from = any");
            }
        } else if (!context.predecessor().get().equals(found)) {
            throw stage.failure(
                    "the student is not the result of the previous stage: parameter digest %s, expected %s; load that result"
                            .formatted(
                                    abbreviated(found),
                                    abbreviated(context.predecessor().get())));
        }
        return found;
    }

    private static TrainerState resumed(Path file, TrainerState beginning, TrainingStage stage, StageContext context) {
        TrainerState state = CheckpointFolder.state(file);
        List<String> changed = changes(state, beginning);
        if (!changed.isEmpty()) {
            throw stage.failure(
                    ("cannot resume from %s, these settings have changed:\n  %s\nrestore them, or start a new run in another"
                                    + " folder")
                            .formatted(file, String.join("\n  ", changed)));
        }
        requireSameFiles(file, state, stage, context);
        List<String> differences = beginning.environment().differences(state.environment());
        if (!differences.isEmpty() && !state.environment().parts().isEmpty()) {
            LOG.log(
                    Level.WARNING,
                    "stage {0}: {1} was written with another device or version: {2}; steps may differ in their last bits",
                    stage.name(),
                    file,
                    String.join("; ", differences));
        }
        return state.continuedBy(beginning);
    }

    // checkpoints of earlier versions have no digest of files
    private static void requireSameFiles(Path file, TrainerState state, TrainingStage stage, StageContext context) {
        InputFiles files = context.inputFiles();
        String before = state.fingerprint().getOrDefault(INPUT_FILES, files.digest());
        if (before.equals(files.digest())) {
            return;
        }
        String changed = String.join("\n  ", files.differences(context.folder(), before));
        if (context.resume() == Resume.SAME_FILES) {
            throw stage.failure(
                    ("cannot resume from %s, these input files have changed:\n  %s\nrestore them, pass --allow-changed-files to"
                                    + " train on with the files as they are now, or start a new run in another folder")
                            .formatted(file, changed));
        }
        LOG.log(
                Level.WARNING,
                "stage {0}: resumes from {1} though these input files have changed:\n  {2}",
                stage.name(),
                file,
                changed);
    }

    private static List<String> changes(TrainerState state, TrainerState beginning) {
        List<String> changes = new ArrayList<>();
        if (!state.initialDigest().equals(beginning.initialDigest())) {
            changes.add("student: was %s, is %s"
                    .formatted(abbreviated(state.initialDigest()), abbreviated(beginning.initialDigest())));
        }
        Set<String> keys = new LinkedHashSet<>(beginning.fingerprint().keySet());
        keys.addAll(state.fingerprint().keySet());
        keys.remove(INPUT_FILES);
        for (String key : keys) {
            String was = state.fingerprint().getOrDefault(key, "not set");
            String is = beginning.fingerprint().getOrDefault(key, "not set");
            if (!was.equals(is)) {
                changes.add("%s: was %s, is %s".formatted(key, was, is));
            }
        }
        return changes;
    }

    private static String abbreviated(String digest) {
        return digest.substring(0, Math.min(12, digest.length()));
    }
}
