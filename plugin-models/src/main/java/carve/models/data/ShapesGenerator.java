package carve.models.data;

import carve.api.config.Settings;
import carve.api.stage.DatasetGenerator;
import carve.api.stage.Progress;
import carve.api.stage.StageException;
import java.nio.file.Path;

/** Makes the data set {@code shapes}: pictures of coloured shapes, with questions and answers in LLaVA's format. */
public final class ShapesGenerator implements DatasetGenerator {
    /** Makes the generator. */
    public ShapesGenerator() {}

    @Override
    public String name() {
        return "shapes";
    }

    @Override
    public String description() {
        return "pictures of a few coloured shapes, questions of seven kinds with answers, and a tokenizer";
    }

    @Override
    public void generate(Settings settings, Path folder, Progress progress) {
        ShapesFolder writer = new ShapesFolder(
                new ShapesData(ShapesConfig.from(settings)),
                ShapesVocabulary.of(settings, "tokenizer"),
                new ShapesFolder.Turns(settings.integer("min-turns"), settings.integer("max-turns")));
        int train = settings.integer("train-scenes");
        int test = settings.integer("test-scenes");
        settings.requireAllRead(); // before anything is written
        try {
            writer.write(folder, train, test, (done, total) -> tell(progress, done, total));
        } catch (DataException e) {
            throw new StageException(e.getMessage(), e);
        }
    }

    // scenes are written by several threads
    private static void tell(Progress progress, long done, long total) {
        synchronized (progress) {
            progress.step(done, total, 0, 0);
        }
    }
}
