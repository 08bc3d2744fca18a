package carve.app.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.model.LayerPlan;
import carve.api.model.MixerSpec;
import carve.hocon.Hocon;
import carve.runtime.plan.LayerPlanReader;
import carve.runtime.plan.PlanWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests that written plans are short and read back as the same plan. */
final class PlanWriterTest {
    @ParameterizedTest
    @CsvSource({
        "keep, keep",
        "a a a, a x3",
        "a b b b a b b b, (a b x3) x2",
        "keep a keep a a a, keep a keep a x3",
        "a b a b a b c c, (a b) x3 c x2",
        "a b b a b b a b b a b b c, (a b x2) x4 c",
        "a b c, a b c",
        "a a b b a a b b a a b b, (a x2 b x2) x3"
    })
    void wordsAreAsShortAsRepetitionMakesThem(String words, String expected) {
        String written = PlanWriter.compact(List.of(words.split(" ")));
        assertEquals(expected, written);
        LayerPlan read = LayerPlanReader.read(Hocon.parse("layers = \"" + written + "\"", "plan"));
        assertEquals(
                List.of(words.split(" ")),
                read.layers().stream().map(MixerSpec::name).toList());
    }

    @Test
    void mixersWithSettingsHaveNames() {
        LayerPlan plan = LayerPlanReader.read(Hocon.parse("""
                mixers {
                  one { type = mamba2, conv-width = 4, init = mimic }
                  two { from = one, name = "a b", list = [1, x], flag = true, inner { rate = 0.5 } }
                }
                layers = [keep, one, two, mamba2, one, window]
                """, "plan"));
        String text = PlanWriter.format(plan, List.of("Of a test.", ""));
        assertEquals("""
                # Of a test.
                #

                mixers {
                  mamba2-2 { type = mamba2, conv-width = 4, init = mimic }
                  mamba2-3 { type = mamba2, conv-width = 4, init = mimic, flag = true, inner = { rate = 0.5 }, list = [1, x], name = "a b" }
                }
                layers = "keep mamba2-2 mamba2-3 mamba2 mamba2-2 window"
                """, text);
        LayerPlan read = LayerPlanReader.read(Hocon.parse(text, "written"));
        for (int i = 0; i < plan.layers().size(); i++) {
            assertEquals(plan.layers().get(i).name(), read.layers().get(i).name());
            assertEquals(
                    plan.layers().get(i).settings().toMap(),
                    read.layers().get(i).settings().toMap());
        }
    }
}
