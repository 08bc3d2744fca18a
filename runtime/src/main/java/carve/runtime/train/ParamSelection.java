package carve.runtime.train;

import carve.api.device.Buffer;
import carve.api.param.ParamException;
import carve.api.param.ParamStore;
import carve.api.stage.StageContext;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The choice of the parameters that a stage trains. */
final class ParamSelection {
    private final TrainingConfig settings;
    private final StageContext context;

    ParamSelection(TrainingConfig settings, StageContext context) {
        this.settings = settings;
        this.context = context;
    }

    /**
     * Returns the names that the settings choose, in the student's order.
     *
     * @throws carve.api.stage.StageException if a glob chooses none
     */
    Set<String> names() {
        Set<String> names = new LinkedHashSet<>(context.student().params().names());
        names.removeIf(name -> !isInScope(name));
        try {
            return new LinkedHashSet<>(settings.train().select(names));
        } catch (ParamException e) {
            throw settings.failure("'train': " + e.getMessage());
        }
    }

    private boolean isInScope(String name) {
        boolean converted = context.converted().stream().anyMatch(i -> name.startsWith("layers." + i + "."));
        return switch (settings.trainScope()) {
            case CONVERTED -> converted;
            case EXCEPT_KEPT -> converted || !name.startsWith("layers.");
            case ALL -> true;
        };
    }

    /**
     * Sees to it that the teacher does not look at the memory of these parameters, which is released when they are replaced.
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
            throw settings.failure(
                    "the student shares the memory of trained parameters with the teacher, which would change: "
                            + shared + "; give the student copies");
        }
    }
}
