package carve.runtime.train;

import carve.api.param.ParamStore;
import carve.api.stage.ParamDigest;
import carve.api.stage.StageContext;
import java.lang.System.Logger.Level;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where a run begins: at its first step, or at a checkpoint that is really its own.
 *
 * @param state where it stands
 * @param checkpoint what it goes on from, if it does
 */
record ResumePoint(TrainerState state, Optional<Path> checkpoint) {
    private static final System.Logger LOG = System.getLogger(ResumePoint.class.getName());

    /**
     * Looks at the student and the folder, and decides.
     *
     * @param fixed what must not have changed since a checkpoint was written, by key
     * @throws carve.api.stage.StageException if the student is not what the stage expects, or the folder not what it may be
     */
    static ResumePoint of(TrainingConfig settings, StageContext context, Map<String, String> fixed) {
        String student = studentDigest(settings, context);
        TrainerState beginning =
                new TrainerState(0, DataPosition.START, 0, 0, Double.NaN, List.of(), student, fixed, version());
        Optional<Path> newest = new CheckpointFolder(context.folder()).latest();
        if (newest.isEmpty()) {
            return new ResumePoint(beginning, newest);
        }
        if (!context.resume()) {
            throw settings.failure(
                    "%s has checkpoints of an earlier run, up to %s; resume that run, or remove the folder"
                            .formatted(context.folder(), newest.get().getFileName()));
        }
        return new ResumePoint(resumed(newest.get(), beginning, settings), newest);
    }

    private static String studentDigest(TrainingConfig settings, StageContext context) {
        ParamStore params = context.student().params();
        String found = ParamDigest.of(params);
        if (context.predecessor().isEmpty()) {
            if (settings.startFrom() == TrainingConfig.StartFrom.PREDECESSOR) {
                throw settings.failure(
                        "it starts from the result of an earlier stage or of a conversion (start = predecessor), but"
                                + " none is given; run what comes before it, or say start = any to train whatever the student is");
            }
        } else if (!context.predecessor().get().equals(found)) {
            throw settings.failure(
                    ("the student is not what came before it ended with: its parameters have the digest %s, those had"
                                    + " %s; load that result")
                            .formatted(
                                    abbreviated(found),
                                    abbreviated(context.predecessor().get())));
        }
        return found;
    }

    private static TrainerState resumed(Path file, TrainerState beginning, TrainingConfig settings) {
        TrainerState state = CheckpointFolder.state(file);
        List<String> changed = changes(state, beginning);
        if (!changed.isEmpty()) {
            throw settings.failure(
                    ("%s cannot be resumed, this has changed since:\n  %s\nrestore it, or begin anew in another folder")
                            .formatted(file, String.join("\n  ", changed)));
        }
        if (!state.version().equals(beginning.version())) {
            LOG.log(
                    Level.WARNING,
                    "stage {0}: {1} was written by version {2}, this is {3}; steps may differ in their last bits",
                    settings.name(),
                    file,
                    state.version(),
                    beginning.version());
        }
        return state.withVersion(beginning.version());
    }

    private static List<String> changes(TrainerState state, TrainerState beginning) {
        List<String> changes = new ArrayList<>();
        if (!state.initialDigest().equals(beginning.initialDigest())) {
            changes.add("the student was %s, is %s"
                    .formatted(abbreviated(state.initialDigest()), abbreviated(beginning.initialDigest())));
        }
        Set<String> keys = new LinkedHashSet<>(beginning.fingerprint().keySet());
        keys.addAll(state.fingerprint().keySet());
        for (String key : keys) {
            String was = state.fingerprint().getOrDefault(key, "not set");
            String is = beginning.fingerprint().getOrDefault(key, "not set");
            if (!was.equals(is)) {
                changes.add("%s was %s, is %s".formatted(key, was, is));
            }
        }
        return changes;
    }

    private static String abbreviated(String digest) {
        return digest.substring(0, Math.min(12, digest.length()));
    }

    /** Returns the version of what writes checkpoints now. */
    private static String version() {
        return Optional.ofNullable(ResumePoint.class.getModule().getDescriptor())
                .flatMap(ModuleDescriptor::rawVersion)
                .orElse("unversioned");
    }
}
