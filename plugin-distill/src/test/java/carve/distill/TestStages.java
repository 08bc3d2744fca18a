package carve.distill;

import carve.runtime.train.TrainingStage;

/** Makes stages from HOCON, over the defaults. */
public final class TestStages {
    private TestStages() {}

    /** Returns the stage that HOCON describes. */
    public static TrainingStage of(String hocon) {
        return TestCatalogs.stage(hocon);
    }
}
