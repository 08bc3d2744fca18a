package examples.cohere;

import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.checkpoint.DTypeConversion;
import carve.api.device.ReferenceDevice;
import carve.api.mixer.MixerCatalog;
import carve.api.model.ActivationRecorder;
import carve.api.model.LoadedModel;
import carve.api.model.ModelFamily;
import carve.api.model.ModelInputs;
import carve.runtime.catalog.Catalogs;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.runtime.safetensors.SafeTensorsFile;
import carve.testkit.FamilyContract;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The laws of families, on a tiny model whose logits the Transformers library computed; {@code make_tiny.py} made both. */
final class Cohere2Test extends FamilyContract {
    private static final Catalogs INSTALLED = Catalogs.discover(Cohere2Test.class.getClassLoader());

    @Override
    protected ModelFamily family() {
        return INSTALLED.families().providers().stream()
                .filter(family -> family.name().equals("decoder"))
                .findFirst()
                .orElseThrow();
    }

    @Override
    protected MixerCatalog mixers() {
        return INSTALLED.mixerCatalog();
    }

    @Override
    protected Path folder() {
        try {
            return Path.of(Cohere2Test.class.getResource("/tiny/config.json").toURI())
                    .getParent();
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void logitsAreThoseOfTransformers() {
        try (SafeTensorsFile io = SafeTensorsFile.open(folder().resolve("io.safetensors"));
                ModelFolder folder = ModelFolder.open(folder(), List.of(family()), mixers());
                ReferenceDevice device = new ReferenceDevice();
                LoadedModel model = folder.load(device, WeightPrecision.F32)) {
            int[] ids = DTypeConversion.ints(io.type("in.ids").dtype(), io.data("in.ids"));
            double[] expected = DTypeConversion.doubles(io.type("out.logits").dtype(), io.data("out.logits"));
            float[] found = model.model()
                    .forward(model.params(), ModelInputs.text(ids), ActivationRecorder.NONE)
                    .floats();
            for (int i = 0; i < expected.length; i++) {
                assertTrue(Math.abs(found[i] - expected[i]) < 1e-5, "logit " + i);
            }
        }
    }
}
