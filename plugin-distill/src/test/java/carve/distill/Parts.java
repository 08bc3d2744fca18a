package carve.distill;

import carve.api.config.Settings;
import carve.api.loss.Loss;
import carve.api.model.Processor;
import carve.api.stage.DataProvider;
import carve.api.stage.DataSource;
import carve.api.stage.Optimizer;
import carve.api.stage.Schedule;
import carve.hocon.Hocon;

/** Makes parts of stages from HOCON, over the defaults. */
public final class Parts {
    private Parts() {}

    /** Returns the loss that HOCON describes. */
    public static Loss loss(String hocon) {
        return Plugins.CATALOGS.parts().loss(Hocon.parse(hocon, "recipe"));
    }

    /** Returns the optimizer that HOCON describes. */
    public static Optimizer optimizer(String hocon) {
        return Plugins.CATALOGS.parts().optimizer(Hocon.parse(hocon, "recipe"));
    }

    /** Returns the schedule that HOCON describes, for a run of so many steps. */
    public static Schedule schedule(String hocon, long steps) {
        return Plugins.CATALOGS.parts().schedule(Hocon.parse(hocon, "recipe"), steps);
    }

    /** Opens the data that HOCON describes. */
    public static DataSource data(String hocon, Processor processor, long seed) {
        return Plugins.CATALOGS
                .data()
                .create(
                        Hocon.parse(hocon, "recipe"),
                        (DataProvider provider, Settings settings) -> provider.open(settings, processor, seed));
    }

    /** Returns a constant as settings write it. */
    public static String word(Enum<?> constant) {
        return Settings.word(constant);
    }
}
