package carve.api.stage;

import carve.api.config.Settings;
import carve.api.loss.Loss;

/** Makes the parts of a stage from sections of its settings, each of which names its {@code type}. */
public interface StageComponents {
    /** Returns the loss that a section describes. */
    Loss loss(Settings section);

    /** Returns the optimizer that a section describes. */
    Optimizer optimizer(Settings section);

    /** Returns the schedule that a section describes. */
    LearningRateSchedule learningRateSchedule(Settings section, long steps);
}
