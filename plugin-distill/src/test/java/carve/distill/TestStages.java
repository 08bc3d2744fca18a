package carve.distill;

import carve.api.stage.Stage;

/** Makes stages from HOCON, over the defaults. */
public final class TestStages {
    private TestStages() {}

    /** Returns the stage that HOCON describes. */
    public static Stage of(String hocon) {
        return TestCatalogs.stage(hocon);
    }
}
