package carve.hocon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.MapSettings;
import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.stage.LearningRateSchedule;
import carve.api.stage.LearningRateScheduleProvider;
import carve.api.stage.Optimizer;
import carve.api.stage.OptimizerProvider;
import carve.api.tensor.Tensor;
import carve.runtime.catalog.Catalogs;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Providers are found by name and given what is set over their defaults. */
final class CatalogsTest {
    private record Descent(double learningRate, double norm, String mode) implements Optimizer {
        @Override
        public List<String> moments() {
            return List.of();
        }

        @Override
        public List<Tensor> step(
                String name, Tensor parameter, Tensor gradient, List<Tensor> moments, double rate, long step) {
            return List.of(parameter.subtract(gradient.multiply(rate)));
        }
    }

    private record DescentProvider(String name) implements OptimizerProvider {
        @Override
        public Optimizer create(Settings settings) {
            Settings clip = settings.section("clip");
            return new Descent(settings.real("rate"), clip.real("norm"), clip.string("mode"));
        }
    }

    private static final class FlatProvider implements LearningRateScheduleProvider {
        @Override
        public String name() {
            return "flat";
        }

        @Override
        public LearningRateSchedule create(Settings settings, long steps) {
            long from = settings.longInteger("from");
            return step -> step < from || step >= steps ? 0 : 1;
        }
    }

    private final Catalogs catalogs = Catalogs.of(List.of(new DescentProvider("descent"), new FlatProvider()));

    @Test
    void whatIsSetGoesOverTheDefaults() {
        Settings recipe = Hocon.parse("optimizer { type = descent, rate = 0.5\n clip.mode = each }", "recipe.conf");
        assertEquals(new Descent(0.5, 1.0, "each"), catalogs.optimizer(recipe.section("optimizer")));
        recipe.requireAllRead();
    }

    @Test
    void userSettingsGoOverTheDefaultsToo() {
        var user = Hocon.parse("optimizers.descent.rate = 0.25", "carve.conf").asTree();
        var overridden = Catalogs.of(List.of(new DescentProvider("descent")), user);
        Settings section = MapSettings.of(Map.of("type", "descent"));
        assertEquals(new Descent(0.25, 1.0, "all"), overridden.optimizer(section));
    }

    @Test
    void kindsAreKeptApart() {
        assertEquals(Set.of("descent"), catalogs.optimizers().names());
        assertEquals(Set.of("flat"), catalogs.schedules().names());
        assertEquals(Set.of(), catalogs.mixerCatalog().names());
    }

    @Test
    void unknownTypesAreRefusedWithPlaceAndSuggestion() {
        Settings recipe = Hocon.parse("\noptimizer { type = decent }", "recipe.conf");
        var error = assertThrows(SettingsException.class, () -> catalogs.optimizer(recipe.section("optimizer")));
        assertEquals(
                "recipe.conf: 2: no optimizer 'decent'; there is descent (did you mean 'descent'?)",
                error.getMessage());
    }

    @Test
    void unreadKeysAreRefused() {
        Settings recipe = Hocon.parse("schedule { type = flat\n form = 3 }", "recipe.conf");
        var error = assertThrows(
                SettingsException.class, () -> catalogs.learningRateSchedule(recipe.section("schedule"), 10));
        assertEquals("recipe.conf: 2: key 'form' was not used; did you mean 'from'?", error.getMessage());
    }

    @Test
    void twoProvidersOfOneNameAreRefused() {
        var twice = List.of(new FlatProvider(), new FlatProvider());
        var error = assertThrows(SettingsException.class, () -> Catalogs.of(twice));
        String its = FlatProvider.class.getName() + " of module carve.hocon";
        assertEquals(
                "two providers have the name schedule 'flat': %s and %s; remove one".formatted(its, its),
                error.getMessage());
    }
}
