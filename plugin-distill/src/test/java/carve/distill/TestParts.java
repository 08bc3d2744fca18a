package carve.distill;

import carve.api.config.Settings;
import carve.api.data.Dataset;
import carve.api.data.DatasetProvider;
import carve.api.loss.Loss;
import carve.api.stage.LearningRateSchedule;
import carve.api.stage.Optimizer;
import carve.api.text.Processor;
import carve.hocon.Hocon;

/** Makes parts of stages from HOCON, over the defaults. */
public final class TestParts {
    private TestParts() {}

    /** Returns the loss that HOCON describes. */
    public static Loss loss(String hocon) {
        return TestCatalogs.CATALOGS.loss(Hocon.parse(hocon, "recipe"));
    }

    /** Returns the optimizer that HOCON describes. */
    public static Optimizer optimizer(String hocon) {
        return TestCatalogs.CATALOGS.optimizer(Hocon.parse(hocon, "recipe"));
    }

    /** Returns the schedule that HOCON describes, for a run of so many steps. */
    public static LearningRateSchedule schedule(String hocon, long steps) {
        return TestCatalogs.CATALOGS.learningRateSchedule(Hocon.parse(hocon, "recipe"), steps);
    }

    /** Opens the data that HOCON describes. */
    public static Dataset data(String hocon, Processor processor, long seed) {
        return TestCatalogs.CATALOGS
                .data()
                .create(
                        Hocon.parse(hocon, "recipe"),
                        (DatasetProvider provider, Settings settings) -> provider.open(settings, processor, seed));
    }

    /** Returns a constant as settings write it. */
    public static String word(Enum<?> constant) {
        return Settings.enumConstant(constant);
    }
}
