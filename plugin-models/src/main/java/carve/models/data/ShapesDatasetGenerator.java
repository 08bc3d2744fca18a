package carve.models.data;

import carve.api.config.Settings;
import carve.api.data.DatasetGenerator;
import carve.api.stage.ProgressListener;
import carve.api.stage.StageException;
import java.nio.file.Path;

/**
 * The generator of the data set {@code shapes}: images of coloured shapes, with questions and answers in LLaVA's
 * format.
 */
public final class ShapesDatasetGenerator implements DatasetGenerator {
    /** Makes the generator. */
    public ShapesDatasetGenerator() {}

    @Override
    public String name() {
        return "shapes";
    }

    @Override
    public String description() {
        return "images of a few coloured shapes, questions of seven kinds with answers, and a tokenizer";
    }

    @Override
    public void generate(Settings settings, Path folder, ProgressListener progressListener) {
        ShapesDatasetWriter writer = new ShapesDatasetWriter(
                new ShapesDataset(ShapesConfig.from(settings)),
                ShapesTokenizer.of(settings, "chat-template"),
                new ShapesDatasetWriter.TurnRange(settings.integer("min-turns"), settings.integer("max-turns")));
        int train = settings.integer("train-scenes");
        int test = settings.integer("test-scenes");
        settings.requireAllRead(); // before anything is written
        try {
            writer.write(folder, train, test, (done, total) -> tell(progressListener, done, total));
        } catch (DataException e) {
            throw new StageException(e.getMessage(), e);
        }
    }

    // scenes are written by several threads
    private static void tell(ProgressListener progressListener, long done, long total) {
        synchronized (progressListener) {
            progressListener.step(done, total, 0, 0);
        }
    }
}
