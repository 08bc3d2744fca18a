package carve.distill.optimizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.SettingsException;
import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.stage.LearningRateSchedule;
import carve.distill.TestParts;
import carve.testkit.Fixture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Schedules are those of the official library, and say what is wrong with their settings. */
final class ScheduleTest {
    private static final Pattern NAME = Pattern.compile("warmup(\\d+)_stable(\\d+)_decay(\\d+)");

    @Test
    void warmupStableDecayIsTheOfficialSchedule() {
        JsonObject all = Json.readObject(Fixture.folder().resolve("distill_mm/wsd_schedule.json"))
                .object("lr");
        int compared = 0;
        for (String name : all.keys()) {
            Matcher numbers = NAME.matcher(name);
            assertEquals(true, numbers.matches(), name);
            LearningRateSchedule learningRateSchedule = TestParts.schedule(
                    "type = warmup-stable-decay, warmup = %s, warmup-from-zero = true, stable = %s, decay = %s"
                            .formatted(numbers.group(1), numbers.group(2), numbers.group(3)),
                    12);
            JsonArray factors = all.array(name);
            for (int step = 0; step < factors.items().size(); step++) {
                double expected = ((JsonNumber) factors.items().get(step)).real();
                assertEquals(expected, learningRateSchedule.factor(step), 1e-15, name + " at step " + step);
                compared++;
            }
        }
        assertEquals(33, compared, "factors");
    }

    @Test
    void defaultsAreSharesOfTheRun() {
        assertEquals(
                new WarmupStableDecaySchedule(new Warmup(10, false), 80, 10, DecayShape.COSINE, 0),
                TestParts.schedule("type = warmup-stable-decay", 100));
        assertEquals(
                new DecaySchedule(new Warmup(10, false), 100, DecayShape.COSINE, 0),
                TestParts.schedule("type = cosine", 100));
        assertEquals(
                new DecaySchedule(new Warmup(10, false), 100, DecayShape.LINEAR, 0),
                TestParts.schedule("type = linear", 100));
        assertEquals(new ConstantSchedule(new Warmup(0, false)), TestParts.schedule("type = constant", 100));
    }

    @Test
    void everyKeyIsRead() {
        assertEquals(
                new WarmupStableDecaySchedule(new Warmup(5, true), 20, 3, DecayShape.LINEAR, 0.1),
                TestParts.schedule(
                        "type = warmup-stable-decay, warmup = \"2.5%\", stable = 20, decay = 3, min-rate-ratio = 0.1, decay-shape = linear, warmup-from-zero = true",
                        200));
        assertEquals(
                new DecaySchedule(new Warmup(7, true), 200, DecayShape.COSINE, 0.5),
                TestParts.schedule("type = cosine, warmup = 7, min-rate-ratio = 0.5, warmup-from-zero = true", 200));
        assertEquals(
                new DecaySchedule(new Warmup(7, true), 200, DecayShape.LINEAR, 0.5),
                TestParts.schedule("type = linear, warmup = 7, min-rate-ratio = 0.5, warmup-from-zero = true", 200));
        assertEquals(
                new ConstantSchedule(new Warmup(9, true)),
                TestParts.schedule("type = constant, warmup = 9, warmup-from-zero = true", 200));
    }

    @Test
    void cosineFallsFromItsPeakToItsFloor() {
        LearningRateSchedule cosine = new DecaySchedule(new Warmup(2, false), 12, DecayShape.COSINE, 0.1);
        assertEquals(0.5, cosine.factor(0));
        assertEquals(1, cosine.factor(1));
        assertEquals(1, cosine.factor(2));
        assertEquals(0.55, cosine.factor(7), 1e-15);
        assertEquals(0.1, cosine.factor(12), 1e-15);
        assertEquals(0.1, cosine.factor(99), 1e-15);
    }

    @Test
    void linearFallsFromItsPeakToItsFloor() {
        LearningRateSchedule linear = new DecaySchedule(new Warmup(2, false), 12, DecayShape.LINEAR, 0.1);
        assertEquals(1, linear.factor(2));
        assertEquals(0.82, linear.factor(4), 1e-15);
        assertEquals(0.55, linear.factor(7), 1e-15);
        assertEquals(0.1, linear.factor(12), 1e-15);
        LearningRateSchedule stable = new WarmupStableDecaySchedule(new Warmup(2, false), 3, 5, DecayShape.LINEAR, 0.5);
        assertEquals(1, stable.factor(5));
        assertEquals(0.8, stable.factor(7), 1e-15);
        assertEquals(0.5, stable.factor(10), 1e-15);
    }

    @Test
    void noStepHasTheRateZero() {
        for (String type : new String[] {"warmup-stable-decay", "cosine", "linear", "constant"}) {
            for (int steps : new int[] {1, 2, 5, 13, 65, 200}) {
                LearningRateSchedule schedule = TestParts.schedule("type = " + type, steps);
                for (int step = 0; step < steps; step++) {
                    assertTrue(schedule.factor(step) > 0, type + " of " + steps + " at " + step);
                }
            }
        }
    }

    @Test
    void constantGrowsAndStays() {
        LearningRateSchedule constant = new ConstantSchedule(new Warmup(4, false));
        assertEquals(0.25, constant.factor(0));
        assertEquals(1, constant.factor(3));
        assertEquals(1, constant.factor(4));
        assertEquals(1, constant.factor(400));
    }

    @Test
    void wrongSpansAreRefused() {
        for (String span : new String[] {"\"120%\"", "\"x%\"", "\"NaN%\""}) {
            String text = span.replace("\"", "'");
            assertEquals(
                    "recipe: 1: key 'warmup' must be a number of steps or a percentage of the run from 0% to 100%, is "
                            + text,
                    assertThrows(
                                    SettingsException.class,
                                    () -> TestParts.schedule("type = constant, warmup = " + span, 9))
                            .getMessage());
        }
        assertEquals(
                "recipe: 1: key 'warmup' must be zero or more steps, is -1",
                assertThrows(SettingsException.class, () -> TestParts.schedule("type = constant, warmup = -1", 9))
                        .getMessage());
        assertEquals(
                "recipe: 1: key 'min-rate-ratio' must be a factor from 0 to 1, is 2.0",
                assertThrows(SettingsException.class, () -> TestParts.schedule("type = cosine, min-rate-ratio = 2", 9))
                        .getMessage());
    }
}
