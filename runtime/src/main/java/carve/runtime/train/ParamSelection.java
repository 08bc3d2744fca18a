package carve.runtime.train;

import carve.api.device.Buffer;
import carve.api.model.ModelSpec;
import carve.api.param.ParamException;
import carve.api.param.ParamStore;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The selection of the parameters that a stage trains. */
final class ParamSelection {
    private final TrainingStage stage;
    private final StageContext context;

    ParamSelection(TrainingStage stage, StageContext context) {
        this.stage = stage;
        this.context = context;
    }

    /**
     * Returns the names that the settings choose, in the student's order.
     *
     * @throws carve.api.stage.StageException if a glob chooses none, or a group of the optimizer holds none of them
     */
    Set<String> names() {
        Set<String> names = new LinkedHashSet<>(context.student().params().names());
        names.removeIf(name -> !isInScope(name));
        try {
            Set<String> selected = new LinkedHashSet<>(stage.stage().train().select(names));
            requireUsedGroups(selected);
            return selected;
        } catch (ParamException e) {
            throw stage.failure("'train': " + e.getMessage());
        }
    }

    private void requireUsedGroups(Set<String> selected) {
        List<String> unused = stage.config().optimizer().unusedGroups(selected);
        if (!unused.isEmpty()) {
            throw stage.failure(
                    "'optimizer': the groups %s match no trained parameter that an earlier group does not; names look like %s"
                            .formatted(unused, selected.stream().limit(3).toList()));
        }
    }

    private boolean isInScope(String name) {
        boolean converted = context.converted().stream().anyMatch(i -> name.startsWith(ModelSpec.layerPrefix(i) + "."));
        return switch (stage.stage().trainScope()) {
            case CONVERTED -> converted;
            case NOT_KEPT -> converted || !name.startsWith("layers.");
            case ALL -> true;
        };
    }

    /**
     * Checks that the teacher does not use the buffers of these parameters, which are released when they are updated.
     *
     * @throws carve.api.stage.StageException if it does
     */
    void requireUnsharedBuffers(Set<String> names) {
        ParamStore params = context.student().params();
        Set<Buffer> others = Collections.newSetFromMap(new IdentityHashMap<>());
        context.teacher().ifPresent(teacher -> teacher.params().asMap().values().forEach(t -> others.add(t.buffer())));
        List<String> shared = names.stream()
                .filter(name -> others.contains(params.get(name).buffer()))
                .toList();
        if (!shared.isEmpty()) {
            throw stage.failure("teacher and student share the buffers of the trainable parameters " + shared
                    + "; copy them before training, or the teacher would change too");
        }
    }
}
